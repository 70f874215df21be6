"""The agreement map against scipy, by hand, and what its intervals do."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from analysis_core.insight.agreement import agreement, kendall_tau_b
from analysis_core.results import Agreement
from tests.insight.scored import result

scores = st.lists(st.none() | st.integers(-4, 4).map(float), min_size=6, max_size=6)


def test_by_hand() -> None:
    # Of the three pairs of layers, two are ranked alike and one is not: (2 - 1) / 3.
    found = agreement([result(1, 2, 3, method="a"), result(1, 3, 2, method="b")])
    assert found.methods == ("a", "b")
    assert found.tau[0][1] == found.tau[1][0] == pytest.approx(1 / 3)
    assert found.tau[0][0] == 1.0


@given(scores, scores)
def test_tau_is_that_of_scipy(first: list[float | None], second: list[float | None]) -> None:
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    expected = math.nan
    if len({a for a, _ in pairs}) > 1 and len({b for _, b in pairs}) > 1:
        expected = kendalltau([a for a, _ in pairs], [b for _, b in pairs], variant="b").statistic
    one, other = (np.array(row, dtype=float) for row in (first, second))
    assert float(kendall_tau_b(one, other)) == pytest.approx(expected, nan_ok=True)


def test_interval_is_missing_without_standard_errors() -> None:
    known, unknown = result(1, 2, 3, method="a", errors=0.1), result(1, 2, 3, method="b")
    found = agreement([known, unknown])
    assert found.low[0][1] is None and found.high[0][1] is None
    assert found.low[0][0] == found.high[0][0] == 1.0


def test_an_error_missing_where_only_one_scores_does_no_harm() -> None:
    one = result(1, 2, 3, None, method="a", errors=[0.1, 0.1, 0.1, None])
    other = result(1, 2, 3, 4, method="b", errors=[0.1, 0.1, 0.1, None])
    assert agreement([one, other]).low[0][1] is not None


def test_interval_widens_with_the_errors_and_holds_the_estimate() -> None:
    def width(error: float) -> float:
        found = agreement([result(1, 2, 3, 5, method="a", errors=error), result(1, 3, 4, 9, method="b", errors=error)])
        tau, low, high = found.tau[0][1], found.low[0][1], found.high[0][1]
        assert tau is not None and low is not None and high is not None
        assert -1 <= low <= tau <= high <= 1
        return high - low

    assert width(1e-6) == 0.0
    assert width(0.5) > 0.0
    assert width(5.0) > width(0.5)


def test_interval_is_that_of_a_plain_simulation() -> None:
    generator = np.random.default_rng(7)
    first, second, error = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 3, 2, 5, 4]), 0.8
    taus = [
        kendalltau(
            first + error * generator.standard_normal(5), second + error * generator.standard_normal(5)
        ).statistic
        for _ in range(1500)
    ]
    low, high = np.quantile(taus, [0.025, 0.975])
    found = agreement([result(*first, method="a", errors=error), result(*second, method="b", errors=error)])
    assert found.low[0][1] == pytest.approx(low, abs=0.21)  # tau of five layers moves in steps of 0.2
    assert found.high[0][1] == pytest.approx(high, abs=0.21)


def test_order_and_company_of_methods_change_no_entry() -> None:
    a, b, c = (
        result(*row, method=name, errors=1.0)
        for name, row in zip("abc", ((1, 2, 3), (2, 1, 3), (3, 1, 2)), strict=True)
    )
    one, other = agreement([a, b, c], seed=3), agreement([b, a], seed=3)
    assert (one.tau[0][1], one.low[0][1], one.high[0][1]) == (other.tau[1][0], other.low[1][0], other.high[1][0])
    assert one != agreement([a, b, c], seed=4) or one.low == agreement([a, b, c], seed=4).low


def test_no_agreement_with_a_method_that_scores_all_alike_or_nothing() -> None:
    found = agreement(
        [result(1, 2, method="a", errors=0.1), result(5, 5, method="b", errors=0.0), result(None, 1, method="c")]
    )
    assert found.methods == ("a", "b")
    assert found.tau == ((1.0, None), (None, None)) and found.low == ((1.0, None), (None, None))


def test_json_round_trip() -> None:
    found = agreement([result(1, 2, 3, method="a", errors=0.4), result(2, 1, 3, method="b")])
    assert Agreement.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
