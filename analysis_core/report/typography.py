"""How Chinese words and others stand side by side: a space between Han and Latin or digits, none between Han and Han.

Phrases are written with the spaces that their gaps usually need (``在 {method} 看来``). What fills a gap is Chinese in
one sentence and Latin in the next: where the two meet, spaces are put right. What fills the gap is left as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from string import Formatter

_HAN = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"))
_WIDE_PUNCTUATION = (("\u3001", "\u303f"), ("\uff01", "\uff0f"), ("\uff1a", "\uff20"), ("\uff3b", "\uff60"))
_QUOTES = "“”‘’"


class Phrase(str):
    """A Chinese phrase: filled or joined, it keeps the spaces that its neighbours ask for.

    >>> Phrase("在 {method} 看来").format(method="注意力头"), Phrase("在 {method} 看来").format(method="CKA")
    ('在注意力头看来', '在 CKA 看来')
    >>> Phrase(" 和 ").join(["第 3 层", "第 4 层"]), Phrase(" 和 ").join(["3", "4"])
    ('第 3 层和第 4 层', '3 和 4')
    """

    __slots__ = ()

    def format(self, *args: object, **values: object) -> str:
        """The phrase with its gaps filled."""
        parts = [
            words if gap is None else str(values[words]) if words in values else gap.format(*args, **values)
            for words, gap in _pieces(str(self))
        ]
        return _woven(parts)

    def join(self, words: Iterable[str], /) -> str:
        """The words with the phrase between every two of them."""
        parts = [part for word in words for part in (str(self), word)]
        return _woven(parts[1:])


def width(text: str) -> int:
    """How many Latin letters a text is wide."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


@lru_cache(maxsize=4096)
def _pieces(phrase: str) -> tuple[tuple[str, str | None], ...]:
    """Words between gaps, each with None; and what a gap is filled with, each with the gap as it is written."""
    found: list[tuple[str, str | None]] = []
    for words, name, form, conversion in Formatter().parse(phrase):
        if words:
            found.append((words, None))
        if name is not None:
            ending = (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            found.append(("" if ending else name, f"{{{name}{ending}}}"))
    return tuple(found)


def _woven(parts: Sequence[str]) -> str:
    """The parts one after the other, with the right spaces where they meet."""
    woven: list[str] = []
    for part in filter(None, parts):
        before = woven[-1] if woven else ""
        left, right = before.rstrip(" "), part.lstrip(" ")
        space = _between(left[-1], right[0]) if left and right else None
        if left and not right:
            woven[-1] += part
        elif space is None:
            woven.append(part)
        else:
            woven[-1:] = [left + space, right]
    return "".join(woven)


@lru_cache(maxsize=8192)
def _between(left: str, right: str) -> str | None:
    """What stands between two signs where two parts meet; None leaves what is there."""
    if _is_punctuation(left) or _is_punctuation(right) or (_is_wide(left) and _is_wide(right)):
        return ""
    if (_is_han(left) and _is_latin(right)) or (_is_latin(left) and _is_han(right)):
        return " "
    return None


def _is_wide(sign: str) -> bool:
    return _is_han(sign) or sign in _QUOTES


def _is_han(sign: str) -> bool:
    return any(first <= sign <= last for first, last in _HAN)


def _is_punctuation(sign: str) -> bool:
    return any(first <= sign <= last for first, last in _WIDE_PUNCTUATION)


def _is_latin(sign: str) -> bool:
    return sign.isalnum() and not _is_han(sign)
