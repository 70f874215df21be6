"""Lesson 3: what sets of layers cost, by the way in which they were chosen, beside the sum of their single costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, axis, figure, layout
from analysis_core.report.findings import Z_95
from analysis_core.report.lessons import sets
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.sets import BEST, Choice
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import Phrases, layer_list

ROW = 44


def set_costs(data: LessonData, count: int, palette: Palette, phrases: Phrases) -> go.Figure:
    """A row a way of choosing: a filled dot for the measured cost, a hollow one for the sum of the singles.

    Args:
        data: the shipped results.
        count: how many layers go.
        palette: light or dark.
        phrases: the words.
    """
    rows = sets.choices(data, count, phrases)[::-1]
    upright = list(range(len(rows)))
    names = [
        f"{row.title}  <br><span style='font-size:11px'>{layer_list(row.removed, phrases)}  </span>" for row in rows
    ]
    joins = [
        {"type": "line", "x0": row.sum_of_singles, "x1": row.cost, "y0": place, "y1": place, "layer": "between",
         "line": {"color": faded(_colour(row, palette), 0.4), "width": 3}}
        for place, row in enumerate(rows)
    ]  # fmt: skip
    return figure(
        [_sums(rows, palette, phrases), _measured(rows, palette, phrases)],
        {
            **layout(palette, title=sets.finding(data, count, phrases), height=ROW * len(rows) + 56, right=20,
                     subtitle=phrases["lesson_sets_subtitle"], wrap=TITLE_CHARACTERS),
            "hovermode": "closest",
            "xaxis": axis(palette, phrases["lesson_sets_axis"], showgrid=True, nticks=6, rangemode="tozero",
                          zeroline=True, zerolinecolor=palette.muted, zerolinewidth=1),
            "yaxis": axis(palette, tickvals=upright, ticktext=names, range=[-0.6, len(rows) - 0.4]),
            "shapes": joins,
        },
    )  # fmt: skip


def set_costs_text(data: LessonData, count: int, phrases: Phrases) -> str:
    """The text alternative of :func:`set_costs`."""
    finding = sets.finding(data, count, phrases)
    return phrases["lesson_alt"].format(kind=phrases["lesson_kind_sets"], finding=finding)


def _measured(rows: Sequence[Choice], palette: Palette, phrases: Phrases) -> dict[str, Any]:
    marker = {"size": 13, "line": {"color": palette.paper, "width": 1.5}}
    spread = {"type": "data", "array": [Z_95 * row.measured.loss_increase_std_error for row in rows],
              "color": palette.muted, "thickness": 1.25, "width": 4}  # fmt: skip
    return {**_dots(rows, [row.cost for row in rows], marker, palette, phrases), "error_x": spread}


def _sums(rows: Sequence[Choice], palette: Palette, phrases: Phrases) -> dict[str, Any]:
    marker = {"size": 11, "symbol": "circle-open", "line": {"width": 2}}
    return _dots(rows, [row.sum_of_singles for row in rows], marker, palette, phrases)


def _dots(
    rows: Sequence[Choice], values: Sequence[float], marker: dict[str, Any], palette: Palette, phrases: Phrases
) -> dict[str, Any]:
    """A dot a row, in the colour of its way."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(values),
        "y": list(range(len(rows))),
        "text": [_hover(row, phrases) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {**marker, "color": [_colour(row, palette) for row in rows]},
    }


def _hover(row: Choice, phrases: Phrases) -> str:
    return phrases["lesson_sets_hover"].format(
        title=row.title,
        layers=layer_list(row.removed, phrases),
        cost=numbers.significant(row.cost),
        spread=numbers.significant(Z_95 * row.measured.loss_increase_std_error, 2),
        sum=numbers.significant(row.sum_of_singles),
    )


def _colour(row: Choice, palette: Palette) -> str:
    return palette.kept if row.way == BEST else colour_of(row.way)
