"""A small picture of a model's blocks: one bar a block, one row a stack, as SVG; and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from analysis_core.report.palette import Palette, stack_colour
from analysis_core.report.phrases import ENGLISH, Phrases, listed
from analysis_core.report.stack_names import short_names, stack_title

WIDTH = 400
"""Of the picture, in its own units; a card is about as wide."""
_BAR_HEIGHT, _ROW_GAP, _NAME_WIDTH = 20, 8, 74
_WIDEST_STEP, _GAP_SHARE = 16, 0.28


def block_picture(stacks: Mapping[str, int], palette: Palette, phrases: Phrases = ENGLISH) -> str:
    """The blocks as SVG. All rows have one scale, so that a stack half as deep is half as long.

    Args:
        stacks: how many blocks each stack holds, by its path.
        palette: light or dark.
        phrases: the words.
    """
    names = _names(stacks, phrases)
    left = _NAME_WIDTH if any(names.values()) else 0
    step = min(_WIDEST_STEP, (WIDTH - left) / max(stacks.values()))
    bar = step * (1 - _GAP_SHARE)
    shapes = []
    for row, (path, blocks) in enumerate(stacks.items()):
        top = row * (_BAR_HEIGHT + _ROW_GAP)
        if names[path]:
            shapes.append(
                f'<text x="0" y="{top + _BAR_HEIGHT / 2:g}" dominant-baseline="central" font-size="13" '
                f'font-family="Source Sans, Source Sans 3, Helvetica, Arial, sans-serif" '
                f'fill="{palette.muted}">{escape(names[path])}</text>'
            )
        colour = stack_colour(row)
        shapes += [
            f'<rect x="{left + index * step:.2f}" y="{top}" width="{bar:.2f}" height="{_BAR_HEIGHT}" rx="1.5" '
            f'fill="{colour}"/>'
            for index in range(blocks)
        ]
    height = len(stacks) * (_BAR_HEIGHT + _ROW_GAP) - _ROW_GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"{''.join(shapes)}</svg>"
    )


def block_text(stacks: Mapping[str, int], phrases: Phrases = ENGLISH) -> str:
    """The text alternative.

    >>> block_text({"encoder.block": 6, "decoder.block": 4})
    '6 blocks (encoder) and 4 blocks (decoder)'
    """
    names = _names(stacks, phrases)
    parts = [
        phrases["blocks_of" if names[path] else "blocks"].format(count=count, stack=names[path])
        for path, count in stacks.items()
    ]
    return listed(parts, phrases)


def _names(stacks: Mapping[str, int], phrases: Phrases) -> dict[str, str]:
    return {path: stack_title(name, phrases) for path, name in short_names(stacks).items()}
