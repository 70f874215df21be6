"""Consensus by hand and by its properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_core.insight.consensus import mean_rank
from analysis_core.results import MethodResult


def result(*scores: float | None) -> MethodResult:
    return MethodResult("m", "M", scores, (None,) * len(scores), "nats")


def test_by_hand() -> None:
    # Ranks 0, .5, 1 and 1, 0, .5: means .5, .25, .75.
    assert mean_rank([result(1, 2, 3), result(30, 10, 20)], 3) == (0.5, 0.25, 0.75)


def test_ties_and_gaps() -> None:
    assert mean_rank([result(5, 5, 7)], 3) == (0.25, 0.25, 1.0)
    assert mean_rank([result(1, None, 3), result(3, 2, 1)], 3) == (0.5, 0.5, 0.5)
    assert mean_rank([result(None, None, 3.0)], 3) == (None, None, None)


scores = st.lists(st.floats(-100, 100), min_size=3, max_size=3)


@given(st.lists(scores, min_size=1, max_size=4))
def test_scale_of_a_method_does_not_matter(tables: list[list[float]]) -> None:
    plain = mean_rank([result(*row) for row in tables], 3)
    scaled = mean_rank([result(*(4 * value for value in row)) for row in tables], 3)
    assert plain == pytest.approx(scaled)
    assert all(0 <= value <= 1 for value in plain if value is not None)
