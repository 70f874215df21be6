"""Lesson 4: measured speed-up, parameters and bytes over the compression ratio, beside the claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, axis, figure, layout
from analysis_core.report.lessons import price
from analysis_core.report.palette import OKABE_ITO, Palette
from analysis_core.report.phrases import Phrases
from analysis_core.results import CompressionOutcome

PRICE_HEIGHT = 340
Value = Callable[[CompressionOutcome], float]


def price_plot(
    outcomes: Sequence[CompressionOutcome], here: CompressionOutcome, palette: Palette, phrases: Phrases
) -> go.Figure:
    """Lines over the ratio on two logarithmic axes: what is as claimed lies on the diagonal.

    Args:
        outcomes: measured models, one a size.
        here: the one that is looked at; a line marks its ratio.
        palette: light or dark.
        phrases: the words.
    """
    ratios = [outcome.plan.ratio for outcome in outcomes]
    ends = [1.0, max(ratios)]
    claim = {
        "type": "scatter", "mode": "lines", "x": ends, "y": ends, "name": phrases["lesson_price_claim"],
        "hoverinfo": "skip", "line": {"color": palette.muted, "width": 1.5, "dash": "dash"},
    }  # fmt: skip
    speed = _line(outcomes, here, "speedup", lambda item: item.measurement.speedup.value, palette, phrases)
    speed["error_y"] = {
        "type": "data", "symmetric": False, "color": palette.muted, "thickness": 1.25, "width": 4,
        "array": [item.measurement.speedup.high - item.measurement.speedup.value for item in outcomes],
        "arrayminus": [item.measurement.speedup.value - item.measurement.speedup.low for item in outcomes],
    }  # fmt: skip
    lines = [
        _line(outcomes, here, "parameters", price.parameters, palette, phrases),
        _line(outcomes, here, "bytes", price.memory, palette, phrases),
        speed,
    ]
    scale = _scale(max(ratios))
    marker = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": here.plan.ratio, "x1": here.plan.ratio,
              "layer": "below", "line": {"color": palette.accent, "width": 1.5}}  # fmt: skip
    legend = {"x": 0.02, "y": 0.98, "xanchor": "left", "yanchor": "top", "bgcolor": "rgba(0,0,0,0)",
              "font": {"size": 12.5, "color": palette.muted}, "itemclick": False, "itemdoubleclick": False}  # fmt: skip
    return figure(
        [claim, *lines],
        {
            **layout(palette, title=price.finding(here, phrases), subtitle=price.interval_line(here, phrases),
                     height=PRICE_HEIGHT, wrap=TITLE_CHARACTERS),
            "hovermode": "closest",
            "showlegend": True,
            "legend": legend,
            "xaxis": axis(palette, phrases["lesson_price_ratio_axis"], **scale),
            "yaxis": axis(palette, phrases["lesson_price_axis"], showgrid=True, **scale),
            "shapes": [marker],
        },
    )  # fmt: skip


def price_text(here: CompressionOutcome, phrases: Phrases) -> str:
    """The text alternative of :func:`price_plot`."""
    finding = price.finding(here, phrases)
    return phrases["lesson_alt"].format(kind=phrases["lesson_kind_price"], finding=finding)


_COLOURS = {"speedup": OKABE_ITO[0], "parameters": OKABE_ITO[1], "bytes": OKABE_ITO[2]}
_SIZES = {"speedup": 7, "parameters": 9, "bytes": 5}
"""Bytes lie on parameters as long as every weight takes as many: both stay visible."""
_DASHES = {"speedup": "solid", "parameters": "solid", "bytes": "dot"}


def _line(
    outcomes: Sequence[CompressionOutcome], here: CompressionOutcome, what: str, value: Value,
    palette: Palette, phrases: Phrases,
) -> dict[str, Any]:  # fmt: skip
    name = phrases[f"lesson_price_{what}"]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [item.plan.ratio for item in outcomes],
        "y": [value(item) for item in outcomes],
        "text": [
            phrases["lesson_price_hover"].format(
                ratio=numbers.times(item.plan.ratio), name=name, value=numbers.times(value(item))
            )
            for item in outcomes
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": _COLOURS[what], "width": 2, "dash": _DASHES[what]},
        "marker": {"color": _COLOURS[what], "opacity": 1,
                   "size": [_SIZES[what] + (6 if item is here else 0) for item in outcomes],
                   "line": {"color": palette.paper, "width": 1}},
    }  # fmt: skip


def _scale(last: float) -> dict[str, Any]:
    ticks = [tick for tick in (1, 1.2, 1.5, 2, 2.5, 3, 4, 6, 8, 12) if tick <= last * 1.02]
    return {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [f"{tick:g}x" for tick in ticks],
        "range": [-0.015, math.log10(last * 1.08)],
    }
