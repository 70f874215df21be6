"""Which measured models are worth having: the front, those that others beat, and the knee. No torch here.

A point *dominates* another when it is at least as good by value on both axes and better on at least one of them
beyond noise: there the two intervals do not meet. What is counted (layers, parameters, bytes) has no noise, so that
any difference counts. An estimate neither dominates nor is dominated.

The *front* is what no other point beats by value, noise or not. Its *knee* is the point that lies farthest above the
chord between the front's ends, once both axes run from 0 to 1. That is the point at which Kneedle's difference curve
has its maximum (Satopää, Albrecht, Irwin & Raghavan, "Finding a 'Kneedle' in a Haystack: Detecting Knee Points in
System Behavior", ICDCS Workshops 2011), without smoothing, which so few points do not need. Ratios are compared by
their logarithms, as they are drawn. No knee is named where the lower end of that point's interval touches the chord.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis_core.report.frontier import FrontierPoint
from analysis_core.results import Interval

FEWEST_FOR_A_KNEE = 3


class FrontierAxis(StrEnum):
    """What quality is held against; more is better on each."""

    LAYERS = "layers"
    SPEEDUP = "speedup"
    PARAMETERS = "parameters"
    MEMORY = "memory"


@dataclass(frozen=True)
class Standing:
    """How measured points stand to each other on one axis.

    Args:
        front: those that no other beats by value, from the largest model to the smallest.
        dominated: those that another beats beyond noise.
        knee: the point of the front where shrinking further begins to cost much; None where none stands out.
    """

    front: tuple[FrontierPoint, ...] = ()
    dominated: tuple[FrontierPoint, ...] = ()
    knee: FrontierPoint | None = None


def along(point: FrontierPoint, axis: FrontierAxis) -> Interval | None:
    """Where a point lies on the axis, as before / after; None where nobody knows."""
    if axis is FrontierAxis.SPEEDUP:
        return point.speedup
    counted = {
        FrontierAxis.LAYERS: point.ratio,
        FrontierAxis.PARAMETERS: point.parameters,
        FrontierAxis.MEMORY: point.memory,
    }[axis]
    return None if counted is None else Interval(counted, counted, counted)


def dominates(better: FrontierPoint, worse: FrontierPoint, axis: FrontierAxis) -> bool:
    """Whether one point is at least as good on both axes, and better on one beyond noise."""
    here, there = along(better, axis), along(worse, axis)
    return here is not None and there is not None and _beats((here, better.retention), (there, worse.retention))


def standing(points: Sequence[FrontierPoint], axis: FrontierAxis = FrontierAxis.LAYERS) -> Standing:
    """The front, the dominated points and the knee of what was measured; estimates and unplaced points are left out."""
    places = [(point, along(point, axis)) for point in points if point.measured]
    placed = [(point, (place, point.retention)) for point, place in places if place is not None]
    front = _front([point for point, _ in placed], axis)
    beaten = tuple(point for point, there in placed if any(_beats(here, there) for _, here in placed))
    return Standing(front, beaten, knee(front, axis))


def _beats(here: tuple[Interval, Interval], there: tuple[Interval, Interval]) -> bool:
    """Whether what is gained and what is kept are both at least as much here, and one is more beyond noise."""
    (gained, kept), (gained_there, kept_there) = here, there
    at_least = gained.value >= gained_there.value and kept.value >= kept_there.value
    return at_least and (gained.low > gained_there.high or kept.low > kept_there.high)


def knee(front: Sequence[FrontierPoint], axis: FrontierAxis) -> FrontierPoint | None:
    """The point of a front that lies farthest above the chord between its ends; None where none does beyond noise."""
    if len(front) < FEWEST_FOR_A_KNEE:
        return None
    places = [math.log(_place(point, axis)) for point in front]
    width, fall = places[-1] - places[0], front[0].retention.value - front[-1].retention.value
    if width <= 0 or fall <= 0:
        return None
    last = front[-1].retention.value

    def above_chord(place: float, retention: float) -> float:
        return (place - places[0]) / width + (retention - last) / fall - 1

    heights = [above_chord(place, point.retention.value) for place, point in zip(places, front, strict=True)]
    best = max(range(1, len(front) - 1), key=heights.__getitem__)
    return front[best] if above_chord(places[best], front[best].retention.low) > 0 else None


def _front(placed: Sequence[FrontierPoint], axis: FrontierAxis) -> tuple[FrontierPoint, ...]:
    """From the smallest model to the largest, each that keeps more than all smaller ones; turned round."""
    front: list[FrontierPoint] = []
    for point in sorted(placed, key=lambda point: (_place(point, axis), point.retention.value), reverse=True):
        if not front or point.retention.value > front[-1].retention.value:
            front.append(point)
    return tuple(reversed(front))


def _place(point: FrontierPoint, axis: FrontierAxis) -> float:
    """Before / after; where nobody knows it, nothing counts as gained."""
    place = along(point, axis)
    return 1.0 if place is None else place.value
