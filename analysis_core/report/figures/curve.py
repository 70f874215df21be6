"""Quality against size or speed: what was measured is filled, what is guessed is hollow, what others beat is grey."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import dominance, numbers
from analysis_core.report.dominance import FrontierAxis, Standing, along
from analysis_core.report.figures import curve_marks as marks
from analysis_core.report.figures.base import axis, figure, layout
from analysis_core.report.figures.curve_marks import Ground
from analysis_core.report.findings import curve_finding
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import ENGLISH, Phrases, metric_name, sentence_case
from analysis_core.results import Interval, Layer

CURVE_HEIGHT = 300
LONGEST_BAR = 0.15
"""So much of an error bar, as a share of the metric, always fits into the picture."""
TICKS = (0.25, 0.5, 0.7, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
SHORTEST_AXIS = 1.5
LEGEND_HEIGHT = 30
LONGEST_SIDE = 1.15
"""Horizontal bars fit into the picture up to so many times their value."""


def curve(
    points: Sequence[FrontierPoint],
    metric: str,
    palette: Palette,
    *,
    of: FrontierAxis = FrontierAxis.LAYERS,
    here: FrontierPoint | None = None,
    guess: FrontierPoint | None = None,
    beside: Sequence[Sequence[FrontierPoint]] = (),
    floor: float | None = None,
    layers_of: Sequence[Layer] = (),
    subtitle: str = "",
    height: int = CURVE_HEIGHT,
    legend: bool = False,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """Retention in percent over a ratio of before to after, on a logarithmic axis.

    Args:
        points: measured and estimated; each strategy has its colour, measured points of one are joined. Those that
            another point beats are grey, and the knee of the others is named.
        metric: the name of the metric.
        palette: light or dark.
        of: what the ratio counts; points that nobody can place on this axis are left out.
        here: the point that is looked at; it gets a ring.
        guess: what was estimated of that point before it was measured; a dotted line leads from one to the other.
        beside: other strategies, each from its largest model to its smallest, in faint lines without intervals.
        floor: the share of the metric that the commonest answer alone would keep; drawn as a dotted line.
        layers_of: the model's layers, by which what is removed is named; numbers where they are not given.
        subtitle, height, phrases: words below the title, pixels of the plot, the words.
        legend: whether the strategies are named below the axis.
    """
    ground = Ground(metric, of, palette, phrases, layers_of)
    shown = _shown(points, here, guess, beside, of)
    return figure(
        _traces(shown, ground),
        {
            **_frame(ground, curve_finding(shown.points, metric, phrases, of), subtitle, height, legend=legend),
            "xaxis": _ratio_axis(ground, [marks.place_of(point, of) for point in (*shown.own, *chain(*shown.beside))]),
            "yaxis": axis(
                palette,
                phrases["retention_axis"].format(metric=sentence_case(metric_name(metric, phrases))),
                showgrid=True,
                nticks=6,
                range=_retention_range(shown.own, [point.retention.value for point in chain(*shown.beside)]),
            ),
            **_levels_and_names(shown.standing, floor, ground),
        },
    )


def curve_text(
    points: Sequence[FrontierPoint],
    metric: str,
    phrases: Phrases = ENGLISH,
    of: FrontierAxis = FrontierAxis.LAYERS,
) -> str:
    """The text alternative: every point in words, with the knee and the dominated ones named."""
    standing = dominance.standing(points, of)
    placed = [(place.value, point) for point in points if (place := along(point, of)) is not None]

    def state(point: FrontierPoint) -> str:
        words = [phrases["measured"] if point.measured else phrases["estimated"]]
        words += [phrases["dominated"]] if point in standing.dominated else []
        return phrases["comma"].join([*words, phrases["knee_alt"]] if point == standing.knee else words)

    told = phrases["comma"].join(
        phrases["curve_point"].format(
            place=numbers.times(place), retention=numbers.percent(point.retention.value), state=state(point)
        )
        for place, point in sorted(placed, key=lambda pair: pair[0])
    )
    finding = curve_finding(points, metric, phrases, of)
    return phrases["curve_alt"].format(axis=phrases[f"axis_{of}"], points=told, finding=finding)


def strategy_title(strategy: str, phrases: Phrases = ENGLISH) -> str:
    """A strategy's name for people; a method's is its own."""
    return marks.strategy_title(strategy, phrases)


@dataclass(frozen=True)
class _Shown:
    """What can be placed on the axis: the strategy's points, the one that is looked at, its estimate, other lines."""

    points: Sequence[FrontierPoint]
    here: FrontierPoint | None
    guess: FrontierPoint | None
    beside: Sequence[Sequence[FrontierPoint]]
    standing: Standing

    @property
    def own(self) -> list[FrontierPoint]:
        """All but what stands beside; the axes make room for their intervals."""
        return [*self.points, *(point for point in (self.here, self.guess) if point is not None)]


def _shown(
    points: Sequence[FrontierPoint],
    here: FrontierPoint | None,
    guess: FrontierPoint | None,
    beside: Sequence[Sequence[FrontierPoint]],
    of: FrontierAxis,
) -> _Shown:
    """Without what nobody can place on this axis; an estimate is nothing without what came out."""
    points = _placed(points, of)
    here = next(iter(_placed([here], of)), None)
    guess = next(iter(_placed([guess], of)), None) if here is not None else None
    lines = [placed for line in beside if (placed := _placed(line, of))]
    return _Shown(points, here, guess, lines, dominance.standing(points, of))


def _placed(points: Iterable[FrontierPoint | None], of: FrontierAxis) -> list[FrontierPoint]:
    return [point for point in points if point is not None and along(point, of) is not None]


def _traces(shown: _Shown, ground: Ground) -> list[dict[str, Any]]:
    """From what lies lowest, the other strategies, to the ring around the point that is looked at."""
    here, guess, knee = shown.here, shown.guess, shown.standing.knee
    return [
        *(marks.faint(line, ground) for line in shown.beside),
        *_series(shown.points, shown.standing, ground),
        *([marks.handover(guess, here, ground)] if guess is not None and here is not None else []),
        *([marks.knee(knee, ground)] if knee is not None else []),
        *([marks.ring(here, ground)] if here is not None else []),
    ]


def _frame(ground: Ground, title: str, subtitle: str, height: int, *, legend: bool) -> dict[str, Any]:
    """Titles and margins, with a line of names below the axis where it is asked for."""
    extra = LEGEND_HEIGHT if legend else 0
    base = layout(ground.palette, title=title, subtitle=subtitle, height=height + extra, bottom=44 + extra, wrap=60)
    return {**base, **(_legend(ground.palette, height) if legend else {}), "hovermode": "closest"}


def _levels_and_names(standing: Standing, floor: float | None, ground: Ground) -> dict[str, Any]:
    """The whole model's level, that of the commonest answer with its name, and the name of the knee."""
    levels = [_level(1.0, ground.palette.muted, "solid")]
    names = [marks.knee_name(standing.knee, ground)] if standing.knee is not None else []
    if floor is not None:
        levels.append(_level(floor, ground.palette.muted, "dot"))
        names.append(_note(floor, ground.phrases["floor"], ground.palette))
    return {"shapes": levels, "annotations": names}


def _series(points: Sequence[FrontierPoint], standing: Standing, ground: Ground) -> list[dict[str, Any]]:
    """Estimates first, then what is dominated, then what is measured and worth having, so that it lies on top."""
    beaten = [point for point in points if point in standing.dominated]
    others = [point for point in points if point not in standing.dominated]
    solid = {point.strategy for point in others if point.measured}
    traces: list[dict[str, Any]] = []
    for measured in (False, True):
        traces += [marks.dominated(beaten, ground)] if measured and beaten else []
        for strategy in dict.fromkeys(point.strategy for point in others if point.measured is measured):
            chosen = [point for point in others if point.measured is measured and point.strategy == strategy]
            banded = not measured and len(chosen) > 1 and strategy != marks.MANUAL
            traces += [marks.band(chosen, ground)] if banded else []
            named_later = not measured and strategy in solid
            traces.append({**marks.series(chosen, ground, bars=not banded), "showlegend": not named_later})
    return traces


def _retention_range(points: Sequence[FrontierPoint], beside: Sequence[float] = ()) -> list[float]:
    """Percent from below the lowest point to above 100; long error bars are cut rather than flatten the curve."""
    values = [*(point.retention.value for point in points), *beside] or [1.0]
    lows, highs = [point.retention.low for point in points], [point.retention.high for point in points]
    low = max(min([*lows, *beside]), min(values) - LONGEST_BAR) if points else 0.9
    high = min(max([*highs, *beside]), max(values) + LONGEST_BAR) if points else 1.0
    return [max(-3.0, 100 * min(low, 0.9) - 3), 100 * max(high, 1.0) + 1.5]


def _legend(palette: Palette, height: int) -> dict[str, Any]:
    """One line of names below the axis; a click on one does nothing."""
    return {
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": -52 / (height - 44), "yanchor": "top",
            "bgcolor": "rgba(0,0,0,0)", "font": {"size": 12.5, "color": palette.muted},
            "itemclick": False, "itemdoubleclick": False,
        },
    }  # fmt: skip


def _ratio_axis(ground: Ground, places: Sequence[Interval]) -> dict[str, Any]:
    shortest = min([max(place.low, place.value / LONGEST_SIDE) for place in places] + [1.0])
    longest = max([min(place.high, place.value * LONGEST_SIDE) for place in places] + [SHORTEST_AXIS])
    shown = [tick for tick in TICKS if shortest * 0.98 <= tick <= longest * 1.02]
    return axis(
        ground.palette,
        ground.phrases[f"axis_{ground.axis}"],
        type="log",
        tickvals=shown,
        ticktext=[f"{tick:g}x" for tick in shown],
        range=[math.log10(shortest) - 0.02, math.log10(longest * 1.06)],
    )


def _level(share: float, colour: str, dash: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1, "dash": dash}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 100 * share, "y1": 100 * share,
            "line": line, "layer": "below"}  # fmt: skip


def _note(share: float, text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "xref": "paper", "x": 0, "xanchor": "left", "yref": "y", "y": 100 * share,
            "yanchor": "bottom", "font": {"size": 11.5, "color": palette.muted}}  # fmt: skip
