"""Edits of what layers add: against hand-written hooks, by their cost, and by what they leave behind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.draws import as_hidden, drawn_like, standard_normal
from analysis_core.probe.edits import Change, contribution_of, edited_output
from analysis_core.probe.hidden import as_tokens
from analysis_core.probe.replay import Replayer
from analysis_core.results import Layer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.probe.test_replay import OverwritingNet
from tests.probe.test_shared_pass import assert_same, snapshot
from tests.reference.patching import hooked, on_input, on_output
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches

BATCHES = token_batches(examples=12, batch_size=6)


def losses(model: UniversalModel, batch: Batch) -> np.ndarray:
    with torch.no_grad():
        return task_for(model.task).losses(model.forward(batch), batch).double().numpy()


def halved(contribution: Tensor) -> Tensor:
    return contribution / 2


def shifted(hidden: Tensor) -> Tensor:
    return hidden + 0.3


@pytest.mark.parametrize("layer", range(4))
def test_an_edited_layer_equals_a_hook(layer: int) -> None:
    model = tiny_bert()
    model.module.eval()
    replayer = Replayer(model, task_for(model.task), BATCHES)
    base = replayer.intact(1)
    found, _ = replayer.rerun(1, Change(edits={layer: halved}), base)
    with hooked(on_output(model.layer_modules[layer], lambda a, b: a + (b - a) / 2)):
        np.testing.assert_allclose(found.outcome.losses, losses(model, BATCHES[1]), rtol=1e-5)
    fresh, _ = replayer.rerun(1, Change(edits={layer: halved}))
    np.testing.assert_allclose(found.outcome.losses, fresh.outcome.losses, rtol=1e-5)


def test_edits_entry_and_removal_together() -> None:
    model = tiny_bert()
    model.module.eval()
    replayer, stack = Replayer(model, task_for(model.task), BATCHES), model.layer_modules
    change = Change(removed=frozenset({1}), edits={0: halved, 2: halved}, entries={0: shifted})
    found, _ = replayer.rerun(0, change, replayer.intact(0))
    by_hand = hooked(
        on_input(stack[0], shifted),
        on_output(stack[0], lambda a, b: a + (b - a) / 2),
        on_output(stack[1], lambda a, _b: a),
        on_output(stack[2], lambda a, b: a + (b - a) / 2),
    )
    with by_hand:
        np.testing.assert_allclose(found.outcome.losses, losses(model, BATCHES[0]), rtol=1e-5)


def test_a_replay_starts_at_the_first_edit_and_computes_no_edited_layer_again() -> None:
    model = tiny_bert(layers=6)
    replayer = Replayer(model, task_for(model.task), BATCHES[:1])
    base = replayer.intact(0)
    for change, cost in [
        (Change(edits={2: halved}), 3),
        (Change(edits={5: halved}), 0),
        (Change(edits={1: halved, 3: halved}), 4),
        (Change(removed=frozenset({3}), edits={1: halved}), 3),
        (Change(entries={0: shifted}), 6),
        (Change(), 0),
    ]:
        before = replayer.layer_runs
        replayer.rerun(0, change, base)
        assert replayer.layer_runs - before == pytest.approx(cost)
    corrupted, _ = replayer.rerun(0, Change(entries={0: shifted}), base)
    before = replayer.layer_runs
    replayer.rerun(0, Change(edits={4: halved}, entries={0: shifted}), corrupted)
    assert replayer.layer_runs - before == pytest.approx(1)


def test_handing_the_contribution_back_changes_not_a_bit() -> None:
    model = tiny_bert()
    replayer = Replayer(model, task_for(model.task), BATCHES)
    found, _ = replayer.rerun(0, Change(edits=dict.fromkeys(range(4), lambda part: part)))
    np.testing.assert_array_equal(found.outcome.losses, replayer.intact(0).outcome.losses)


def test_zero_is_skipping() -> None:
    model = tiny_bert()
    replayer = Replayer(model, task_for(model.task), BATCHES)
    found, _ = replayer.rerun(0, Change(edits={1: torch.zeros_like}), replayer.intact(0))
    np.testing.assert_allclose(found.outcome.losses, replayer.batch_outcome(0, frozenset({1})).losses, rtol=1e-6)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_contributions_are_formed_in_float32_at_least(kind: torch.dtype) -> None:
    hidden, output = torch.tensor([1024.0], dtype=kind), torch.tensor([1032.0], dtype=kind)
    assert contribution_of(hidden, output).dtype is (torch.float64 if kind is torch.float64 else torch.float32)
    edited = edited_output(lambda part: part * 2, hidden, output)
    assert edited.dtype is kind and float(edited) == 1040


def test_blocks_that_write_into_their_input() -> None:
    torch.manual_seed(0)
    net, batches = OverwritingNet().eval(), image_batches()
    model = NamedLayersModel(net, [f"blocks.{i}" for i in range(4)], LayerKind.MLP)
    replayer = Replayer(model, task_for(model.task), batches)
    found, _ = replayer.rerun(0, Change(edits={1: halved}), replayer.intact(0))
    with torch.no_grad():
        x = net.flatten(batches[0].inputs)
        for index, block in enumerate(net.blocks):
            x = x + torch.tanh(block.linear(x)) * (0.5 if index == 1 else 1.0)
        expected = nn.functional.cross_entropy(net.head(x), batches[0].targets, reduction="none")
    np.testing.assert_allclose(found.outcome.losses, expected.numpy(), rtol=1e-5)


class Looped(nn.Module):
    """The same two blocks, twice in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(36, 36) for _ in range(2))
        self.last = nn.Linear(36, 36)
        self.idle = nn.Linear(36, 36)
        self.head = nn.Linear(36, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for block in (*self.blocks, *self.blocks, self.last):
            x = torch.tanh(block(x))
        return self.head(x)


def looped() -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(Looped(), ["blocks.0", "blocks.1", "last", "idle"], LayerKind.MLP)


def test_layers_that_run_several_times_are_not_served_and_not_editable() -> None:
    model, batches = looped(), image_batches()
    net, replayer = model.module.eval(), Replayer(model, task_for(model.task), batches)
    reasons = replayer.not_editable
    assert [reason is None for reason in reasons] == [False, False, True, False]
    assert reasons[0].startswith("It runs 2 times") and reasons[3] == "It does not run."
    found, _ = replayer.rerun(0, Change(edits={2: halved}), replayer.intact(0))
    with hooked(on_output(net.last, lambda a, b: a + (b - a) / 2)):
        np.testing.assert_allclose(found.outcome.losses, losses(model, batches[0]), rtol=1e-5)


def test_layers_that_change_the_shape_are_not_editable() -> None:
    model = tiny_convolutional()
    reasons = Replayer(model, task_for(model.task), image_batches()).not_editable
    assert [reason is None for reason in reasons] == [True, True, False, True] and "another shape" in reasons[2]


def test_nothing_stays_behind_when_an_edit_fails() -> None:
    model = tiny_bert()
    model.module.train()
    before = snapshot(model)
    replayer = Replayer(model, task_for(model.task), BATCHES)

    def broken(_: Tensor) -> Tensor:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replayer.rerun(0, Change(edits={1: broken}), replayer.intact(0))
    assert_same(before, snapshot(model))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((3, 5, 4), LayerKind.TRANSFORMER),
        ((5, 3, 4), LayerKind.TRANSFORMER),
        ((3, 4, 2, 5), LayerKind.CONVOLUTION),
        ((3, 2, 5, 4), LayerKind.TRANSFORMER),
        ((3, 4), LayerKind.MLP),
        ((6, 5, 4), LayerKind.TRANSFORMER),
        ((6, 4, 2, 5), LayerKind.CONVOLUTION),
        ((12, 4), LayerKind.MLP),
    ],
)
def test_shapes_go_to_tokens_and_back(shape: tuple[int, ...], kind: LayerKind) -> None:
    hidden = torch.randn(shape)
    assert torch.equal(as_hidden(as_tokens(hidden, 3, kind), shape, kind), hidden)


@pytest.mark.parametrize("pad", [lambda n: (0, 0, 0, n), lambda n: (0, 0, n, 0)], ids=["right", "left"])
def test_draws_know_only_the_example_and_its_real_tokens(pad: Callable[[int], tuple[int, ...]]) -> None:
    hidden, padding = torch.zeros(2, 3, 4), pad(2)
    plain = Batch(hidden, None, 2, torch.ones(2, 3), first=6)
    mask = nn.functional.pad(torch.ones(2, 3), padding[2:])
    wide = nn.functional.pad(hidden, padding)
    layer = Layer(0, "blocks.0", LayerKind.TRANSFORMER, "Block", 1)
    drawn = drawn_like(hidden, plain, layer, standard_normal, 7)
    padded = drawn_like(wide, Batch(wide, None, 2, mask, first=6), layer, standard_normal, 7)
    assert torch.equal(padded[mask.bool()], drawn.reshape(-1, 4)) and not padded[~mask.bool()].any()
    second = drawn_like(hidden[1:], plain.select(1, 2), layer, standard_normal, 7)
    assert torch.equal(second[0], drawn[1]) and not torch.equal(drawn[0], drawn[1])
