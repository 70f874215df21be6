"""What the core says while it works, and why it leaves something out, in the reader's language."""

from __future__ import annotations

import re
from functools import lru_cache

from analysis_core.report.typography import Phrase
from pages.ui import language
from pages.ui.words.sentences_chinese import CHINESE, INSERTED


def sentence(said: str) -> str:
    """A sentence of the core; one that is not known is shown as it is."""
    return _in_chinese(said) if language.current() == "zh" else said


@lru_cache(maxsize=1024)
def _in_chinese(said: str) -> str:
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(said)
        if found is not None:
            return chinese.format(**{name: INSERTED.get(words, words) for name, words in found.groupdict().items()})
    return said


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], Phrase], ...]:
    return tuple((_pattern(english), Phrase(chinese)) for english, chinese in CHINESE)


def _pattern(english: str) -> re.Pattern[str]:
    """What matches a sentence with any words in the place of its ``{names}``."""
    parts = re.split(r"{(\w+)}", english)
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))
