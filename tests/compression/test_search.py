"""Searches choose as slow procedures do, for a fraction of their layer runs, and never worse than greedy removal."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.compression.plan import BEAM, EVOLUTIONARY, SEARCHES
from analysis_core.compression.search import Budget, Goal, MeasuredSubsets, SearchSpace, greedy_removal, search
from analysis_core.compression.search.beam import beam_search
from analysis_core.compression.search.evolution import evolve
from analysis_core.compression.search.greedy import greedy_order, naive_evaluations
from analysis_core.compression.search.run import better_by_metric
from analysis_core.errors import ConfigurationError, PlanError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.replay import Replayer
from analysis_core.results import SubsetResult
from analysis_core.tasks import task_for
from analysis_core.vocabulary import RatioOf
from tests.compression.stand_in import races_on
from tests.probe.test_replay import losses_without
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

BATCHES = token_batches(examples=32, batch_size=8)


def naive_order(model: UniversalModel, steps: int) -> tuple[list[int], int]:
    """Every candidate's whole model at every step; also counts layer runs."""
    order: list[int] = []
    runs = 0
    count = len(model.layers)
    for _ in range(steps):
        losses = {}
        for index in range(1, count - 1):
            if index not in order:
                losses[index] = losses_without(model, [*order, index], BATCHES).mean()
                runs += count - len(order) - 1
        order.append(min(losses, key=losses.__getitem__))
    return order, runs


def replayer(model: UniversalModel, **options: int) -> Replayer:
    return Replayer(model, task_for(model.task), BATCHES, **options)


@cache
def all_losses(layers: int, removed: int, seed: int) -> dict[frozenset[int], float]:
    model = tiny_bert(layers=layers, seed=seed)
    return {
        frozenset(gone): float(losses_without(model, gone, BATCHES).mean())
        for gone in combinations(range(1, layers - 1), removed)
    }


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000))
def test_same_layers_as_the_naive_procedure(seed: int) -> None:
    model = tiny_bert(layers=6, seed=seed)
    order, runs = naive_order(model, 3)
    space = SearchSpace(model.layers, Goal(2.0))
    assert naive_evaluations(space, 3) * len(model.layers) == runs
    rich, poor = replayer(model), replayer(model, memory_limit_bytes=0)
    found = greedy_removal(rich, 2.0)
    assert list(found.plan.removal_order) == order
    assert list(greedy_removal(poor, 2.0).plan.removal_order) == order
    assert rich.layer_runs < 0.8 * runs  # small models leave little to save; the benchmark measures real ones


def test_the_steps_on_the_way_are_measured_where_that_is_asked_for() -> None:
    model = tiny_bert(layers=6)
    space = SearchSpace(model.layers, Goal(2.0))
    found = search(replayer(model), space, every_step=True)
    steps = [found.plan.removal_order[:gone] for gone in range(1, 4)]
    assert {frozenset(step) for step in steps} <= {frozenset(result.removed) for result in found.measured}
    alone = search(replayer(model), space)
    assert alone.plan == found.plan and alone.evaluations <= found.evaluations
    spent = Budget(evaluations=alone.evaluations + 1e-6)
    assert search(replayer(model), space, every_step=True, budget=spent).plan == found.plan


def test_measured_subsets_are_right_and_reused() -> None:
    model = tiny_bert(layers=6)
    first = greedy_removal(replayer(model), 1.5)
    intact = losses_without(model, [], BATCHES).mean()
    for subset in first.measured:
        assert subset.loss == pytest.approx(losses_without(model, subset.removed, BATCHES).mean(), rel=1e-5)
        assert subset.loss_increase == pytest.approx(subset.loss - intact, abs=1e-5)
    again = replayer(model)
    assert greedy_removal(again, 1.5, known=first.measured).plan == first.plan
    fresh = replayer(model)
    greedy_removal(fresh, 1.5)
    assert again.layer_runs < fresh.layer_runs


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("strategy", [BEAM, EVOLUTIONARY])
def test_joint_search_finds_what_trying_all_sets_finds_or_comes_between_it_and_greedy(strategy: str, seed: int) -> None:
    model = tiny_bert(layers=7, seed=seed)
    losses = all_losses(7, 3, seed)
    space = SearchSpace(model.layers, Goal(7 / 4))
    greedy = frozenset(greedy_removal(replayer(model), 7 / 4).plan.remove)
    found = search(replayer(model), space, strategy, budget=Budget(evaluations=60))
    assert min(losses.values()) - 1e-6 <= losses[frozenset(found.plan.remove)] <= losses[greedy] + 1e-6
    assert found.plan.strategy == strategy and found.plan.compressed_layers == 4


@pytest.mark.parametrize("largest_drop", [None, 100.0])
def test_steps_that_are_clear_are_measured_only_where_a_largest_drop_must_be_kept(largest_drop: float | None) -> None:
    base = np.random.default_rng(0).exponential(1.0, 128)
    races, stand_in = races_on(lambda removed: base + sum(0.1 * 2**index for index in removed), layers=8)
    space = SearchSpace(stand_in.model.layers, Goal(2.0, largest_drop=largest_drop))
    assert greedy_order(races, space) == (1, 2, 3, 4)
    measured = [result.removed for result in races.measured]
    path = [(1,), (1, 2), (1, 2, 3)] if largest_drop else []
    assert measured == [(), *path, (1, 2, 3, 4)]
    assert set(races.rough) >= {frozenset({2}), frozenset({1, 3})}


@pytest.mark.parametrize("strategy", [BEAM, EVOLUTIONARY])
def test_joint_search_finds_the_pair_that_greedy_removal_walks_past(strategy: str) -> None:
    """Layer 1 is the cheapest alone, but not beside any other; 2 and 3 can do without each other."""
    alone = {1: 0.10, 2: 0.20, 3: 0.22, 4: 0.5}

    def losses(removed: frozenset[int]) -> np.ndarray:
        cost = sum(alone[index] for index in removed) + (len(removed) > 1 and 1 in removed)
        return np.random.default_rng(0).exponential(1.0, 64) + cost

    races, stand_in = races_on(losses, layers=6)
    space = SearchSpace(stand_in.model.layers, Goal(1.5))
    greedy = greedy_order(races, space)
    assert greedy == (1, 2)
    found = evolve(races, space, frozenset(greedy)) if strategy == EVOLUTIONARY else beam_search(races, space, 2)
    assert found == frozenset({2, 3})


def measured_set(removed: set[int], loss: float, drop: float, error: float = 0.01) -> SubsetResult:
    return SubsetResult(tuple(sorted(removed)), loss, loss, 0.01, 0.9 - drop, drop, error, 100)


def test_of_sets_with_like_losses_the_one_that_answers_clearly_better_is_chosen() -> None:
    surest, clearer, hardly = frozenset({1, 2}), frozenset({2, 3}), frozenset({3, 4})
    known = MeasuredSubsets([measured_set({1, 2}, 0.2, 0.10), measured_set({2, 3}, 0.3, 0.05)])
    assert better_by_metric(known, surest, [surest, clearer]) == clearer
    known.keep(measured_set({3, 4}, 0.3, 0.095))
    assert better_by_metric(known, surest, [surest, hardly]) == surest
    assert better_by_metric(known, surest, []) == surest


@pytest.mark.parametrize("strategy", [BEAM, EVOLUTIONARY])
def test_a_joint_search_measures_what_is_suggested_and_is_no_worse(strategy: str) -> None:
    model = tiny_bert(layers=6, seed=2)
    space = SearchSpace(model.layers, Goal(2.0))
    known = MeasuredSubsets()
    found = search(replayer(model), space, strategy, measured=known, suggestions=[[0, 4, 3, 2, 1, 5], [4]])
    assert frozenset({4, 3, 2}) in known
    assert frozenset({4}) not in {frozenset(result.removed) for result in known if len(result.removed) == 3}
    chosen, suggested = known[frozenset(found.plan.remove)], known[frozenset({4, 3, 2})]
    assert chosen.loss <= suggested.loss or chosen.metric_drop < suggested.metric_drop


def test_a_joint_search_spends_no_more_than_naive_greedy_removal() -> None:
    model = tiny_bert(layers=8)
    space = SearchSpace(model.layers, Goal(2.0))
    for strategy in SEARCHES:
        found = search(replayer(model), space, strategy)
        # The last race may end a batch late: one batch of four, without all layers.
        assert found.evaluations <= naive_evaluations(space, 4) + 1


def test_an_interrupted_search_goes_on_where_it_stopped() -> None:
    model = tiny_bert(layers=6, seed=4)
    written: list[dict[str, Any]] = []

    def stop(done: float, _message: str) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    space = SearchSpace(model.layers, Goal(2.0))
    with pytest.raises(KeyboardInterrupt):
        search(replayer(model), space, measured=MeasuredSubsets(write=written.append), progress=stop)
    assert [entry["step"]["chosen"] for entry in written if "step" in entry] == naive_order(model, 3)[0][:1]
    again, fresh = replayer(model), replayer(model)
    resumed = search(again, space, measured=MeasuredSubsets.from_entries(written))
    whole = search(fresh, space)
    assert resumed.plan == whole.plan and again.layer_runs < 0.85 * fresh.layer_runs
    third = replayer(model)
    known = MeasuredSubsets.from_entries(written, whole.measured)
    assert search(third, space, measured=known).plan == whole.plan


def test_a_goal_in_parameters_removes_as_few_layers_as_it_takes() -> None:
    model = tiny_bert(layers=6)
    share = model.layers[1].parameters / model.parameter_count
    space = SearchSpace(
        model.layers, Goal(1 / (1 - 2.5 * share), RatioOf.PARAMETERS), {RatioOf.PARAMETERS: (share,) * 6}
    )
    plan = search(replayer(model), space).plan
    assert len(plan.remove) == 3 and plan.ratio_of == RatioOf.PARAMETERS
    with pytest.raises(PlanError, match=r"cannot be reached: without all 4 layers that may go it is"):
        SearchSpace(model.layers, Goal(50, RatioOf.PARAMETERS), {RatioOf.PARAMETERS: (share,) * 6})


@pytest.mark.parametrize("strategy", SEARCHES)
def test_a_largest_drop_removes_as_much_as_it_allows(strategy: str) -> None:
    model = tiny_bert(layers=6, seed=3)
    measured = MeasuredSubsets()
    plan = search(
        replayer(model), SearchSpace(model.layers, Goal(None, largest_drop=0.2)), strategy, measured=measured
    ).plan
    drop = measured[frozenset(plan.remove)].metric_drop if plan.remove else 0.0
    assert drop <= 0.2
    if len(plan.remove) < 4 and strategy == "greedy":
        next_step = [result for result in measured if set(plan.remove) < set(result.removed)]
        assert all(result.metric_drop > 0.2 for result in next_step if len(result.removed) == len(plan.remove) + 1)


def test_goals_that_contradict_each_other_are_told_what_is_possible() -> None:
    model = tiny_bert(layers=6, seed=3)
    worst = max(result.metric_drop for result in search(replayer(model), SearchSpace(model.layers, Goal(3.0))).measured)
    assert worst > 0
    with pytest.raises(PlanError, match=r"3x and a loss of at most 0 contradict each other: .*Ask for at most 1"):
        search(replayer(model), SearchSpace(model.layers, Goal(3.0, largest_drop=0.0)))


def test_what_cannot_go_stays() -> None:
    with pytest.raises(PlanError, match="cannot be reached"):
        greedy_removal(replayer(tiny_bert(layers=3)), 3.0)
    model = tiny_convolutional()
    found = greedy_removal(Replayer(model, task_for(model.task), image_batches()), 4 / 3)
    assert found.plan.remove == (1,)


def test_bad_goals_and_budgets_are_refused() -> None:
    layers = tiny_bert(layers=4).layers
    for goal, words in (((0.5,), "0.5 is impossible"), ((None,), "No goal"), ((float("nan"),), "nan is impossible")):
        with pytest.raises(PlanError, match=words):
            Goal(*goal)
    with pytest.raises(PlanError, match="4 of its 4 layers must stay"):
        SearchSpace(layers, Goal(2.0), protect=range(4))
    with pytest.raises(PlanError, match=r"9x cannot be reached: 2 of its 4 layers must stay.*2x \(2 layers\)"):
        SearchSpace(layers, Goal(9.0))
    with pytest.raises(ConfigurationError, match="cannot get by on 0 seconds"):
        Budget(seconds=0)
    model = tiny_bert(layers=6)
    with pytest.raises(PlanError, match=r"budget was spent after .* before a set was found"):
        search(replayer(model), SearchSpace(model.layers, Goal(2.0)), budget=Budget(evaluations=1.2))
