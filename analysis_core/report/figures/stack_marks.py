"""The axis of layers: numbers in each panel, brackets under the parts of a block, names under the stacks."""

from __future__ import annotations

from typing import Any

from analysis_core.report.columns import Columns, Span
from analysis_core.report.figures.base import axis
from analysis_core.report.palette import Palette, stack_colour
from analysis_core.report.phrases import ENGLISH, Phrases

TITLE_DEPTH, BLOCKS_DEPTH, PANELS_DEPTH = 44, 18, 10
"""Pixels under the plot: numbers and the axis's title; more for a line of blocks, and for names of panels."""
_BLOCK_LINE, _PANEL_LINE = -21, -25
_ALL_NAMED, _MOST_LETTERS = 26, 60


def depth(columns: Columns) -> int:
    """Pixels that the axis takes below the plot."""
    return TITLE_DEPTH + (BLOCKS_DEPTH if columns.blocks else 0) + (PANELS_DEPTH if columns.panels else 0)


def column_axis(columns: Columns, palette: Palette, phrases: Phrases = ENGLISH) -> dict[str, Any]:
    """The axis with one place a column; every so many are named when they are many."""
    if columns.blocks:
        shown = list(columns.columns) if len(columns) <= _MOST_LETTERS else []
    else:
        step = _step(len(columns))
        shown = [column for column in columns.columns if not column.tick.isdigit() or int(column.tick) % step == 0]
    grouped = columns.blocks or columns.are_folded
    title = "" if columns.panels else phrases["block" if grouped else "layer"]
    made = axis(
        palette,
        title,
        tickvals=[column.x for column in shown],
        ticktext=[column.tick for column in shown],
        range=list(columns.range),
        ticks="",
    )
    if columns.blocks:
        made["title"]["standoff"] = 10 + BLOCKS_DEPTH
        made["tickfont"]["size"] = 11
    return made


def column_marks(columns: Columns, palette: Palette) -> dict[str, Any]:
    """Shapes and annotations under the axis; none for blocks of a single stack."""
    shapes: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    step = _step(len(columns.blocks))
    for place, block in enumerate(columns.blocks):
        shapes.append(_line(block, _BLOCK_LINE, palette.muted, 1))
        if place % step == 0:
            names.append(_name(block, _BLOCK_LINE, palette.muted, 12))
    line = _PANEL_LINE - (BLOCKS_DEPTH if columns.blocks else 0)
    for place, panel in enumerate(columns.panels):
        shapes.append(_line(panel, line, stack_colour(place), 2))
        names.append(_name(panel, line - 3, palette.ink, 13))
    return {"shapes": shapes, "annotations": names}


def _step(count: int) -> int:
    """Every so many of this number of columns have room for their names."""
    step = 1
    while count > _ALL_NAMED * step:
        step *= 2
    return step


def _line(span: Span, pixels: int, colour: str, width: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "x0": span.first - 0.4,
        "x1": span.last + 0.4,
        "yref": "paper",
        "ysizemode": "pixel",
        "yanchor": 0,
        "y0": pixels,
        "y1": pixels,
        "line": {"color": colour, "width": width},
    }


def _name(span: Span, pixels: int, colour: str, size: float) -> dict[str, Any]:
    return {
        "text": span.name,
        "showarrow": False,
        "xref": "x",
        "x": span.middle,
        "yref": "paper",
        "y": 0,
        "yanchor": "top",
        "yshift": pixels,
        "font": {"size": size, "color": colour},
    }
