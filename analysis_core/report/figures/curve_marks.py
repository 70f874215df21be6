"""What stands on the curve: series of points with their intervals, a band of estimates, greyed points, the knee."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis_core.report import numbers
from analysis_core.report.dominance import FrontierAxis, along
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.layer_names import named_list
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import Phrases, method_title, metric_name, sentence_case
from analysis_core.report.recipes import Recipe
from analysis_core.results import Interval, Layer

MANUAL = "manual"
FAINT = 0.7
"""Opacity of what stands beside the chosen strategy."""
BESIDE_IN_LEGEND, LAST_IN_LEGEND = 1500, 2000
"""Other entries have plotly's own rank of 1000."""


class Ground(NamedTuple):
    """What all marks of one figure share."""

    metric: str
    axis: FrontierAxis
    palette: Palette
    phrases: Phrases
    layers: Sequence[Layer] = ()


def strategy_title(strategy: str, phrases: Phrases) -> str:
    """A strategy's name for people; a method's is its own."""
    chosen_by, *treatments = strategy.split(", ")
    title = phrases.get(chosen_by) or method_title(chosen_by, phrases)
    return phrases["comma"].join([title, *(_treated(treatment, phrases) for treatment in treatments)])


def _treated(treatment: str, phrases: Phrases) -> str:
    """What was done to a model beyond taking layers out, such as ``25% low rank``."""
    share, _, kind = treatment.rpartition("% ")
    return phrases.get(f"treated_{kind.replace(' ', '_')}", treatment).format(share=f"{share}%")


def place_of(point: FrontierPoint, axis: FrontierAxis) -> Interval:
    """Where a point that lies on the axis lies."""
    place = along(point, axis)
    return place if place is not None else Interval(math.nan, math.nan, math.nan)


def band(points: Sequence[FrontierPoint], ground: Ground) -> dict[str, Any]:
    """The error bars of many estimates as one soft band, so that bars mean measurements."""
    points = _in_order(points, ground)
    there = [(place_of(point, ground.axis).value, 100 * point.retention.high) for point in points]
    back = [(place_of(point, ground.axis).value, 100 * point.retention.low) for point in reversed(points)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [place for place, _ in there + back],
        "y": [percent for _, percent in there + back],
        "fill": "toself",
        "fillcolor": faded(colour_of(points[0].chosen_by), 0.13),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def series(points: Sequence[FrontierPoint], ground: Ground, *, bars: bool) -> dict[str, Any]:
    """One strategy's points, all measured or all estimated, with their intervals as bars where asked for."""
    points, measured = _in_order(points, ground), points[0].measured
    by_hand = points[0].chosen_by == MANUAL
    colour = ground.palette.ink if by_hand else colour_of(points[0].chosen_by)
    hollow = {"color": ground.palette.paper, "line": {"color": colour, "width": 1.75}, "size": 8}
    filled = {"color": colour, "line": {"color": ground.palette.paper, "width": 1}, "size": 10}
    line = {"color": colour if measured else faded(colour, 0.6), "width": 1.75, "dash": "solid" if measured else "dot"}
    return {
        **_scatter(points, ground, colour if measured else faded(colour, 0.4), bars=bars),
        "mode": "markers" if by_hand else "lines+markers",
        "name": strategy_title(points[0].strategy, ground.phrases),
        "legendgroup": points[0].strategy,
        "line": line,
        "marker": {**(filled if measured else hollow), "symbol": [symbol(point.recipe) for point in points]},
    }


def faint(points: Sequence[FrontierPoint], ground: Ground) -> dict[str, Any]:
    """Another strategy beside the chosen one: a thin line through what is known of it, small marks, no intervals."""
    points = _in_order(points, ground)
    colour = colour_of(points[0].chosen_by)
    return {
        **_scatter(points, ground, colour, bars=False),
        "mode": "lines+markers",
        "name": strategy_title(points[0].strategy, ground.phrases),
        "legendrank": BESIDE_IN_LEGEND,
        "line": {"color": faded(colour, FAINT), "width": 1.25, "dash": "dash"},
        "marker": {
            "size": 5,
            "color": [faded(colour, FAINT) if point.measured else ground.palette.paper for point in points],
            "line": {"width": 1, "color": faded(colour, FAINT)},
        },
    }


def handover(guess: FrontierPoint, here: FrontierPoint, ground: Ground) -> dict[str, Any]:
    """The estimate that a measurement has replaced: hollow, with its error bar, and a dotted line to what came out."""
    colour, ends = ground.palette.accent, [guess, here]
    kept = _percent(guess.retention)
    bar = _bars([kept], faded(colour, FAINT))
    return {
        **_scatter(ends, ground, colour, bars=False),
        "mode": "lines+markers",
        "name": ground.phrases["guess_before"],
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "marker": {
            "symbol": "diamond", "size": [9, 0.1], "color": ground.palette.paper,
            "line": {"width": 1.75, "color": colour},
        },
        "error_y": {**bar, "array": [bar["array"][0], 0], "arrayminus": [bar["arrayminus"][0], 0]},
    }  # fmt: skip


def dominated(points: Sequence[FrontierPoint], ground: Ground) -> dict[str, Any]:
    """Points that another one beats: grey, and not joined."""
    grey = faded(ground.palette.muted, 0.5)
    return {
        **_scatter(points, ground, faded(ground.palette.muted, 0.22), bars=True, remark="dominated_hover"),
        "mode": "markers",
        "name": sentence_case(ground.phrases["dominated"]),
        "legendrank": LAST_IN_LEGEND,
        "marker": {"color": grey, "size": 6, "symbol": [symbol(point.recipe) for point in points]},
    }


def ring(point: FrontierPoint, ground: Ground) -> dict[str, Any]:
    """A ring around the point that is looked at."""
    return _circle(point, ground, ground.palette.accent, size=20, width=2.5)


def knee(point: FrontierPoint, ground: Ground) -> dict[str, Any]:
    """A fine ring around the knee."""
    return _circle(point, ground, ground.palette.ink, size=14, width=1.25)


def knee_name(point: FrontierPoint, ground: Ground) -> dict[str, Any]:
    """The knee's name as an annotation above it, where a falling curve leaves room."""
    place = place_of(point, ground.axis).value
    words = {"place": numbers.times(place), "retention": numbers.percent(point.retention.value)}
    return {
        "text": ground.phrases["knee"].format(**words), "x": math.log10(place), "y": 100 * point.retention.value,
        "ax": 26, "ay": -30, "xanchor": "left", "showarrow": True, "arrowhead": 0, "arrowwidth": 1,
        "arrowcolor": ground.palette.ink, "standoff": 9, "font": {"size": 12.5, "color": ground.palette.ink},
    }  # fmt: skip


def symbol(recipe: Recipe | None) -> str:
    """A square has smaller weights, a triangle was mended, a circle was only cut."""
    if recipe is not None and not recipe.treatment.keeps_weights:
        return "square"
    return "triangle-up" if recipe is not None and recipe.mended else "circle"


def _in_order(points: Sequence[FrontierPoint], ground: Ground) -> list[FrontierPoint]:
    return sorted(points, key=lambda point: place_of(point, ground.axis).value)


def _circle(point: FrontierPoint, ground: Ground, colour: str, *, size: int, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [place_of(point, ground.axis).value],
        "y": [100 * point.retention.value],
        "hoverinfo": "skip",
        "showlegend": False,
        "marker": {"symbol": "circle-open", "size": size, "color": colour, "line": {"width": width, "color": colour}},
    }


def _scatter(
    points: Sequence[FrontierPoint], ground: Ground, bar_colour: str, *, bars: bool, remark: str = ""
) -> dict[str, Any]:
    """Places, values, hover texts and intervals of some points."""
    places = [place_of(point, ground.axis) for point in points]
    kept = [_percent(point.retention) for point in points]
    return {
        "type": "scatter",
        "x": [place.value for place in places],
        "y": [percent.value for percent in kept],
        "customdata": [[list(point.removed), point.run] for point in points],
        "text": [_hover(point, ground, remark) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        **({"error_y": _bars(kept, bar_colour)} if bars else {}),
        **({"error_x": _bars(places, bar_colour)} if bars and ground.axis is FrontierAxis.SPEEDUP else {}),
    }


def _percent(share: Interval) -> Interval:
    return Interval(100 * share.value, 100 * share.low, 100 * share.high)


def _bars(intervals: Sequence[Interval], colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "visible": True,
        "symmetric": False,
        "array": [interval.high - interval.value for interval in intervals],
        "arrayminus": [interval.value - interval.low for interval in intervals],
        "color": colour,
        "thickness": 1.25,
        "width": 3,
    }


def _hover(point: FrontierPoint, ground: Ground, remark: str) -> str:
    phrases, kept = ground.phrases, point.retention
    state = phrases["measured"] if point.measured else phrases["estimated"]
    span = f"{numbers.percent(kept.low)} – {numbers.percent(kept.high)}"
    lines = [
        f"<b>{numbers.times(point.ratio)}</b> · {strategy_title(point.strategy, phrases)} · {state}",
        f"{numbers.percent(kept.value)} ({span})",
    ]
    if point.speedup is not None and point.measured:
        speed = point.speedup
        span = f"{numbers.times(speed.low)} – {numbers.times(speed.high)}"
        lines.append(phrases["speed_hover"].format(speedup=numbers.times(speed.value), span=span))
    if point.parameters is not None and point.memory is not None:
        sizes = {"parameters": numbers.times(point.parameters), "memory": numbers.times(point.memory)}
        lines.append(phrases["size_hover"].format(**sizes))
    lines += [
        f"{metric_name(ground.metric, phrases)} {numbers.metric(ground.metric, point.metric.value)}",
        f"{phrases['removed']}: {named_list(point.removed, ground.layers, phrases) or phrases['none']}",
        *([phrases[remark]] if remark else []),
    ]
    return "<br>".join(lines)
