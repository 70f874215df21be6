"""Lesson 2: every layer's place by one method over its place by another, coloured by its place by measurement."""

from __future__ import annotations

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, axis, colour_scale, figure, layout
from analysis_core.report.lessons import two_methods
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.palette import SEQUENTIAL, Palette
from analysis_core.report.phrases import Phrases
from analysis_core.report.scaling import ranks

PAIR_HEIGHT = 350


def pair_plot(data: LessonData, one: str, other: str, palette: Palette, phrases: Phrases) -> go.Figure:
    """The more the points lie on the diagonal, the more the two agree; the most important stands at the top right.

    Args:
        data: the shipped results.
        one, other: names of two methods: along and upright.
        palette: light or dark.
        phrases: the words.
    """
    points = two_methods.rank_points(data, one, other)
    measured = ranks(data.singles())
    last = data.layers
    marks = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [point[1] for point in points],
        "y": [point[2] for point in points],
        "text": [str(point[0]) for point in points],
        "textposition": "middle right",
        "textfont": {"size": 13, "color": palette.ink},
        "customdata": [_hover(data, one, other, point, phrases) for point in points],
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "size": 17,
            "color": [last + 1 - (measured[point[0]] or last) for point in points],
            "colorscale": colour_scale(SEQUENTIAL),
            "cmin": 1,
            "cmax": last,
            "line": {"color": palette.muted, "width": 1},
            "colorbar": {
                "title": {"text": phrases["lesson_measured_bar"], "side": "right",
                          "font": {"size": 12, "color": palette.muted}},
                "thickness": 9, "len": 0.8, "outlinewidth": 0, "tickvals": [1, last], "ticktext": [str(last), "1"],
                "tickfont": {"size": 11.5, "color": palette.muted},
            },
        },
    }  # fmt: skip
    diagonal = {"type": "line", "x0": 1, "y0": 1, "x1": last, "y1": last, "layer": "below",
                "line": {"color": palette.muted, "width": 1, "dash": "dot"}}  # fmt: skip
    scale = {"range": [last + 0.6, 0.4], "tickvals": list(range(1, last + 1)), "showgrid": True}
    titles = [phrases["lesson_rank_axis"].format(method=data.report[name].title) for name in (one, other)]
    return figure(
        [marks],
        {
            **layout(palette, title=two_methods.finding(data, one, other, phrases), height=PAIR_HEIGHT,
                     subtitle=two_methods.interval_line(data, one, other, phrases), wrap=TITLE_CHARACTERS),
            "hovermode": "closest",
            "xaxis": axis(palette, titles[0], **scale),
            "yaxis": axis(palette, titles[1], **scale),
            "shapes": [diagonal],
        },
    )  # fmt: skip


def pair_text(data: LessonData, one: str, other: str, phrases: Phrases) -> str:
    """The text alternative of :func:`pair_plot`."""
    finding = two_methods.finding(data, one, other, phrases)
    return phrases["lesson_alt"].format(kind=phrases["lesson_kind_pair"], finding=finding)


def _hover(data: LessonData, one: str, other: str, point: tuple[int, float, float], phrases: Phrases) -> str:
    layer, first, second = point
    return phrases["lesson_rank_hover"].format(
        layer=layer,
        one=data.report[one].title,
        other=data.report[other].title,
        first=numbers.rank(first),
        second=numbers.rank(second),
        loss=numbers.significant(data.without(layer).loss_increase),
        place=numbers.rank(ranks(data.singles())[layer]),
    )
