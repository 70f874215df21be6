"""A model with layers skipped, without a task and without keeping anything."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.plain import ModuleModel
from analysis_core.probe.skipping import are_same, outputs_without


class Scale(nn.Module):
    """Multiplies by a number; holds a matrix, so that it counts as a layer."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2, bias=False)
        self.linear.weight.data = factor * torch.eye(2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x)
        return result


def scales() -> ModuleModel:
    return ModuleModel(nn.Sequential(*map(Scale, (2.0, 3.0, 5.0))), example=torch.ones(1, 2))


def test_skipped_layers_hand_on_what_they_are_given() -> None:
    model, batch = scales(), Batch(torch.ones(1, 2), None, 1)
    assert outputs_without(model, batch, ()).tolist() == [[30.0, 30.0]]
    assert outputs_without(model, batch, {1}).tolist() == [[10.0, 10.0]]
    assert outputs_without(model, batch, {0, 2}).tolist() == [[3.0, 3.0]]
    assert model.module(torch.ones(1, 2)).tolist() == [[30.0, 30.0]]


def test_it_works_where_gradients_can_never_be_asked_for() -> None:
    with torch.inference_mode():
        model = scales()
        assert outputs_without(model, Batch(torch.ones(1, 2), None, 1), {1}).tolist() == [[10.0, 10.0]]


def test_outputs_are_the_same_up_to_rounding() -> None:
    one = {"logits": torch.tensor([1000.0, float("nan")]), "picks": torch.tensor([3])}
    assert are_same(one, {**one, "logits": torch.tensor([1000.05, float("nan")])})
    assert not are_same(one, {**one, "logits": torch.tensor([1000.2, float("nan")])})
    assert not are_same(one, {**one, "logits": torch.tensor([1000.0, 1.0])})
    assert not are_same(one, {**one, "picks": torch.tensor([4])})
    assert not are_same(torch.zeros(2), torch.zeros(3))


def test_lists_with_one_entry_a_layer_are_passed_over() -> None:
    states = [torch.zeros(1), torch.ones(1), torch.ones(1)]
    assert are_same((torch.ones(1), states), (torch.ones(1), states[::2]))
    assert not are_same((torch.ones(1), states), (torch.zeros(1), states[::2]))
    assert not are_same((torch.ones(1), states), (torch.ones(1), states[::-1]))
