"""Greedy removal chooses as the naive procedure does, for a fraction of its layer runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.compression.search import greedy_removal
from analysis_core.errors import PlanError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from tests.probe.test_replay import losses_without
from tests.toys import tiny_bert, tiny_convolutional, token_batches

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


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000))
def test_same_layers_as_the_naive_procedure(seed: int) -> None:
    model = tiny_bert(layers=6, seed=seed)
    order, runs = naive_order(model, 3)
    rich, poor = replayer(model), replayer(model, memory_limit_bytes=0)
    found = greedy_removal(rich, 2.0)
    assert list(found.plan.removal_order) == order
    assert list(greedy_removal(poor, 2.0).plan.removal_order) == order
    assert rich.layer_runs < 0.9 * runs  # small models leave little to save; the benchmark measures real ones


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


def test_what_cannot_go_stays() -> None:
    with pytest.raises(PlanError, match="cannot be reached"):
        greedy_removal(replayer(tiny_bert(layers=3)), 3.0)
    model = tiny_convolutional()
    from tests.toys import image_batches

    found = greedy_removal(Replayer(model, task_for(model.task), image_batches()), 4 / 3)
    assert found.plan.remove == (1,)


def test_progress_can_stop_the_search() -> None:
    def stop(done: float, _message: str) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        greedy_removal(replayer(tiny_bert(layers=6)), 2.0, progress=stop)
