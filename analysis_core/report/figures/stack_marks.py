"""Layers in several stacks, such as an encoder and a decoder: a gap between the stacks, their names under the axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis_core.report.figures.base import rectangle
from analysis_core.report.palette import Palette, stack_colour
from analysis_core.report.stack_names import spans
from analysis_core.results import Layer

_GAP = 0.07
_PLOT_PIXELS, _LETTER_PIXELS = 420, 6.5
"""The narrowest plot with one place a layer, and a letter of the names under it."""
_LINE_BELOW, _NAME_BELOW = -25, -32
"""Pixels below the axis: under the layers' numbers, where a single stack has the axis's title."""


def axis_title(layers: Sequence[Layer], title: str) -> str:
    """The title of the axis of layers: where it has several stacks, their names stand there instead."""
    return "" if _fit(spans(layers)) else title


def stack_marks(layers: Sequence[Layer], palette: Palette, bottom: float, top: float) -> dict[str, Any]:
    """Shapes and annotations for a figure with one place a layer; none for a single stack.

    Args:
        layers: the model's layers; may be empty where they are not known.
        palette: light or dark.
        bottom, top: of the plot, in its own coordinates.
    """
    found = spans(layers)
    if len(found) < 2:
        return {"shapes": [], "annotations": []}
    shapes, names = [], []
    for number, (name, first, last) in enumerate(found):
        if number:
            gap = (first - 0.5 - _GAP, first - 0.5 + _GAP)
            shapes.append(rectangle(gap, (bottom, top), fillcolor=palette.paper, line={"width": 0}, layer="above"))
        if _fit(found):
            shapes.append(_underline(first, last, stack_colour(number)))
            names.append(_name(name, first, last, palette))
    return {"shapes": shapes, "annotations": names}


def _fit(found: Sequence[tuple[str, int, int]]) -> bool:
    """Whether there are several stacks, each wide enough for its name."""
    pixels = _PLOT_PIXELS / max((last + 1 for _, _, last in found), default=1)
    return len(found) > 1 and all(
        len(name) * _LETTER_PIXELS <= (last - first + 1) * pixels for name, first, last in found
    )


def _underline(first: int, last: int, colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "x0": first - 0.4,
        "x1": last + 0.4,
        "yref": "paper",
        "ysizemode": "pixel",
        "yanchor": 0,
        "y0": _LINE_BELOW,
        "y1": _LINE_BELOW,
        "line": {"color": colour, "width": 2},
    }


def _name(name: str, first: int, last: int, palette: Palette) -> dict[str, Any]:
    return {
        "text": name,
        "showarrow": False,
        "xref": "x",
        "x": (first + last) / 2,
        "yref": "paper",
        "y": 0,
        "yanchor": "top",
        "yshift": _NAME_BELOW + 4,
        "font": {"size": 12.5, "color": palette.muted},
    }
