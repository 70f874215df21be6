"""Quality against compression ratio: what was measured is filled, what is guessed is hollow and dashed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import axis, figure, layout
from analysis_core.report.findings import curve_finding
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import ENGLISH, Phrases, metric_name, sentence_case

CURVE_HEIGHT = 300
MANUAL = "manual"
LONGEST_BAR = 0.15
"""So much of an error bar, as a share of the metric, always fits into the picture."""
TICKS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)


def curve(
    points: Sequence[FrontierPoint],
    metric: str,
    palette: Palette,
    *,
    here: FrontierPoint | None = None,
    floor: float | None = None,
    title: str | None = None,
    subtitle: str = "",
    height: int = CURVE_HEIGHT,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """Retention in percent over layers before / after, on a logarithmic axis.

    Args:
        points: measured and estimated; each strategy has its colour, measured points of one are joined.
        metric: the name of the metric.
        palette: light or dark.
        here: the point that is looked at; it gets a ring.
        floor: the share of the metric that the commonest answer alone would keep; drawn as a dotted line.
        title: the finding; None computes it from the points.
        subtitle, height, phrases: words below the title, pixels of the plot, the words.
    """
    title = curve_finding(points, metric, phrases) if title is None else title
    traces: list[dict[str, Any]] = []
    for measured in (False, True):
        for strategy in dict.fromkeys(point.strategy for point in points if point.measured is measured):
            chosen = [point for point in points if point.measured is measured and point.strategy == strategy]
            banded = not measured and len(chosen) > 1 and strategy != MANUAL
            traces += [_band(chosen)] if banded else []
            traces.append(_series(chosen, metric, palette, phrases, bars=not banded))
    if here is not None:
        traces.append(_ring(here, palette))
    longest = max([point.ratio for point in points] + [here.ratio if here else 1.0, 1.5])
    drawn = [*points, here] if here is not None else list(points)
    return figure(
        traces,
        {
            **layout(palette, title=title, subtitle=subtitle, height=height, wrap=60),
            "hovermode": "closest",
            "xaxis": _ratio_axis(palette, longest, phrases),
            "yaxis": axis(
                palette,
                phrases["retention_axis"].format(metric=sentence_case(metric_name(metric))),
                showgrid=True,
                nticks=6,
                range=_retention_range(drawn),
            ),
            "shapes": [_level(1.0, palette.muted, "solid")]
            + ([_level(floor, palette.muted, "dot")] if floor is not None else []),
            "annotations": [_note(floor, phrases["floor"], palette)] if floor is not None else [],
        },
    )


def curve_text(points: Sequence[FrontierPoint], metric: str, phrases: Phrases = ENGLISH) -> str:
    """The text alternative: every point in words."""
    told = ", ".join(
        f"{numbers.times(point.ratio)} {numbers.percent(point.retention.value)} "
        f"({phrases['measured'] if point.measured else phrases['estimated']})"
        for point in sorted(points, key=lambda point: point.ratio)
    )
    return phrases["curve_alt"].format(points=told, finding=curve_finding(points, metric, phrases))


def strategy_title(strategy: str, phrases: Phrases = ENGLISH) -> str:
    """A strategy's name for people; a method's is its own."""
    return phrases.get(strategy, strategy.replace("_", " ").capitalize())


def _band(points: Sequence[FrontierPoint]) -> dict[str, Any]:
    """The error bars of many estimates as one soft band, so that bars mean measurements."""
    points = sorted(points, key=lambda point: point.ratio)
    there = [(point.ratio, 100 * point.retention.high) for point in points]
    back = [(point.ratio, 100 * point.retention.low) for point in reversed(points)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [ratio for ratio, _ in there + back],
        "y": [percent for _, percent in there + back],
        "fill": "toself",
        "fillcolor": faded(colour_of(points[0].strategy), 0.13),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _series(
    points: Sequence[FrontierPoint], metric: str, palette: Palette, phrases: Phrases, *, bars: bool
) -> dict[str, Any]:
    """One strategy's points, all measured or all estimated, with their intervals as bars where asked for."""
    points = sorted(points, key=lambda point: point.ratio)
    by_hand = points[0].strategy == MANUAL
    colour, measured = palette.ink if by_hand else colour_of(points[0].strategy), points[0].measured
    line = {"color": colour if measured else faded(colour, 0.6), "width": 1.75, "dash": "solid" if measured else "dot"}
    hollow = {"color": palette.paper, "line": {"color": colour, "width": 1.75}, "size": 8}
    filled = {"color": colour, "line": {"color": palette.paper, "width": 1}, "size": 10}
    return {
        "type": "scatter",
        "mode": "markers" if by_hand else "lines+markers",
        "name": strategy_title(points[0].strategy, phrases),
        "x": [point.ratio for point in points],
        "y": [100 * point.retention.value for point in points],
        "customdata": [[list(point.removed), point.run] for point in points],
        "text": [_hover(point, metric, phrases) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "line": line,
        "marker": filled if measured else hollow,
        "error_y": {
            "type": "data",
            "visible": bars,
            "symmetric": False,
            "array": [100 * (point.retention.high - point.retention.value) for point in points],
            "arrayminus": [100 * (point.retention.value - point.retention.low) for point in points],
            "color": colour if measured else faded(colour, 0.4),
            "thickness": 1.25,
            "width": 3,
        },
    }


def _ring(point: FrontierPoint, palette: Palette) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.ratio],
        "y": [100 * point.retention.value],
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle-open",
            "size": 20,
            "color": palette.accent,
            "line": {"width": 2.5, "color": palette.accent},
        },
    }


def _hover(point: FrontierPoint, metric: str, phrases: Phrases) -> str:
    state = phrases["measured"] if point.measured else phrases["estimated"]
    kept = point.retention
    span = f"{numbers.percent(kept.low)} – {numbers.percent(kept.high)}"
    lines = [
        f"<b>{numbers.times(point.ratio)}</b> · {strategy_title(point.strategy, phrases)} · {state}",
        f"{numbers.percent(kept.value)} ({span})",
        f"{metric_name(metric)} {numbers.metric(metric, point.metric.value)}",
        f"{phrases['removed']}: {numbers.layers(point.removed, phrases['and']) or phrases['none']}",
    ]
    if point.speedup is not None and point.measured:
        lines.insert(2, phrases["speed_hover"].format(speedup=numbers.times(point.speedup.value)))
    return "<br>".join(lines)


def _retention_range(points: Sequence[FrontierPoint]) -> list[float]:
    """Percent from below the lowest point to above 100; long error bars are cut rather than flatten the curve."""
    values = [point.retention.value for point in points] or [1.0]
    low = max(min(point.retention.low for point in points), min(values) - LONGEST_BAR) if points else 0.9
    high = min(max(point.retention.high for point in points), max(values) + LONGEST_BAR) if points else 1.0
    return [max(-3.0, 100 * min(low, 0.9) - 3), 100 * max(high, 1.0) + 1.5]


def _ratio_axis(palette: Palette, longest: float, phrases: Phrases) -> dict[str, Any]:
    shown = [tick for tick in TICKS if tick <= longest * 1.02]
    return axis(
        palette,
        phrases["ratio_axis"],
        type="log",
        tickvals=shown,
        ticktext=[f"{tick:g}x" for tick in shown],
        range=[-0.02, math.log10(longest * 1.06)],
    )


def _level(share: float, colour: str, dash: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1, "dash": dash}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 100 * share, "y1": 100 * share,
            "line": line, "layer": "below"}  # fmt: skip


def _note(share: float, text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "xref": "paper", "x": 0, "xanchor": "left", "yref": "y", "y": 100 * share,
            "yanchor": "bottom", "font": {"size": 11.5, "color": palette.muted}}  # fmt: skip
