"""Trust against scipy and by hand, and in plain words where there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from analysis_core.insight.trust import YARDSTICK, spearman, trust
from analysis_core.results import MethodResult, Trust
from tests.insight.scored import result


def trusted(scores: tuple[float | None, ...], measured: tuple[float | None, ...], error: float | None = None) -> Trust:
    results = {"m": result(*scores, errors=error), YARDSTICK: result(*measured, method=YARDSTICK, errors=error)}
    return trust(results)["m"]


def test_by_hand() -> None:
    # Differences of ranks 1, 1, 0: 1 - 6 * 2 / (3 * 8).
    found = trusted((10, 20, 30), (2, 1, 3))
    assert (found.correlation, found.layers) == (pytest.approx(0.5), 3)
    assert found.low is None and found.high is None


def test_only_layers_that_both_score_count() -> None:
    assert trusted((1, 2, None, 3, 9), (1, 2, 7, 3, None)).correlation == pytest.approx(1.0)


def test_plain_words_where_there_is_none() -> None:
    alone = trust({"m": result(1, 2, 3)})["m"]
    assert alone.why_not == "Layer ablation was not run."
    assert "fewer than 3" in str(trusted((1, 2, None), (1, 2, 3)).why_not)
    assert "all layers alike" in str(trusted((1, 1, 1), (1, 2, 3)).why_not)
    both = {YARDSTICK: result(1, 2, 3, method=YARDSTICK)}
    assert trust(both)[YARDSTICK].correlation is None
    silent = MethodResult("m", "M", (None,) * 3, (None,) * 3, "nats", not_applicable="No attention.")
    assert "does not apply" in str(trust({"m": silent, **both})["m"].why_not)


def test_interval_holds_the_estimate_and_widens_with_the_errors() -> None:
    widths = []
    for error in (1e-6, 1.0, 4.0):
        found = trusted((1, 2, 3, 4, 6), (1, 3, 2, 4, 5), error)
        assert found.correlation is not None and found.low is not None and found.high is not None
        assert found.low <= found.correlation <= found.high
        widths.append(found.high - found.low)
    assert widths[0] == pytest.approx(0.0, abs=1e-12)
    assert widths[0] < widths[1] < widths[2]


@given(
    st.lists(st.integers(0, 4), min_size=5, max_size=5).filter(lambda row: len(set(row)) > 1),
    st.lists(st.integers(0, 4), min_size=5, max_size=5).filter(lambda row: len(set(row)) > 1),
)
def test_correlation_is_that_of_scipy(first: list[int], second: list[int]) -> None:
    found = spearman(np.array([first, first]), np.array([second, second]))
    assert found == pytest.approx(spearmanr(first, second).statistic)


def test_json_round_trip() -> None:
    found = trusted((1, 2, 3, 4), (2, 1, 3, 4), 0.5)
    assert Trust.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
