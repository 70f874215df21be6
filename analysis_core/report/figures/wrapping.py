"""Titles cut into lines: Chinese signs are twice as wide as Latin ones, and a line may end behind any of them."""

from __future__ import annotations

import re
import textwrap
import unicodedata

_CLOSING = "，。；：、！？）》”’"
_OPENING = "（《“‘"
_WIDE = r"\u2e80-\u9fff\uff00-\uffef"
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^{_WIDE}\s]+)[{_CLOSING}]*\s*|\s+")


def wrapped(text: str, columns: int) -> list[str]:
    """The lines of a text, none wider than so many Latin letters where a break can be found.

    >>> wrapped("a short title", 8)
    ['a short', 'title']
    >>> wrapped("第一层，很重要", 8)
    ['第一层，', '很重要']
    """
    if width(text) == len(text):
        return textwrap.wrap(text, columns)
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width((line + piece).rstrip()) > columns:
            lines.append(line.strip())
            line = ""
        line += piece
    return [*lines, line.strip()] if line.strip() else lines


def width(text: str) -> int:
    """How many Latin letters a text is wide."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
