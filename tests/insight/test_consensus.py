"""Consensus by hand and by its properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_core.errors import UnknownNameError
from analysis_core.insight.consensus import RULES, consensus, mean_rank
from tests.insight.scored import result

Rows = list[list[float | None]]


def test_by_hand() -> None:
    # Ranks 0, .5, 1 and 1, 0, .5: means .5, .25, .75.
    assert mean_rank([result(1, 2, 3), result(30, 10, 20)], 3) == (0.5, 0.25, 0.75)


def test_ties_and_gaps() -> None:
    assert mean_rank([result(5, 5, 7)], 3) == (0.25, 0.25, 1.0)
    assert mean_rank([result(1, None, 3), result(3, 2, 1)], 3) == (0.5, 0.5, 0.5)
    assert mean_rank([result(None, None, 3.0)], 3) == (None, None, None)


def test_median_by_hand() -> None:
    # Ranks 0, .5, 1 twice and 1, .5, 0 once: the odd one is outvoted; the mean is not.
    methods = [result(1, 2, 3), result(1, 2, 3), result(3, 2, 1)]
    assert consensus(methods, 3, "median_rank") == (0.0, 0.5, 1.0)
    assert mean_rank(methods, 3) == pytest.approx((1 / 3, 0.5, 2 / 3))


def test_borda_by_hand() -> None:
    # Layer 0 wins 0 of 2 duels and 1 of 1; layer 1 loses its 1 + ... of the first alone; layer 2 wins 2 of 2, 0 of 1.
    methods = [result(1, 2, 3), result(9, None, 4)]
    assert consensus(methods, 3, "borda") == pytest.approx((1 / 3, 1 / 2, 2 / 3))
    assert consensus([result(5, 5, 7)], 3, "borda") == (0.25, 0.25, 1.0)


def test_a_layer_that_nobody_scores_has_no_place() -> None:
    for rule in RULES:
        assert consensus([result(1, None, 3)], 3, rule) == (0.0, None, 1.0)
        assert consensus([result(None, None, 3)], 3, rule) == (None, None, None)
        assert consensus([], 2, rule) == (None, None)


def test_unknown_rule_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'median_rank'"):
        consensus([], 3, "median-rank")


LAYERS = 4
full = st.lists(st.integers(-5, 5).map(float), min_size=LAYERS, max_size=LAYERS)
gappy = st.lists(st.none() | st.integers(-5, 5).map(float), min_size=LAYERS, max_size=LAYERS)
rules = st.sampled_from(sorted(RULES))


@given(st.lists(full, min_size=1, max_size=4), rules)
def test_scale_of_a_method_does_not_matter(rows: Rows, rule: str) -> None:
    plain = consensus([result(*row) for row in rows], LAYERS, rule)
    scaled = consensus([result(*(4 * value for value in row if value is not None)) for row in rows], LAYERS, rule)
    assert plain == pytest.approx(scaled)
    assert all(0 <= place <= 1 for place in plain if place is not None)


@given(st.lists(gappy, min_size=1, max_size=5), rules, st.randoms())
def test_order_of_methods_does_not_matter(rows: Rows, rule: str, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (consensus([result(*row) for row in order], LAYERS, rule) for order in (rows, shuffled))
    assert [place is None for place in one] == [place is None for place in other]
    known = [(a, b) for a, b in zip(one, other, strict=True) if a is not None]
    assert [a for a, _ in known] == pytest.approx([b for _, b in known])


@given(st.lists(gappy, min_size=1, max_size=4), rules)
def test_every_method_twice_changes_nothing(rows: Rows, rule: str) -> None:
    once = consensus([result(*row) for row in rows], LAYERS, rule)
    twice = consensus([result(*row) for row in rows + rows], LAYERS, rule)
    assert [place if place is None else round(place, 12) for place in once] == [
        place if place is None else round(place, 12) for place in twice
    ]


@given(full, full, st.integers(3, 5))
def test_one_odd_method_does_not_move_the_median(agreed: list[float], odd: list[float], voices: int) -> None:
    same = [result(*agreed)] * voices
    assert consensus([*same, result(*odd)], LAYERS, "median_rank") == consensus(same, LAYERS, "median_rank")


@given(st.lists(full, min_size=1, max_size=4))
def test_borda_is_the_mean_rank_where_all_layers_are_scored(rows: Rows) -> None:
    methods = [result(*row) for row in rows]
    assert consensus(methods, LAYERS, "borda") == pytest.approx(mean_rank(methods, LAYERS))


@given(st.lists(gappy, min_size=1, max_size=4))
def test_borda_is_counted_duel_by_duel(rows: Rows) -> None:
    won, fought = np.zeros(LAYERS), np.zeros(LAYERS)
    for row in rows:
        for i, j in combinations(range(LAYERS), 2):
            one, other = row[i], row[j]
            if one is not None and other is not None:
                fought[[i, j]] += 1
                won[i] += 1.0 if one > other else 0.5 if one == other else 0.0
                won[j] += 1.0 if one < other else 0.5 if one == other else 0.0
    expected = [float(w / f) if f else None for w, f in zip(won, fought, strict=True)]
    found = consensus([result(*row) for row in rows], LAYERS, "borda")
    assert [place is None for place in found] == [place is None for place in expected]
    pairs = [(a, b) for a, b in zip(found, expected, strict=True) if a is not None]
    assert [a for a, _ in pairs] == pytest.approx([b for _, b in pairs])
