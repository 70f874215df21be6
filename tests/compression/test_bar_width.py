"""Widths of error bars: by hand, and what they hold of streams that change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis_core.compression.bar_width import EXPECTED, PACE, PRIOR, Z_BAR, spread_after


def test_before_anything_is_measured_bars_are_about_as_foretold() -> None:
    assert spread_after([]) == pytest.approx((EXPECTED[8] + EXPECTED[9]) / 2 / Z_BAR)  # the 0.9 quantile of ten
    assert 0.95 < spread_after([]) < 1.05


def test_a_hit_narrows_and_a_miss_widens() -> None:
    """The first one moves the quantile alone; the second also what leans on hits and misses."""
    before, eleven = spread_after([1.0]), sorted([*EXPECTED, 1.0])
    assert before == pytest.approx((eleven[9] + 0.4 * (eleven[10] - eleven[9])) / Z_BAR)
    pace = PACE / (1 + PRIOR)
    for second, factor in ((0.0, math.exp(-0.1 * pace)), (5.0, math.exp(0.9 * pace))):
        twelve = sorted([*eleven, second])
        quantile = twelve[10] + 0.3 * (twelve[11] - twelve[10])
        assert spread_after([1.0, second]) == pytest.approx(quantile / Z_BAR * factor)
    assert spread_after([1.0, 0.0]) < before < spread_after([1.0, 5.0])


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 3.0, 20.0])
def test_nine_in_ten_are_held_whatever_the_scale(scale: float) -> None:
    surprises = np.abs(np.random.default_rng(0).standard_t(3, 300)) * scale
    assert held(surprises) == pytest.approx(0.9, abs=0.03)


def test_nine_in_ten_are_held_on_a_stream_that_changes() -> None:
    """Errors grow fourfold and shrink again: a quantile of all that was seen would hold far too few, then too many."""
    rng = np.random.default_rng(1)
    surprises = np.abs(rng.normal(size=400)) * np.repeat([1.0, 4.0, 0.25, 1.0], 100)
    assert held(surprises) == pytest.approx(0.9, abs=0.03)
    for part in range(4):
        assert held(surprises, slice(100 * part, 100 * part + 100)) == pytest.approx(0.9, abs=0.09)


def held(surprises: np.ndarray, part: slice = slice(None)) -> float:
    """Which share of the surprises lay within the bars that those before them had made."""
    inside = [surprise <= Z_BAR * spread_after(surprises[:place]) for place, surprise in enumerate(surprises)]
    return float(np.mean(inside[part]))
