"""Which models are worth having: dominance worked by hand, and what must hold for any set of points."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analysis_core.report.dominance import FrontierAxis, along, dominates, knee, standing
from analysis_core.report.frontier import FrontierPoint
from analysis_core.results import Interval

AXES = list(FrontierAxis)


def point(
    ratio: float, kept: float, *, speed: float = 1.0, noise: float = 0.0, measured: bool = True, number: int = 0
) -> FrontierPoint:
    """A model whose layers, parameters and memory shrink alike; `noise` is half the width of both intervals."""
    quality = Interval(kept, kept - noise, kept + noise)
    faster = Interval(speed, speed - noise, speed + noise)
    return FrontierPoint(
        (number,), ratio, quality, quality, faster, measured, "greedy", parameters=ratio, memory=ratio
    )  # fmt: skip


WHOLE, LIGHT_CUT, HALF, WORSE_HALF, THIRD = (
    point(1.0, 1.0),
    point(1.5, 0.97, speed=1.4),
    point(2.0, 0.93, speed=1.9),
    point(2.0, 0.80, speed=2.0),
    point(3.0, 0.50, speed=2.7),
)
ALL = (WHOLE, LIGHT_CUT, HALF, WORSE_HALF, THIRD)


def test_a_point_of_the_same_size_that_keeps_less_is_dominated() -> None:
    found = standing(ALL, FrontierAxis.LAYERS)
    assert found.dominated == (WORSE_HALF,)
    assert found.front == (WHOLE, LIGHT_CUT, HALF, THIRD)


def test_what_counts_depends_on_the_axis() -> None:
    found = standing(ALL, FrontierAxis.SPEEDUP)
    assert found.dominated == (), "the worse half is faster than the better one"
    assert found.front == ALL


def test_a_difference_within_noise_greys_nothing() -> None:
    better, worse = point(2.0, 0.93, noise=0.02), point(2.0, 0.92, noise=0.02)
    assert not dominates(better, worse, FrontierAxis.LAYERS), "same size, and the intervals meet"
    assert standing([better, worse]).front == (better,), "the front goes by value"
    far = point(2.0, 0.88, noise=0.02)
    assert dominates(better, far, FrontierAxis.LAYERS)


def test_what_is_counted_has_no_noise() -> None:
    smaller, larger = point(2.2, 0.93, noise=0.02), point(2.0, 0.92, noise=0.02)
    assert dominates(smaller, larger, FrontierAxis.PARAMETERS)
    assert not dominates(larger, smaller, FrontierAxis.PARAMETERS)


def test_an_estimate_neither_dominates_nor_is_dominated() -> None:
    guess = point(2.0, 0.99, measured=False)
    found = standing([*ALL, guess], FrontierAxis.LAYERS)
    assert found == standing(ALL, FrontierAxis.LAYERS)


def test_points_that_nobody_can_place_are_left_out() -> None:
    nowhere = dataclasses.replace(HALF, parameters=None)
    assert along(nowhere, FrontierAxis.PARAMETERS) is None
    assert not dominates(nowhere, WORSE_HALF, FrontierAxis.PARAMETERS)
    assert nowhere not in standing([WHOLE, nowhere, THIRD], FrontierAxis.PARAMETERS).front


def test_the_knee_lies_farthest_above_the_chord() -> None:
    """On 1x, 2x, 4x the logarithms are 0, 1/2, 1. With 1, q, 0 kept the height is q + 1/2 - 1: 0.4 for 0.9."""
    corner = point(2.0, 0.9)
    front = (point(1.0, 1.0), point(2**0.5, 0.95), corner, point(2**1.5, 0.3), point(4.0, 0.0))
    # heights: 0, 0.95 + 0.25 - 1 = 0.2, 0.9 + 0.5 - 1 = 0.4, 0.3 + 0.75 - 1 = 0.05, 0
    assert knee(front, FrontierAxis.LAYERS) is corner


def test_no_knee_where_none_stands_out() -> None:
    ends = point(1.0, 1.0), point(4.0, 0.0)
    assert knee(ends, FrontierAxis.LAYERS) is None, "two points are a line"
    assert knee((ends[0], point(2.0, 0.5), ends[1]), FrontierAxis.LAYERS) is None, "on the chord"
    assert knee((ends[0], point(2.0, 0.2), ends[1]), FrontierAxis.LAYERS) is None, "a curve that hangs through"
    assert knee((ends[0], point(2.0, 0.55, noise=0.1), ends[1]), FrontierAxis.LAYERS) is None, "noise may be all of it"
    assert knee((ends[0], point(2.0, 0.7, noise=0.1), ends[1]), FrontierAxis.LAYERS) is not None
    assert standing([]) == standing([point(2.0, 0.9, measured=False)])


@some.composite
def clouds(draw: some.DrawFn) -> list[FrontierPoint]:
    shares = some.integers(min_value=0, max_value=12)
    count = draw(some.integers(min_value=0, max_value=9))
    return [
        point(
            1 + draw(shares) / 4,
            draw(shares) / 12,
            speed=1 + draw(shares) / 6,
            noise=draw(shares) / 60,
            measured=draw(some.booleans()),
            number=number,
        )
        for number in range(count)
    ]


def values(points: Iterable[FrontierPoint], axis: FrontierAxis) -> list[tuple[float, float]]:
    """Place and quality of points that lie on the axis."""
    return [(place.value, p.retention.value) for p in points if (place := along(p, axis)) is not None]


@settings(deadline=None)  # a busy machine is no defect
@given(clouds(), some.sampled_from(AXES))
def test_dominance_has_no_circles_and_spares_the_best(cloud: list[FrontierPoint], axis: FrontierAxis) -> None:
    for one in cloud:
        assert not dominates(one, one, axis)
        assert not any(dominates(one, other, axis) and dominates(other, one, axis) for other in cloud)
    found, measured = standing(cloud, axis), [point for point in cloud if point.measured]
    assert bool(found.front) == bool(measured)
    assert all(any(dominates(other, beaten, axis) for other in measured) for beaten in found.dominated)
    assert {*found.front, *found.dominated} <= set(measured)


@settings(deadline=None)  # a busy machine is no defect
@given(clouds(), some.sampled_from(AXES))
def test_the_front_is_what_no_other_beats_by_value(cloud: list[FrontierPoint], axis: FrontierAxis) -> None:
    """Held against the definition: nothing is as large and as good, and better in one."""
    found = standing(cloud, axis)
    measured = values([p for p in cloud if p.measured], axis)
    best = {
        pair
        for pair in measured
        if not any(other[0] >= pair[0] and other[1] >= pair[1] and other != pair for other in measured)
    }
    assert values(found.front, axis) == sorted(best)
    assert not set(found.front) & set(found.dominated)
    assert found.knee is None or found.knee in found.front[1:-1]


@settings(deadline=None)  # a busy machine is no defect
@given(clouds(), some.sampled_from(AXES))
def test_order_and_another_estimate_change_nothing(cloud: list[FrontierPoint], axis: FrontierAxis) -> None:
    found, turned = standing(cloud, axis), standing([*reversed(cloud), point(9.0, 1.0, measured=False)], axis)
    assert set(found.dominated) == set(turned.dominated)
    assert values(found.front, axis) == values(turned.front, axis)


@pytest.mark.parametrize("axis", AXES)
def test_the_whole_model_alone_is_the_front(axis: FrontierAxis) -> None:
    assert standing([WHOLE], axis).front == (WHOLE,)
