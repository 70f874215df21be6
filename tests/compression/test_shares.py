"""Metrics from examples' shares: the jackknife against the closed form of a mean and against the delta method."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis_core.compression.measuring.shares import LARGEST, metrics_of, paired_difference

INTACT, CHANGED = np.random.default_rng(0).gamma(4.0, 0.25, (2, 400)) + np.array([[0.0], [0.5]])


def test_a_mean_has_the_paired_standard_error() -> None:
    difference, error = paired_difference(INTACT, CHANGED, float)
    assert difference == pytest.approx((INTACT - CHANGED).mean())
    assert error == pytest.approx((INTACT - CHANGED).std(ddof=1) / math.sqrt(400))


def test_a_perplexity_and_a_root_agree_with_the_delta_method() -> None:
    before, after = INTACT.mean(), CHANGED.mean()
    for metric_of, slope in ((math.exp, math.exp), (math.sqrt, lambda mean: 0.5 / math.sqrt(mean))):
        difference, error = paired_difference(INTACT, CHANGED, metric_of)
        moves = slope(before) * INTACT - slope(after) * CHANGED
        assert difference == pytest.approx(metric_of(before) - metric_of(after))
        assert error == pytest.approx(moves.std(ddof=1) / math.sqrt(400), rel=0.01)


def test_one_example_has_no_error_and_what_no_float_holds_is_limited() -> None:
    assert paired_difference(np.array([1.0]), np.array([3.0]), float) == (-2.0, 0.0)
    assert metrics_of(lambda _mean: math.inf, 1.0) == LARGEST
