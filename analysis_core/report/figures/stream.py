"""A live stream: how long each call took, and at which depth it ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis_core.report.figures.base import axis, figure, layout
from analysis_core.report.palette import Palette, faded

SHOWN = 240
HEIGHT = 320
MOST_TARGETS = 2.5
"""The axis ends at so many times the target."""


@dataclass(frozen=True)
class Call:
    """One call of a stream.

    Args:
        number: counted from 1.
        depth: how many layers ran.
        latency_ms: what it took.
        target_ms: what it was allowed to take.
        at_once: how many requests it served.
    """

    number: int
    depth: int
    latency_ms: float
    target_ms: float
    at_once: int

    @property
    def is_within(self) -> bool:
        """Whether it took no longer than it was allowed to."""
        return self.latency_ms <= self.target_ms


@dataclass(frozen=True)
class StreamWords:
    """The words of the chart.

    Args:
        target, within, late: the three marks.
        call, layers: the axes.
        at_once: what stands behind the number of requests.
    """

    target: str
    within: str
    late: str
    call: str
    layers: str
    at_once: str


def stream_chart(calls: Sequence[Call], layers: int, palette: Palette, title: str, words: StreamWords) -> go.Figure:
    """Latency above, depth below, over the last calls.

    Args:
        calls: in the order in which they ran.
        layers: of the whole model.
        palette: light or dark.
        title: the finding.
        words: of axes and marks.
    """
    shown = calls[-SHOWN:]
    at = [call.number for call in shown]
    target = {
        **{"type": "scatter", "mode": "lines", "name": words.target, "hoverinfo": "skip"},
        **{"x": at, "y": [call.target_ms for call in shown]},
        "line": {"color": palette.muted, "width": 1.5, "dash": "dash", "shape": "hv"},
    }
    depth = {
        **{"type": "scatter", "mode": "lines", "yaxis": "y2", "showlegend": False, "hoverinfo": "skip"},
        **{"x": at, "y": [call.depth for call in shown], "fill": "tozeroy", "fillcolor": faded(palette.kept, 0.18)},
        "line": {"color": palette.kept, "width": 2, "shape": "hv"},
    }
    ceiling = _ceiling(shown)
    marks = [
        _marks([call for call in shown if call.is_within], words.within, palette.kept, ceiling, words),
        _marks([call for call in shown if not call.is_within], words.late, palette.accent, ceiling, words),
    ]
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"}
    return figure(
        [target, depth, *marks],
        {
            **layout(palette, title=title, height=HEIGHT, left=56),
            **{"showlegend": True, "legend": legend, "uirevision": "stream"},
            "xaxis": axis(palette, words.call, anchor="y2"),
            "yaxis": axis(palette, "ms", domain=[0.42, 0.94], range=[0, ceiling], showgrid=True, nticks=5),
            "yaxis2": axis(palette, words.layers, domain=[0, 0.34], range=[0, layers + 0.5], showgrid=True, nticks=4),
        },
    )


def share_within(calls: Sequence[Call]) -> float:
    """Share of the calls that the chart shows which met the target."""
    shown = calls[-SHOWN:]
    return sum(call.is_within for call in shown) / len(shown)


def _marks(calls: Sequence[Call], name: str, colour: str, ceiling: float, words: StreamWords) -> dict[str, Any]:
    """Dots and crosses; a call beyond the axis points up from its edge."""
    served = f"%{{customdata[0]}} {words.layers}, %{{customdata[1]}} {words.at_once}"
    hover = f"{words.call} %{{x}}: %{{customdata[2]:.3g}} ms<br>{served}"
    symbols = ["circle" if call.is_within else "x" if call.latency_ms < ceiling else "triangle-up" for call in calls]
    return {
        **{"type": "scatter", "mode": "markers", "name": name},
        "x": [call.number for call in calls],
        "y": [min(call.latency_ms, 0.97 * ceiling) for call in calls],
        "marker": {"color": colour, "symbol": symbols, "size": 6},
        "customdata": [[call.depth, call.at_once, call.latency_ms] for call in calls],
        "hovertemplate": hover + "<extra></extra>",
    }


def _ceiling(calls: Sequence[Call]) -> float:
    """Where the axis ends: one call that took very long must not squeeze all others to the bottom."""
    if not calls:
        return 1.0
    usual = sorted(call.latency_ms for call in calls)[int(0.97 * (len(calls) - 1))]
    target = max(call.target_ms for call in calls)
    return 1.25 * max(target, min(usual, MOST_TARGETS * target))
