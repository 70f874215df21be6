"""Models that no configuration of their kind describes: the whole one's names what is to be taken out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_equal
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.huggingface import load_transformers_folder
from analysis_core.models.plain import ModuleModel
from analysis_core.probe.skipping import are_same, outputs_without
from tests.compression import models
from tests.compression.models import inputs_for
from tests.models.tiny_models import tokenizer


def scaled_by_depth() -> ModuleModel:
    """A GPT-2 whose attention in each block is scaled by the block's number."""
    tiny = models.gpt2(4, scale_attn_by_inverse_layer_idx=True)
    return ModuleModel(tiny.module, library="transformers", example=Batch(inputs_for(tiny), None, 3))


def without(model: ModuleModel, removed: list[int]) -> Any:
    return compressed_model(model, remove_layers(model, removed), removed)


def outputs_of(model: ModuleModel) -> Any:
    assert model.example is not None
    with torch.no_grad():
        return model.forward(model.example)


def test_blocks_are_cut_out_where_another_depth_would_compute_something_else() -> None:
    model = scaled_by_depth()
    twin = without(model, [1])
    assert model.example is not None
    assert are_same(outputs_of(twin), outputs_without(model, model.example, [1]))
    assert twin.module.config.num_hidden_layers == 4
    [step] = twin.module.config.cuts
    assert step["removed"] == ["transformer.h.1"]
    assert ["transformer.h.1.attn", "layer_idx", 1] in step["numbers"]
    assert not hasattr(model.module.config, "cuts")


def test_it_can_be_cut_again() -> None:
    model = scaled_by_depth()
    twin = without(without(model, [1]), [1])
    assert model.example is not None
    assert are_same(outputs_of(twin), outputs_without(model, model.example, [1, 2]))
    assert [step["removed"] for step in twin.module.config.cuts] == [["transformer.h.1"], ["transformer.h.1"]]


def test_a_number_that_describes_it_is_preferred() -> None:
    twin = without(scaled_by_depth(), [3])
    assert twin.module.config.num_hidden_layers == 3 and not hasattr(twin.module.config, "cuts")


def test_its_export_loads_by_its_script_and_by_this_project_only(tmp_path: Path) -> None:
    model = scaled_by_depth()
    twin = without(model, [1])
    folder = export(twin, tmp_path / "out", plan=plan_from_removed(model.layers, [1]))
    assert model.example is not None and reload_equal(twin, folder, model.example)
    with pytest.raises(OSError, match=r"model\.safetensors"):
        AutoModelForCausalLM.from_pretrained(folder)
    tokenizer().save_pretrained(folder)
    again = load_transformers_folder(folder, name="again", task=None, modality=None, device=torch.device("cpu"))
    weights, others = twin.module.state_dict(), again.module.state_dict()
    assert weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)
    scales = [[part.scaling for part in one.module.modules() if hasattr(part, "scaling")] for one in (twin, again)]
    assert scales[0] == scales[1] and len(set(scales[0])) == 3
    assert "from load import load" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_step_that_reaches_for_something_else_is_refused(tmp_path: Path) -> None:
    model = scaled_by_depth()
    folder = export(without(model, [1]), tmp_path / "out", plan=plan_from_removed(model.layers, [1]))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["cuts"][0]["numbers"] = [["transformer.h.1", "forward", 1]]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(Exception, match="no plain number"):
        load_transformers_folder(folder, name="again", task=None, modality=None, device=torch.device("cpu"))


def test_without_an_example_that_shows_it_nothing_is_cut_out() -> None:
    blind = ModuleModel(scaled_by_depth().module, library="transformers")
    with pytest.raises(SurgeryError, match="'scaling' would be"):
        remove_layers(blind, [1])


class GoesByNumber(nn.Module):
    """Adds something behind the second block, whichever that is."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(4)])

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            x = block(x) + (number == 1)
        return x


class Draws(GoesByNumber):
    """Draws what it adds."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + torch.randn(4)


def test_layers_whose_number_counts_are_refused() -> None:
    model = ModuleModel(GoesByNumber(), example=torch.ones(2, 4))
    with pytest.raises(SurgeryError, match="computes something else"):
        remove_layers(model, [0])
    assert len(list(remove_layers(model, [3]).get_submodule("blocks").children())) == 3


def test_a_model_that_draws_random_numbers_is_not_compared() -> None:
    model = ModuleModel(Draws(), example=torch.ones(2, 4))
    assert remove_layers(model, [0]) is not None
