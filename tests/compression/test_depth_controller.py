"""The controller on made-up streams: it holds the target, comes to rest, and comes back."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.compression.depth.depth_controller import ControlRule, DepthController, StreamReport
from analysis_core.errors import ConfigurationError, PlanError
from analysis_core.vocabulary import Direction

COSTS = {depth: 0.5 + depth for depth in range(2, 13)}
"""An overhead of half a millisecond, and one for each layer."""


def stream(
    controller: DepthController,
    truth: Callable[[int, int], float],
    calls: int,
    scatter: float = 0.0,
    seed: int = 0,
) -> list[tuple[int, float]]:
    """Depth and milliseconds of each call; ``truth(depth, call)`` is what a call takes but for the scatter."""
    dice, seen = random.Random(seed), []
    for call in range(calls):
        depth = controller.depth
        spent = truth(depth, call) * dice.lognormvariate(0, scatter)
        controller.observe(spent)
        seen.append((depth, spent))
    return seen


def changes(seen: list[tuple[int, float]]) -> int:
    return sum(one[0] != other[0] for one, other in pairwise(seen))


def test_a_hand_worked_stream() -> None:
    costs = {1: 1.0, 2: 2.0, 3: 4.0}
    controller = DepthController(costs, latency_ms=5.0, rule=ControlRule(weight=0.5, band=0.1, dwell=1, patience=2))
    assert controller.depth == 3
    assert controller.observe(4.0) == 3  # load 1, deviation 0: 4 ms expected
    # Loads 1 and 2, median 1.5: mean 1.25, deviation 0.25. Depth 3 would take 4 x 1.5 = 6 ms, depth 2 takes 3 ms.
    assert controller.observe(8.0) == 2
    # Back to a load of 1: mean and deviation are 1.125 and 0.25, then 1.0625 and 0.1875, 1.0313 and 0.125,
    # 1.0156 and 0.0781; depth 3 would take 4 x (mean + 2 deviations) = 6.5, 5.75, 5.125, 4.69 ms; 4.5 ms allow a climb.
    assert [controller.observe(2.0) for _ in range(4)] == [2, 2, 2, 2]
    assert controller.observe(2.0) == 2  # 1.0078 and 0.0469: 4.41 ms, for the first time
    assert controller.observe(2.0) == 3  # and for the second


def test_the_report_is_counted_by_hand() -> None:
    controller = DepthController(
        {1: 1.0, 2: 2.0}, latency_ms=2.5, qualities={1: 0.5, 2: 0.9}, rule=ControlRule(dwell=1, weight=1.0)
    )
    depths = []
    for spent in (2.0, 4.0, 4.0, 2.0):
        depths.append(controller.depth)
        controller.observe(spent)
    assert depths == [2, 2, 1, 1]
    assert controller.report() == StreamReport(
        calls=4, share_within=0.5, mean_latency_ms=3.0, mean_quality=0.7, mean_depth=1.5, changes=1
    )


@given(
    load=st.floats(1.0, 4.0),
    scatter=st.floats(0.0, 0.05),
    seed=st.integers(0, 1000),
    target=st.floats(13.0, 30.0),
)
@settings(deadline=None, max_examples=60)
def test_after_a_step_in_the_load_the_target_is_held_and_then_full_depth_comes_back(
    load: float, scatter: float, seed: int, target: float
) -> None:
    controller = DepthController(COSTS, latency_ms=target)
    seen = stream(controller, lambda depth, call: COSTS[depth] * (load if 50 <= call < 150 else 1), 300, scatter, seed)
    smallest = COSTS[2] * load
    if smallest * 1.2 < target:
        late = [spent for _, spent in seen[62:150]]
        assert sum(spent <= 1.1 * target for spent in late) >= 0.98 * len(late)  # within 10 % after 12 calls
    assert changes(seen[80:150]) <= 3
    if COSTS[12] * 1.25 < target:
        assert {depth for depth, _ in seen[240:]} == {12}  # back within 90 calls
        assert {depth for depth, _ in seen[:50]} == {12}


@pytest.mark.parametrize("scatter", [0.02, 0.05])
def test_a_constant_load_comes_to_rest(scatter: float) -> None:
    counts = []
    for seed in range(40):
        controller = DepthController(COSTS, latency_ms=12.0)
        seen = stream(controller, lambda depth, _call: 1.5 * COSTS[depth], 500, scatter, seed)
        counts.append(changes(seen[40:]))
    assert max(counts) <= 2


def test_one_stray_call_moves_nothing() -> None:
    controller = DepthController(COSTS, latency_ms=14.0)
    seen = stream(controller, lambda depth, call: COSTS[depth] * (20 if call == 30 else 1), 100)
    assert changes(seen) == 0


def test_wrong_costs_do_not_make_it_swing() -> None:
    """Full depth really costs twice what was measured: every climb fails, and is tried ever more rarely."""
    controller = DepthController(COSTS, latency_ms=14.0)
    seen = stream(controller, lambda depth, _call: COSTS[depth] * (2 if depth == 12 else 1), 4000, 0.03)
    assert changes(seen[:400]) >= 2
    assert changes(seen[2000:]) <= 6
    assert sum(spent <= 14.0 for _, spent in seen) >= 0.99 * len(seen)


def test_a_load_that_adds_instead_of_multiplying_is_held_too() -> None:
    controller = DepthController(COSTS, latency_ms=20.0)
    seen = stream(controller, lambda depth, call: COSTS[depth] + (12 if 50 <= call < 200 else 0), 400, 0.02)
    assert all(spent <= 22.0 for _, spent in seen[70:200])
    assert changes(seen[100:200]) <= 2
    assert {depth for depth, _ in seen[320:]} == {12}


def test_out_of_reach_is_said_and_the_smallest_depth_taken() -> None:
    controller = DepthController(COSTS, latency_ms=1.0)
    seen = stream(controller, lambda depth, _call: COSTS[depth], 30)
    assert seen[-1][0] == 2
    assert not controller.in_reach


def test_a_quality_is_held_at_the_smallest_depth_that_reaches_it() -> None:
    qualities = {depth: depth / 12 for depth in COSTS}
    controller = DepthController(COSTS, qualities=qualities, least_quality=0.7)
    assert controller.depth == 9
    stream(controller, lambda depth, _call: 5 * COSTS[depth], 50)
    report = controller.report()
    assert report.mean_quality == pytest.approx(0.75)
    assert (report.share_within, report.changes) == (None, 0)


def test_with_both_targets_the_quality_is_never_given_up() -> None:
    qualities = {depth: 30.0 - depth for depth in COSTS}  # a perplexity
    controller = DepthController(
        COSTS, latency_ms=8.0, qualities=qualities, least_quality=22.0, direction=Direction.LOWER_IS_BETTER
    )
    seen = stream(controller, lambda depth, _call: 3 * COSTS[depth], 60)
    assert min(depth for depth, _ in seen) == 8
    assert not controller.in_reach


def test_bad_targets_are_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="nothing to hold"):
        DepthController(COSTS)
    with pytest.raises(ConfigurationError, match="latency target of -1 ms"):
        DepthController(COSTS, latency_ms=-1.0)
    with pytest.raises(ConfigurationError, match="depth 2 was not measured"):
        DepthController(COSTS, least_quality=0.5)
    with pytest.raises(PlanError, match=r"Ask for 0\.8 at most, the quality at depth 3"):
        DepthController({2: 1.0, 3: 2.0}, qualities={2: 0.5, 3: 0.8}, least_quality=0.9)
    controller = DepthController(COSTS, latency_ms=5.0)
    with pytest.raises(ConfigurationError, match="nan ms"):
        controller.observe(float("nan"))
    with pytest.raises(ConfigurationError, match="no depth 40"):
        controller.observe(1.0, depth=40)
    with pytest.raises(ConfigurationError, match="No call was observed"):
        controller.report()
