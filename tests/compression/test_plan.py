"""Plans: which layers go for which ratio, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_core.compression.plan import (
    checked_removal,
    kept_layers,
    one_shot_plan,
    plan_from_order,
    plan_from_removed,
    plan_from_scores,
    possible_ratios,
)
from analysis_core.errors import PlanError, UnknownNameError
from analysis_core.results import CompressionPlan
from tests.compression.reports import make_layers, make_report


@pytest.mark.parametrize(
    ("ratio", "kept"),
    [(1, 12), (1.09, 11), (1.091, 11), (1.35, 8), (1.5, 8), (1.8, 6), (2, 6), (2.5, 4), (3, 4), (6, 2)],
)
def test_a_ratio_is_rounded_up_to_the_next_possible_one(ratio: float, kept: int) -> None:
    assert kept_layers(make_layers(12), ratio) == kept


def test_a_ratio_rounded_to_two_places_finds_its_own_layers() -> None:
    layers = make_layers(24)
    for ratio in possible_ratios(layers):
        assert kept_layers(layers, round(ratio, 2)) == round(24 / ratio)


@given(st.integers(2, 60), st.floats(1, 30))
def test_a_plan_reaches_what_was_asked(count: int, ratio: float) -> None:
    layers = make_layers(count)
    possible = possible_ratios(layers)
    if ratio > possible[-1] * (1 + 0.05):
        with pytest.raises(PlanError, match="nearest possible"):
            plan_from_scores(layers, [float(i) for i in range(count)], ratio)
        return
    if ratio > possible[-1]:
        return
    plan = plan_from_scores(layers, [float(i) for i in range(count)], ratio)
    assert count / (plan.compressed_layers - 0.05) > ratio - 1e-9
    smaller = [value for value in possible if value < plan.ratio - 1e-9]
    assert all(value < ratio for value in smaller)
    assert sorted(plan.keep + plan.remove) == list(range(count))


def test_the_lowest_scores_go_first_and_the_ends_stay() -> None:
    scores = [0.0, 5.0, 1.0, 4.0, 2.0, 0.0]
    plan = plan_from_scores(make_layers(6), scores, 2.0)
    assert plan.removal_order == (2, 4, 3)
    assert plan.remove == (2, 3, 4)
    assert plan["original_layers"] == 6 and plan["compressed_layers"] == 3
    assert plan.protected == (0, 5)
    assert plan.ratio_asked == 2.0 and plan.ratio == 2.0


def test_without_protection_the_ends_may_go() -> None:
    plan = plan_from_scores(make_layers(6), [0.0, 5.0, 1.0, 4.0, 2.0, 0.0], 1.5, protect=())
    assert plan.removal_order == (5, 0)  # equal scores: the later one first


def test_a_layer_without_score_or_without_leave_to_go_stays() -> None:
    layers = make_layers(6, not_removable={2: "it halves the width"})
    plan = plan_from_scores(layers, [0.0, None, 0.0, 3.0, 2.0, 0.0], 1.2)
    assert plan.remove == (4,)


def test_one_shot_uses_the_consensus_or_the_named_method() -> None:
    report = make_report(6, consensus=[1.0, 0.1, 0.9, 0.8, 0.7, 1.0], methods={"taylor": [9.0, 3, 2, 1, 4, 9]})
    assert one_shot_plan(report, 1.2).remove == (1,)
    plan = one_shot_plan(report, 1.2, "taylor")
    assert plan.remove == (3,)
    assert list(plan.scores) == [9.0, 3, 2, 1, 4, 9]
    assert plan.strategy == "taylor"


def test_an_unknown_strategy_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'taylor'"):
        one_shot_plan(make_report(4, methods={"taylor": [1.0, 2, 3, 4]}), 2.0, "tailor")


def test_a_method_that_does_not_apply_cannot_choose() -> None:
    report = make_report(4, methods={"attention": [None] * 4}, not_applicable="There is no attention in it.")
    with pytest.raises(PlanError, match="There is no attention in it"):
        one_shot_plan(report, 2.0, "attention")


@pytest.mark.parametrize("ratio", [0.5, 0.0, -1.0, math.nan, math.inf])
def test_a_ratio_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(PlanError, match="1 or more"):
        kept_layers(make_layers(12), ratio)


def test_an_impossible_ratio_names_the_nearest_possible_ones() -> None:
    layers = make_layers(12, not_removable={5: "it changes the width"})
    with pytest.raises(PlanError, match=r"3 of its 12 layers must stay.*3x \(4 layers\).*4x \(3 layers\)"):
        kept_layers(layers, 7.0)
    assert possible_ratios(layers)[-1] == 4.0


def test_everything_protected_leaves_only_the_whole_model() -> None:
    layers = make_layers(3)
    assert possible_ratios(layers, protect=(0, 1, 2)) == (1.0,)
    with pytest.raises(PlanError, match=r"nearest possible ratio is 1x \(3 layers\)"):
        kept_layers(layers, 1.5, protect=(0, 1, 2))


def test_at_least_one_layer_stays_when_nothing_is_protected() -> None:
    assert possible_ratios(make_layers(3), protect=()) == (1.0, 1.5, 3.0)


def test_an_order_may_be_longer_or_shorter_than_needed() -> None:
    layers = make_layers(8)
    plan = plan_from_order(layers, [3, 0, 4, 3, 5], 1.33, "greedy")
    assert plan.removal_order == (3, 4) and plan.strategy == "greedy"
    with pytest.raises(PlanError, match=r"'greedy' names only 1.*1.14x \(7 layers\)"):
        plan_from_order(layers, [3], 2.0, "greedy")


def test_removed_layers_are_taken_as_named() -> None:
    plan = plan_from_removed(make_layers(5), [4, 0, 4])
    assert plan.remove == (0, 4) and plan.removal_order == (4, 0) and plan.keep == (1, 2, 3)
    assert plan.ratio_asked is None and plan.protected == ()


@pytest.mark.parametrize(("removed", "message"), [([5], "There is no layer 5"), ([-1], "There is no layer -1")])
def test_a_layer_that_does_not_exist_is_refused(removed: list[int], message: str) -> None:
    with pytest.raises(PlanError, match=f"{message}.*0 to 4"):
        plan_from_removed(make_layers(5), removed)


def test_a_layer_that_cannot_go_is_refused_with_its_reason() -> None:
    layers = make_layers(5, not_removable={2: "it halves the width"})
    with pytest.raises(PlanError, match=r"blocks\.2.*it halves the width"):
        checked_removal(layers, [1, 2])


def test_removing_everything_is_refused() -> None:
    with pytest.raises(PlanError, match="All 3 layers would go"):
        plan_from_removed(make_layers(3), range(3))


def test_a_score_that_is_not_finite_is_refused() -> None:
    with pytest.raises(PlanError, match="score of layer 1 is nan"):
        plan_from_scores(make_layers(4), [1.0, math.nan, 1.0, 1.0], 2.0)
    with pytest.raises(PlanError, match="2 scores came for 4 layers"):
        plan_from_scores(make_layers(4), [1.0, 2.0], 2.0)


def test_a_plan_survives_json() -> None:
    plan = plan_from_scores(make_layers(6), [0.0, 5.0, 1.0, 4.0, 2.0, 0.0], 2.0)
    assert CompressionPlan.from_dict(plan.to_dict()) == plan
