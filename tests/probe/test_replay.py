"""Replay against models from which the layers were really taken out, and its cost by counting."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import skip_each_layer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.probe.test_shared_pass import assert_same, snapshot
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches

BATCHES = token_batches()


def losses_without(model: UniversalModel, removed: Iterable[int], batches: list[Batch]) -> np.ndarray:
    """Deep copy, delete the layers, run."""
    twin = copy.deepcopy(model.module).eval()
    gone = set(removed)
    stack = twin.bert.encoder.layer
    twin.bert.encoder.layer = nn.ModuleList(block for index, block in enumerate(stack) if index not in gone)
    task = task_for(model.task)
    with torch.no_grad():
        return torch.cat([task.losses(twin(**batch.inputs), batch) for batch in batches]).double().numpy()


@settings(max_examples=12, deadline=None)
@given(order=st.lists(st.sets(st.integers(0, 4), max_size=4), min_size=1, max_size=5))
def test_any_sequence_of_removals_equals_surgery(order: list[set[int]]) -> None:
    model = tiny_bert(layers=5)
    replayer = Replayer(model, task_for(model.task), BATCHES)
    for position, removed in enumerate(order):
        if position % 2:
            for batch in range(len(BATCHES)):
                replayer.batch_outcome(batch, frozenset(removed), keep=True)
        found = replayer.outcome(removed)
        np.testing.assert_allclose(found.losses, losses_without(model, removed, BATCHES), rtol=1e-5, atol=1e-6)


def test_all_single_layers_cost_half() -> None:
    model = tiny_bert(layers=6)
    replayer = Replayer(model, task_for(model.task), BATCHES)
    found = skip_each_layer(replayer)
    assert replayer.layer_runs == 6 + 15  # intact once, then everything behind each skipped layer
    for index in range(6):
        np.testing.assert_allclose(found.losses[index], losses_without(model, [index], BATCHES), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.intact_losses, losses_without(model, [], BATCHES), rtol=1e-5, atol=1e-6)


def test_no_memory_gives_the_same_answer() -> None:
    model = tiny_bert()
    rich, poor = (Replayer(model, task_for(model.task), BATCHES, memory_limit_bytes=b) for b in (10**9, 0))
    for removed in ([1], [1, 2], [0, 3]):
        np.testing.assert_array_equal(rich.outcome(removed).losses, poor.outcome(removed).losses)
    assert len(poor._states) == 1


def test_what_larger_removals_start_from_is_held_and_nothing_else() -> None:
    model = tiny_bert(layers=8)
    replayer = Replayer(model, task_for(model.task), BATCHES[:1])

    def cost(*removed: int) -> float:
        before = replayer.layer_runs
        replayer.batch_outcome(0, frozenset(removed), promising=True)
        return replayer.layer_runs - before

    assert [cost(), cost(3), cost(1), cost(5)] == [8, 4, 6, 2]
    replayer.start_from(frozenset({3}))
    assert set(replayer._aside[0]) == {frozenset({3}), frozenset({1})}
    assert [cost(3, 5), cost(1, 3)] == [2, 4]
    replayer.start_from(frozenset({3, 4}))  # never run; its part {3} is the nearest
    assert cost(3, 4) == 3
    replayer.start_from(frozenset({3, 4}))
    assert frozenset({3}) not in replayer._aside[0] and frozenset({3, 4}) in replayer._aside[0]
    replayer.forget()
    assert cost(3, 4, 6) == 8 + 1  # the base anew, with what it skips for its outputs' structure, and then layer 7


def test_embeddings_are_served_from_memory() -> None:
    model = tiny_bert()
    replayer = Replayer(model, task_for(model.task), BATCHES[:1])
    replayer.outcome()
    calls: list[int] = []
    model.module.bert.embeddings.word_embeddings.register_forward_hook(lambda *_: calls.append(1))
    replayer.outcome([2])
    assert not calls
    assert replayer._early is not None and model.module.bert.embeddings in replayer._early


class Puts(nn.Linear):
    """Lays what it computes on a shelf."""

    def __init__(self, shelf: list[Tensor]) -> None:
        super().__init__(3, 3)
        self.shelf = shelf

    def forward(self, x: Tensor) -> Tensor:
        self.shelf.append(super().forward(x))
        return self.shelf[-1]


class Takes(Puts):
    """Adds what lies there, which another block must have laid down."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.Linear.forward(self, x) + self.shelf.pop()


def test_blocks_that_leave_something_behind_run_again() -> None:
    torch.manual_seed(0)
    shelf: list[Tensor] = []
    net = nn.Sequential(Puts(shelf), nn.Linear(3, 3), nn.Linear(3, 3), Takes(shelf))
    model = NamedLayersModel(net, list("0123"), LayerKind.MLP)
    batch = Batch(torch.randn(4, 3), torch.tensor([0, 1, 2, 0]), 4)
    task = task_for(model.task)
    replayer = Replayer(model, task, [batch])
    first, second, third, last = net
    with torch.no_grad():
        begun, states = first(batch.inputs), {}
        states[2] = nn.functional.linear(second(begun), last.weight, last.bias) + begun
        # The first is skipped, and still lays down what the last one needs.
        states[0] = nn.functional.linear(third(second(batch.inputs)), last.weight, last.bias) + begun
    for index, outputs in states.items():
        found = replayer.outcome([index]).losses
        np.testing.assert_allclose(found, task.losses(outputs, batch).numpy(), rtol=1e-5)


def test_a_block_that_always_fails_is_not_hidden() -> None:
    shelf: list[Tensor] = []
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), Takes(shelf))
    replayer = Replayer(
        NamedLayersModel(net, list("012"), LayerKind.MLP),
        task_for(tiny_bert().task),
        [Batch(torch.randn(2, 3), torch.tensor([0, 1]), 2)],
    )
    with pytest.raises(IndexError):
        replayer.outcome([1])


class Overwriting(nn.Module):
    """Adds to its input in place, so that an output kept by reference would be spoilt by the next block."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(36, 36)

    def forward(self, x: Tensor) -> Tensor:
        return x.add_(torch.tanh(self.linear(x)))


class OverwritingNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.blocks = nn.Sequential(*(Overwriting() for _ in range(4)))
        self.head = nn.Linear(36, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.flatten(x.clone())))


class OverwritingStem(OverwritingNet):
    """Its own code writes into what an early module put out."""

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(self.flatten(x))
        hidden += 1.0
        return self.head(self.blocks(hidden))

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(36, 36)


@pytest.mark.parametrize("kind", [OverwritingNet, OverwritingStem])
def test_code_that_writes_into_what_was_kept(kind: type[OverwritingNet]) -> None:
    torch.manual_seed(0)
    net, batches = kind().eval(), image_batches()
    model = NamedLayersModel(net, [f"blocks.{i}" for i in range(4)], LayerKind.MLP)
    task = task_for(model.task)
    replayer = Replayer(model, task, batches)
    for removed in ([2], [0], [1, 3], []):
        twin = copy.deepcopy(net)
        twin.blocks = nn.Sequential(*(block for i, block in enumerate(twin.blocks) if i not in removed))
        with torch.no_grad():
            expected = torch.cat([task.losses(twin(batch.inputs), batch) for batch in batches]).numpy()
        np.testing.assert_allclose(replayer.outcome(removed).losses, expected, rtol=1e-5)


def test_a_layer_that_changes_the_shape_is_replaced_by_its_mean() -> None:
    model, batches = tiny_convolutional(), image_batches()
    net, task = copy.deepcopy(model.module).eval(), task_for(model.task)
    with torch.no_grad():
        before = [net.blocks[1](net.blocks[0](net.stem(batch.inputs))) for batch in batches]
        mean = torch.cat([net.blocks[2](x) for x in before]).mean(0)
        expected = torch.cat(
            [
                task.losses(net.head(net.blocks[3](mean.expand(batch.size, *mean.shape)).mean((2, 3))), batch)
                for batch in batches
            ]
        )
    found = Replayer(model, task, batches).outcome([2])
    np.testing.assert_allclose(found.losses, expected.numpy(), rtol=1e-5)


def test_feature_maps_of_different_sizes_are_replaced_by_the_mean_of_each_channel() -> None:
    model = tiny_convolutional()
    small = image_batches()[0]
    wide = Batch(torch.cat([small.inputs, small.inputs[..., :4]], -1), small.targets, small.size, first=small.size)
    net, task = copy.deepcopy(model.module).eval(), task_for(model.task)
    losses = []
    with torch.no_grad():
        maps = [net.blocks[:3](net.stem(batch.inputs)) for batch in (small, wide)]
        mean = torch.cat([part.mean((2, 3)) for part in maps]).mean(0)[:, None, None]
        for batch, part in zip((small, wide), maps, strict=True):
            losses.append(task.losses(net.head(net.blocks[3](mean.expand_as(part)).mean((2, 3))), batch))
    found = Replayer(model, task, [small, wide]).outcome([2])
    np.testing.assert_allclose(found.losses, torch.cat(losses).numpy(), rtol=1e-5)


def test_nothing_stays_behind_after_an_error() -> None:
    model = tiny_bert()
    model.module.train()
    before = snapshot(model)
    broken = Batch(BATCHES[1].inputs, torch.full((BATCHES[1].size,), 99), BATCHES[1].size)
    replayer = Replayer(model, task_for(model.task), [BATCHES[0], broken])
    with pytest.raises(Exception, match="label 99"):
        replayer.outcome([1])
    assert_same(before, snapshot(model))
