"""Modules of one's own."""

from __future__ import annotations

import pytest
import tiny_models
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.loading import universal_model
from analysis_core.models.plain import ModuleModel


class Widening(nn.Module):
    """Looks harmless by its structure, and doubles the width in its forward."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x[..., :4], self.inner(x[..., :4])], dim=-1)


def test_an_example_corrects_what_the_structure_promised() -> None:
    module = nn.Sequential(Widening(), Widening())
    assert [layer.removable for layer in universal_model(module).layers] == [True, True]
    observed = universal_model(module, example=torch.zeros(1, 4))
    assert [layer.removable for layer in observed.layers] == [False, True]


def test_a_batch_may_come_later() -> None:
    model = universal_model(nn.Sequential(Widening(), Widening()))
    assert isinstance(model, ModuleModel)
    layers = model.observe(Batch(torch.zeros(2, 4), None, 2))
    assert layers == model.layers and not layers[0].removable
    assert model.layer_modules[0] is model.module.get_submodule("0")


def test_an_input_that_does_not_fit_is_said() -> None:
    model = universal_model(nn.Sequential(tiny_models.Residual(4), tiny_models.Residual(4)), name="mine")
    assert isinstance(model, ModuleModel)
    with pytest.raises(ModelError, match="mine: The model does not run on the example"):
        model.observe(torch.zeros(1, 5))


def test_inputs_may_be_positional_or_by_name() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(tiny_models.Residual(4) for _ in range(2))

        def forward(self, x: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
            for block in self.blocks:
                x = block(x + shift)
            return x

    model = universal_model(Two())
    x, shift = torch.ones(3, 4), torch.ones(3, 4)
    by_position = model.get_layer_output((x, shift), 1)
    torch.testing.assert_close(by_position, model.get_layer_output({"x": x, "shift": shift}, 1))
    torch.testing.assert_close(by_position, model.module(x, shift))


def test_the_module_is_left_as_it_was_but_for_its_mode() -> None:
    module = nn.Sequential(tiny_models.Residual(4), nn.Dropout(0.5), tiny_models.Residual(4)).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    universal_model(module, example=torch.zeros(1, 4))
    torch.testing.assert_close(dict(module.state_dict()), before)
    assert not any(part.training for part in module.modules())
    assert all(parameter.grad is None for parameter in module.parameters())
