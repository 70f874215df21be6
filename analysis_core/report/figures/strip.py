"""A model as a strip of layers: what stays is filled, what goes is a dashed outline; a click switches a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale, sample_colorscale

from analysis_core.report import numbers
from analysis_core.report.columns import Columns, columns_of
from analysis_core.report.figures.base import axis, figure, layout, rectangle
from analysis_core.report.figures.stack_marks import column_axis, column_marks, depth
from analysis_core.report.layer_names import named_list
from analysis_core.report.palette import SEQUENTIAL, Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scores, min_max
from analysis_core.results import Layer

STRIP_HEIGHT = 64
SPARED = 4
"""Pixels that the axis takes less than elsewhere: nothing stands under its title."""
INSET = 0.44
DENSE_COLUMNS, CROSS, SMALL_CROSS = 32, 14, 5
"""With more columns than the first, removed neighbours share an outline, and their crosses are small."""


def strip(
    layers: Sequence[Layer],
    scores: Scores,
    removed: Sequence[int],
    palette: Palette,
    *,
    protected: Sequence[int] = (),
    title: str = "",
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """The layers side by side, coloured by a score; each square carries `[layer]` as its custom data.

    Each stack of the model is a panel, and the parts of a block stand together.

    Args:
        layers: the model's layers.
        scores: what colours the layers that stay, one a layer; grey where it is None.
        removed: indices of the layers that go.
        palette: light or dark.
        protected: layers that strategies leave alone; they are marked by a bar below.
        title, phrases: the finding and the words.
    """
    gone, safe = set(removed), set(protected)
    columns = columns_of(layers, phrases)
    scale = get_colorscale(SEQUENTIAL)
    shapes: list[dict[str, Any]] = []
    for layer, column, share in zip(layers, columns.columns, min_max(scores), strict=True):
        colour = palette.muted if share is None else sample_colorscale(scale, share)[0]
        if layer.index not in gone:
            shapes.append(_tile(column.x, colour))
        if layer.index in safe or not layer.removable:
            shapes.append(_guard(column.x, palette))
    shapes += [_gap(*run, palette) for run in _gaps(columns, removed)]
    marks = column_marks(columns, palette)
    below = depth(columns) - SPARED
    return figure(
        [_targets(layers, columns, gone, safe, palette, phrases)],
        {
            **layout(palette, title=title, height=STRIP_HEIGHT + below, bottom=below, left=2, right=2),
            "hovermode": "closest",
            "hoverdistance": -1,
            "clickmode": "event+select",
            "xaxis": column_axis(columns, palette, phrases),
            "yaxis": axis(palette, range=[-0.62, 0.5], visible=False),
            "shapes": [*shapes, *marks["shapes"]],
            "annotations": marks["annotations"],
        },
    )


def strip_text(layers: Sequence[Layer], removed: Sequence[int], phrases: Phrases = ENGLISH) -> str:
    """The text alternative."""
    gone = named_list(removed, layers, phrases) or phrases["none"]
    return phrases["strip_alt"].format(layers=len(layers), removed=gone)


def _tile(x: float, colour: str) -> dict[str, Any]:
    place = ((x - INSET, x + INSET), (-0.44, 0.44))
    return rectangle(*place, fillcolor=colour, line={"width": 0}, layer="below")


def _gaps(columns: Columns, removed: Sequence[int]) -> list[tuple[float, float]]:
    """Edges of what goes: each layer by itself, or neighbours together where they would be too narrow to tell."""
    if len(columns) > DENSE_COLUMNS:
        return [(left + 0.5 - INSET, right - 0.5 + INSET) for left, right in columns.runs(removed)]
    gone = set(removed)
    return [(column.x - INSET, column.x + INSET) for column in columns.columns if column.layers[0] in gone]


def _gap(left: float, right: float, palette: Palette) -> dict[str, Any]:
    line = {"color": palette.accent, "width": 1.5, "dash": "dot"}
    return rectangle((left, right), (-0.44, 0.44), line=line, layer="below")


def _guard(x: float, palette: Palette) -> dict[str, Any]:
    line = {"color": palette.ink, "width": 2}
    return {"type": "line", "x0": x - INSET, "x1": x + INSET, "y0": -0.56, "y1": -0.56, "line": line}


def _targets(
    layers: Sequence[Layer], columns: Columns, gone: set[int], safe: set[int], palette: Palette, phrases: Phrases
) -> dict[str, Any]:
    """Transparent squares that take the clicks; the removed ones show a cross."""
    unchanged = {"marker": {"opacity": 1}}
    clear = "rgba(0,0,0,0)"
    removed = [layer.index in gone for layer in layers]
    cross = CROSS if len(columns) <= DENSE_COLUMNS else SMALL_CROSS
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [column.x for column in columns.columns],
        "y": [0] * len(layers),
        "customdata": [[layer.index] for layer in layers],
        "text": [
            _hover(layer, column.title, layer.index in gone, layer.index in safe, phrases)
            for layer, column in zip(layers, columns.columns, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": ["x-thin" if missing else "square" for missing in removed],
            "size": [cross if missing else 30 for missing in removed],
            "color": clear,
            "line": {"color": [palette.accent if missing else clear for missing in removed], "width": 2},
        },
        "selected": unchanged,
        "unselected": unchanged,
    }


def _hover(layer: Layer, name: str, gone: bool, safe: bool, phrases: Phrases) -> str:
    state = phrases["removed"] if gone else phrases["kept"]
    if not layer.removable:
        state = f"{phrases['fixed']}: {layer.why_not or phrases['not_applicable']}"
    elif safe and not gone:
        state = f"{state}, {phrases['protected']}"
    size = f"{numbers.count(layer.parameters)} {phrases['parameters']}"
    return f"<b>{name}</b> · {state}<br>{size}"
