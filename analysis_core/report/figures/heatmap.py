"""The hero: methods by layers, one colour a cell, every cell clickable.

A click on a plotly heatmap does not reach Streamlit, so that transparent square markers lie on the cells and take
the clicks; each carries `[layer, method]` as its custom data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report.columns import Columns, columns_of, plain
from analysis_core.report.figures.base import axis, colour_scale, figure, layout, rectangle
from analysis_core.report.figures.heatmap_rows import CONSENSUS, SMALL, Row, consensus_row, method_row
from analysis_core.report.figures.marks import click_squares, colour_bar, on_bright
from analysis_core.report.figures.stack_marks import column_axis, column_marks, depth
from analysis_core.report.palette import SEQUENTIAL, Palette, faded
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scale, Scores
from analysis_core.results import Layer, MethodResult

ROW_HEIGHT = 40
CONSENSUS_GAP = 0.35
SCALE_HEIGHT = 26
"""Room for the colour scale below the names of panels."""
CROWDED_COLUMNS, ROOMY_COLUMNS, HIGH_ROW = 18, 14, 44
"""More columns than the first leave no room for numbers in the cells; up to the second, rows so high hold two lines."""
DENSE_COLUMNS = 48
LEAST_GAP = 1e-6
BRIGHT_FROM = 0.48
"""From this share of the scale on, black is read more easily than white."""


def heatmap(
    methods: Sequence[MethodResult],
    palette: Palette,
    *,
    consensus: Scores | None = None,
    consensus_on_top: bool = False,
    scale: Scale = Scale.NORMALISED,
    title: str = "",
    subtitle: str = "",
    selected: int | None = None,
    removed: Sequence[int] = (),
    numbers_in_cells: bool = False,
    row_height: int = ROW_HEIGHT,
    layers_of: Sequence[Layer] = (),
    folded: bool = False,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """Methods by layers; each stack of a model is a panel, the parts of a block stand together.

    Args:
        methods: one row each, the first on top; their lists of scores are equally long.
        palette: light or dark.
        consensus: a row set apart, the last one; 0 (least) ... 1 (most important).
        consensus_on_top: the consensus is the first row instead.
        scale: what the cells show: raw scores, scores stretched to 0 ... 1 within each row, or ranks.
        title, subtitle: the finding, and what goes with it.
        selected: a layer to outline.
        removed: layers to veil.
        numbers_in_cells: whether values are written into the cells where there is room: interval or rank below them
            in high rows of few columns.
        row_height: of a method's row, in pixels.
        layers_of: the model's layers, by which its stacks and parts are told apart.
        folded: whether the parts of a block share one column, which shows the highest of them.
        phrases: the words.
    """
    layers = len(methods[0].scores) if methods else 0
    columns = columns_of(layers_of, phrases, folded=folded) if layers_of else plain(layers, phrases)
    rows = [method_row(result, -place, scale, columns, phrases) for place, result in enumerate(methods)]
    if consensus is not None and len(methods) > 1:
        y = 1 + CONSENSUS_GAP if consensus_on_top else -len(methods) - CONSENSUS_GAP
        rows.append(consensus_row(consensus, y, scale, columns, phrases))
    heights = [row.y for row in rows] or [0.0]
    bottom, top = min(heights) - 0.5, max(heights) + 0.5
    written = numbers_in_cells and len(columns) <= CROWDED_COLUMNS
    twice = written and len(columns) <= ROOMY_COLUMNS and row_height >= HIGH_ROW
    marks = column_marks(columns, palette)
    below = depth(columns) + (SCALE_HEIGHT if columns.panels else 0)
    base = layout(
        palette, title=title, subtitle=subtitle, height=round(row_height * (top - bottom)) + below, bottom=below
    )
    return figure(
        [*(_cells(row, columns, written, twice) for row in rows), _targets(rows, columns)],
        {
            **base,
            "hovermode": "closest",
            "hoverdistance": -1,
            "clickmode": "event+select",
            "xaxis": column_axis(columns, palette, phrases),
            "yaxis": _method_axis(rows, (bottom, top), palette),
            "coloraxis": _colour_axis(palette, phrases),
            "shapes": [
                *(_blank(row, columns, palette) for row in rows if row.is_blank),
                *marks["shapes"],
                *_marks(columns, palette, selected, removed, (bottom, top)),
            ],
            "annotations": marks["annotations"],
        },
    )


def heatmap_text(methods: Sequence[MethodResult], finding: str, phrases: Phrases = ENGLISH) -> str:
    """The text alternative."""
    layers = len(methods[0].scores) if methods else 0
    return phrases["heatmap_alt"].format(methods=len(methods), layers=layers, finding=finding)


def _method_axis(rows: Sequence[Row], span: tuple[float, float], palette: Palette) -> dict[str, Any]:
    names = [f"<b>{row.title}</b>" if row.name == CONSENSUS else row.title for row in rows]
    return axis(
        palette,
        tickvals=[row.y for row in rows],
        ticktext=[f"{name}  " for name in names],
        range=list(span),
        ticks="",
        tickfont={"size": 13, "color": palette.ink},
    )


def _cells(row: Row, columns: Columns, written: bool, twice: bool) -> dict[str, Any]:
    """One row of cells; a blank one fills each gap between panels and between blocks."""
    edges: list[float] = []
    shades: list[float | None] = []
    texts: list[str] = []
    for place, column in enumerate(columns.columns):
        left = column.x - 0.5
        if edges and left - edges[-1] > LEAST_GAP:
            shades.append(None)
            texts.append("")
            edges.append(left)
        elif not edges:
            edges.append(left)
        edges.append(column.x + 0.5)
        shades.append(row.shades[place])
        small = SMALL.format(row.beside[place]) if twice and row.beside[place] else ""
        texts.append(_readable(row.texts[place] + small, row.shades[place]))
    return {
        "type": "heatmap",
        "name": row.title,
        "x": edges,
        "y": [row.y - 0.5, row.y + 0.5],
        "z": [shades],
        "coloraxis": "coloraxis",
        "xgap": 2 if len(columns) <= DENSE_COLUMNS else 1,
        "ygap": 2,
        "hoverinfo": "skip",
        **({"text": [texts], "texttemplate": "%{text}", "textfont": {"size": 11.5}} if written else {}),
    }


def _readable(written: str, shade: float | None) -> str:
    return on_bright(written) if (shade or 0) >= BRIGHT_FROM else written


def _targets(rows: Sequence[Row], columns: Columns) -> dict[str, Any]:
    """Transparent squares over the cells: they carry the hover text and take the clicks."""
    cells = [(row, place) for row in rows for place in range(len(columns))]
    return click_squares(
        [(columns.columns[place].x, row.y) for row, place in cells],
        [[row.layers[place], row.name] for row, place in cells],
        [row.hovers[place] for row, place in cells],
    )


def _blank(row: Row, columns: Columns, palette: Palette) -> dict[str, Any]:
    """The place of a row that has nothing to show."""
    left, right = columns.range
    place = ((left + 0.02, right - 0.02), (row.y - 0.46, row.y + 0.46))
    return rectangle(*place, line={"color": palette.grid, "width": 1, "dash": "dot"}, layer="below")


def _colour_axis(palette: Palette, phrases: Phrases) -> dict[str, Any]:
    return {
        "colorscale": colour_scale(SEQUENTIAL),
        "cmin": 0,
        "cmax": 1,
        "colorbar": colour_bar(palette, {0.02: phrases["least"], 0.98: phrases["most"]}, right=0.92, length=0.26),
    }


def _marks(
    columns: Columns, palette: Palette, selected: int | None, removed: Sequence[int], span: tuple[float, float]
) -> list[dict[str, Any]]:
    veil = {"fillcolor": faded(palette.paper, 0.84), "layer": "above"}
    dashes = {"color": palette.accent, "width": 1.5, "dash": "dot"}
    bottom, top = span
    marks = [
        rectangle((left + 0.01, right - 0.01), (bottom + 0.02, top - 0.02), line=dashes, **veil)
        for left, right in columns.runs(removed)
    ]
    here = columns.holding(selected) if selected is not None else None
    if here is not None:
        line = {"color": palette.accent, "width": 2.5}
        marks.append(rectangle((here.x - 0.5, here.x + 0.5), span, line=line, layer="above"))
    return marks
