"""Points of the curve: measured, estimated, and what is guessed about speed."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_core.report import frontier
from analysis_core.results import Estimate, Interval
from analysis_core.vocabulary import Direction, Quantization
from tests.pages import synthetic


def test_a_measured_point_says_what_was_measured() -> None:
    outcome = synthetic.outcome([4, 5])
    point = frontier.measured_point(outcome)
    assert point.measured
    assert point.removed == (4, 5)
    assert point.ratio == pytest.approx(1.2)
    assert point.retention == outcome.measurement.retention
    assert point.metric.low < point.metric.value < point.metric.high


def test_where_lower_is_better_retention_is_turned_round() -> None:
    measurement = dataclasses.replace(
        synthetic.outcome([4]).measurement,
        metric_direction=Direction.LOWER_IS_BETTER,
        retention=Interval(1.25, 1.0, 2.0),
    )
    assert frontier.retained(measurement) == Interval(0.8, 0.5, 1.0)


def test_an_estimated_point_is_a_share_of_the_baseline() -> None:
    report, plan = synthetic.report(), synthetic.outcome([4, 5]).plan
    half = Interval(0.359, 0.3, 0.4)
    point = frontier.estimated_point(report, plan, Estimate((4, 5), half, half, measured=False))
    assert not point.measured
    assert point.retention.value == pytest.approx(0.5)
    assert point.speedup is None


def test_speed_is_guessed_from_what_a_layer_was_seen_to_save() -> None:
    guess = frontier.estimated_speedup([synthetic.outcome([4, 5])], layers=12, removed=4)
    assert guess is not None
    assert guess.value == pytest.approx(1 / (1 - 4 * 0.074))
    assert guess.low < guess.value < guess.high
    assert frontier.estimated_speedup([], 12, 4) is None
    assert frontier.estimated_speedup([], 12, 0) == Interval(1.0, 1.0, 1.0)


def test_speed_stays_finite_however_many_layers_go() -> None:
    guess = frontier.estimated_speedup([synthetic.outcome([4])], layers=12, removed=200)
    assert guess is not None
    assert guess.high == pytest.approx(24)


def test_parameters_are_counted() -> None:
    report = synthetic.report()
    before, after = frontier.parameters_after(report, [3, 4])
    assert before - after == 2 * synthetic.BLOCK_PARAMETERS


def test_the_newest_outcome_of_a_set_wins() -> None:
    old = synthetic.outcome([4, 5], run="old")
    later = dataclasses.replace(old.measurement, measured_at="2026-02-01T00:00:00+00:00")
    new = dataclasses.replace(old, measurement=later, run="new")
    found = frontier.outcome_of([old, new, synthetic.outcome([6])], [5, 4])
    assert found is not None
    assert found.run == "new"
    assert frontier.outcome_of([old], [1]) is None


def test_models_with_smaller_weights_are_points_of_their_own() -> None:
    plain = synthetic.outcome([4, 5])
    int8 = dataclasses.replace(plain, plan=dataclasses.replace(plain.plan, quantize=Quantization.INT8, low_rank=0.5))
    assert frontier.measured_point(int8).strategy == f"{plain.plan.strategy}, 50% low rank, int8"
    assert frontier.measured_point(plain).strategy == plain.plan.strategy
    assert frontier.outcome_of([plain, int8], [4, 5]) is plain
    assert frontier.outcome_of([int8], [4, 5]) is None
    assert frontier.estimated_speedup([int8], 12, 4) is None


def test_the_longest_greedy_order_is_followed() -> None:
    outcomes = [synthetic.outcome([5]), synthetic.outcome([5, 4, 6]), synthetic.outcome([1, 2, 3, 4], "manual")]
    assert frontier.greedy_order(outcomes) == (5, 4, 6)
    assert frontier.greedy_order([]) == ()
