"""Titles cut into lines: Chinese signs are twice as wide as Latin ones, and a line may end behind any of them."""

from __future__ import annotations

import re
import textwrap

from analysis_core.report.typography import width

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
        return textwrap.wrap(text, columns, break_long_words=False)
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width((line + piece).rstrip()) > columns:
            lines.append(line.strip())
            line = ""
        line += piece
    return [*lines, line.strip()] if line.strip() else lines


def clipped(text: str, columns: int, most: int) -> list[str]:
    """The lines of a text, at most so many; where more would be needed, the last one ends in an ellipsis.

    >>> clipped("a short title that goes on", 8, 2)
    ['a short', 'title…']
    >>> clipped("第一层，很重要，第二层不重要", 8, 2)
    ['第一层，', '很重要…']
    """
    lines = wrapped(text, columns)
    if len(lines) <= most:
        return lines
    last = lines[most - 1].rstrip(_CLOSING)
    while last and width(last) > columns - 1:
        last = last[:-1].rstrip()
    return [*lines[: most - 1], f"{last}…"]
