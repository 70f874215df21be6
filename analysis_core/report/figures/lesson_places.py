"""Lesson 1: one layer's place in every score's ranking, a row a score, with its measured place below."""

from __future__ import annotations

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, axis, figure, layout
from analysis_core.report.lessons import first_layer
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.first_layer import MEASURED, Place
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import Phrases

ROW = 33


def places(data: LessonData, layer: int, palette: Palette, phrases: Phrases) -> go.Figure:
    """Dots from the most important place on the left to the least on the right; a line marks the measured place.

    Args:
        data: the shipped results.
        layer: the layer that is looked at.
        palette: light or dark.
        phrases: the words.
    """
    measured = first_layer.measured_place(data, layer, phrases)
    rows = [measured, *first_layer.score_places(data, layer)]
    upright = list(range(len(rows)))
    colours = [palette.accent if row.method == MEASURED else colour_of(row.method) for row in rows]
    marks = {
        "type": "scatter",
        "mode": "markers",
        "x": [row.rank for row in rows],
        "y": upright,
        "text": [_hover(data, row, layer, phrases) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": [16 if row.method == MEASURED else 13 for row in rows],
            "symbol": ["diamond" if row.method == MEASURED else "circle" for row in rows],
            "color": colours,
            "opacity": 1,
            "line": {"color": palette.paper, "width": 1.5},
        },
        "cliponaxis": False,
    }
    gaps = [
        {"type": "line", "x0": measured.rank, "x1": row.rank, "y0": place, "y1": place, "layer": "between",
         "line": {"color": faded(colour_of(row.method), 0.55), "width": 3}}
        for place, row in enumerate(rows)
    ]  # fmt: skip
    upper = {"type": "line", "x0": measured.rank, "x1": measured.rank, "y0": -0.5, "y1": len(rows) - 0.5,
             "layer": "between", "line": {"color": palette.accent, "width": 1.5, "dash": "dot"}}  # fmt: skip
    return figure(
        [marks],
        {
            **layout(palette, title=first_layer.finding(data, layer, phrases), height=ROW * len(rows) + 56, right=20,
                     subtitle=first_layer.interval_line(data, layer, phrases), wrap=TITLE_CHARACTERS),
            "hovermode": "closest",
            "xaxis": axis(palette, phrases["lesson_place_axis"], range=[0.6, data.layers + 0.4], showgrid=True,
                          tickvals=list(range(1, data.layers + 1))),
            "yaxis": axis(palette, tickvals=upright, ticktext=[f"{row.title}  " for row in rows],
                          range=[-0.6, len(rows) - 0.4]),
            "shapes": [upper, *gaps],
        },
    )  # fmt: skip


def places_text(data: LessonData, layer: int, phrases: Phrases) -> str:
    """The text alternative of :func:`places`."""
    kind, finding = phrases["lesson_kind_places"], first_layer.finding(data, layer, phrases)
    return phrases["lesson_alt"].format(kind=kind, finding=finding)


def _hover(data: LessonData, row: Place, layer: int, phrases: Phrases) -> str:
    words = {"title": row.title, "rank": numbers.rank(row.rank), "known": row.known}
    if row.method == MEASURED:
        return phrases["lesson_place_hover"].format(**words)
    result = data.report[row.method]
    score = numbers.significant(result.scores[layer])
    return phrases["lesson_place_score_hover"].format(**words, score=score, unit=result.unit)
