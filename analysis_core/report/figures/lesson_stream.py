"""Lesson 5: the length of every block's update, and the step of one block drawn to scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, axis, figure, layer_axis, layout
from analysis_core.report.lessons import stream
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.palette import Palette, faded
from analysis_core.report.phrases import Phrases
from analysis_core.results.stream import StreamStep

STREAM_HEIGHT = 330
LENGTHS_UNTIL, STEP_FROM = 0.5, 0.58
ROOM = 0.12
TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
Point = tuple[float, float]


def stream_plot(data: LessonData, layer: int, palette: Palette, phrases: Phrases) -> go.Figure:
    """The lengths on the left; on the right the stream, the update and their sum as three arrows.

    Args:
        data: the shipped results.
        layer: the block whose step is drawn.
        palette: light or dark.
        phrases: the words.
    """
    step = data.stream[layer]
    end = (1 + step.along, step.across)
    arrows = [((0.0, 0.0), (1.0, 0.0), palette.muted), ((1.0, 0.0), end, palette.accent),
              ((0.0, 0.0), end, palette.kept)]  # fmt: skip
    return figure(
        [_lengths(data, layer, palette, phrases), _names(end, palette, phrases)],
        {
            **layout(palette, title=stream.finding(data, layer, phrases), height=STREAM_HEIGHT, wrap=TITLE_CHARACTERS,
                     subtitle=phrases["lesson_stream_subtitle"]),
            "hovermode": "closest",
            "xaxis": {**layer_axis(palette, data.layers, phrases["layer"]), "domain": [0, LENGTHS_UNTIL]},
            "yaxis": _length_axis(data, palette, phrases),
            **_plane(end),
            "annotations": [_arrow(*each) for each in arrows],
        },
    )  # fmt: skip


def stream_text(data: LessonData, layer: int, phrases: Phrases) -> str:
    """The text alternative of :func:`stream_plot`."""
    finding = stream.finding(data, layer, phrases)
    return phrases["lesson_alt"].format(kind=phrases["lesson_kind_stream"], finding=finding)


def _lengths(data: LessonData, layer: int, palette: Palette, phrases: Phrases) -> dict[str, Any]:
    shades = [palette.accent if step.layer == layer else faded(palette.kept, 0.7) for step in data.stream]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [step.layer for step in data.stream],
        "y": [step.share for step in data.stream],
        "text": [_hover(data, step, phrases) for step in data.stream],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": faded(palette.kept, 0.5), "width": 1.75},
        "marker": {"color": shades, "opacity": 1, "size": [15 if step.layer == layer else 10 for step in data.stream],
                   "line": {"color": palette.paper, "width": 1.5}},
        "cliponaxis": False,
    }  # fmt: skip


def _length_axis(data: LessonData, palette: Palette, phrases: Phrases) -> dict[str, Any]:
    """Logarithmic: one step may be a hundred times as long as another."""
    shares = [step.share for step in data.stream]
    low, high = min(shares) / 1.4, max(shares) * 1.4
    shown = [tick for tick in TICKS if low <= tick <= high]
    return axis(palette, phrases["lesson_stream_axis"], type="log", showgrid=True, tickvals=shown,
                ticktext=[_tick(tick) for tick in shown], range=[math.log10(low), math.log10(high)])  # fmt: skip


def _tick(share: float) -> str:
    return f"{100 * share:g}{numbers.NARROW_SPACE}%" if share < 1 else f"{share:g}x"


def _hover(data: LessonData, step: StreamStep, phrases: Phrases) -> str:
    return phrases["lesson_stream_hover"].format(
        layer=step.layer,
        share=stream.length(step.share, phrases),
        turn=numbers.significant(step.turn, 2),
        loss=numbers.significant(data.without(step.layer).loss_increase),
    )


def _names(end: Point, palette: Palette, phrases: Phrases) -> dict[str, Any]:
    """The names of the three arrows, beside their middles."""
    return {
        "type": "scatter",
        "mode": "text",
        "xaxis": "x2",
        "yaxis": "y2",
        "x": [0.5, (1 + end[0]) / 2 + 0.04 * max(1.0, *end), end[0] / 2],
        "y": [-0.03 * max(1.0, end[1]), end[1] / 2, end[1] / 2],
        "text": [f"<i>{phrases[f'lesson_stream_{key}']}</i>" for key in ("in", "update", "out")],
        "textposition": ["bottom center", "middle right", "top left"],
        "textfont": {"size": 15, "color": [palette.muted, palette.accent, palette.kept]},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _plane(end: Point) -> dict[str, Any]:
    """Two axes without marks and of one scale, so that lengths and angles are true."""
    right = max(1.0, end[0])
    bare = {"visible": False, "fixedrange": True}
    return {
        "xaxis2": {**bare, "domain": [STEP_FROM, 1], "anchor": "y2",
                   "range": [min(0.0, end[0]) - ROOM * right, right * (1 + 2.5 * ROOM)], "constrain": "range"},
        "yaxis2": {**bare, "domain": [0, 1], "anchor": "x2", "scaleanchor": "x2",
                   "range": [-0.3 * right, max(end[1], 0.4 * right) + 0.2 * right]},
    }  # fmt: skip


def _arrow(start: Point, end: Sequence[float], colour: str) -> dict[str, Any]:
    return {
        "x": end[0], "y": end[1], "ax": start[0], "ay": start[1], "xref": "x2", "yref": "y2", "axref": "x2",
        "ayref": "y2", "showarrow": True, "arrowhead": 2, "arrowsize": 1, "arrowwidth": 2.5, "arrowcolor": colour,
        "text": "",
    }  # fmt: skip
