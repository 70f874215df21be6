"""Models of tables: numbers scaled as the folder says, rtdl's networks run block by block without changing."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rtdl_revisiting_models as rtdl
import torch
from safetensors.torch import save_model
from torch import Tensor, nn

from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError
from analysis_core.models.loading import load_model, universal_model
from analysis_core.models.rtdl_blocks import with_runnable_blocks
from analysis_core.models.tabular import Scaling, TabularModel
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import ModalityType, TaskType

NUMBERS, BLOCKS = 4, 3
RESNET: dict[str, Any] = {
    "d_in": NUMBERS, "d_out": 2, "n_blocks": BLOCKS, "d_block": 8, "d_hidden_multiplier": 2.0,
    "dropout1": 0.1, "dropout2": 0.0,
}  # fmt: skip
TRANSFORMER: dict[str, Any] = {
    "n_cont_features": NUMBERS, "cat_cardinalities": [], "d_out": 2, "n_blocks": BLOCKS, "d_block": 8,
    "attention_n_heads": 2, "attention_dropout": 0.1, "ffn_d_hidden_multiplier": 2.0, "ffn_dropout": 0.1,
    "residual_dropout": 0.0,
}  # fmt: skip


def network(kind: str) -> nn.Module:
    torch.manual_seed(0)
    module = rtdl.ResNet(**RESNET) if kind == "ResNet" else rtdl.FTTransformer(**TRANSFORMER)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            nn.init.normal_(part.running_mean)
    return module.eval()


def run(module: nn.Module, numbers: Tensor) -> Tensor:
    with torch.no_grad():
        return module(numbers) if isinstance(module, rtdl.ResNet) else module(numbers, None)


def folder_of(folder: Path, kind: str, **changes: Any) -> Path:
    save_model(network(kind), str(folder / "model.safetensors"))
    config = {
        "library": "rtdl_revisiting_models",
        "architecture": kind,
        "model_args": RESNET if kind == "ResNet" else TRANSFORMER,
        "task": "classification",
        "modality": "tabular",
    }
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def table(*rows: Any, **columns: Any) -> ExampleSet:
    return ExampleSet(pd.DataFrame({"numbers": list(rows), **columns}), "table")


def rows(count: int = 6) -> list[list[float]]:
    return np.random.default_rng(0).normal(size=(count, NUMBERS)).tolist()


@pytest.mark.parametrize("kind", ["ResNet", "FTTransformer"])
def test_blocks_that_run_by_themselves_change_nothing(kind: str) -> None:
    module = network(kind)
    twin = with_runnable_blocks(module)
    numbers = torch.randn(5, NUMBERS)
    assert torch.equal(run(twin, numbers), run(module, numbers))
    assert list(twin.state_dict()) == list(module.state_dict())
    assert all(a is b for a, b in zip(twin.parameters(), module.parameters(), strict=True))
    assert type(network(kind)) is type(module) and with_runnable_blocks(twin) is twin


@pytest.mark.parametrize("kind", ["ResNet", "FTTransformer"])
@pytest.mark.parametrize("removed", [(0,), (1,), (BLOCKS - 1,), (0, 1)])
def test_a_removed_block_is_missing_from_the_librarys_own_network_too(kind: str, removed: tuple[int, ...]) -> None:
    model = TabularModel(network(kind))
    smaller = remove_layers(model, removed)
    original: Any = network(kind)
    owner = original if kind == "ResNet" else original.backbone
    for index in reversed(removed):
        del owner.blocks[index]
    numbers = torch.tensor(rows())
    torch.testing.assert_close(run(smaller, numbers), run(original, numbers))
    (batch,) = model.batches(table(*rows(), label=[0, 1, 0, 1, 0, 1]), 6)
    skipped = Replayer(model, task_for(model.task), [batch]).outcome(removed)
    losses = task_for(model.task).losses(compressed_model(model, smaller, removed).forward(batch), batch)
    np.testing.assert_allclose(skipped.losses, losses.detach().numpy(), rtol=1e-5)


@pytest.mark.parametrize("kind", ["ResNet", "FTTransformer"])
def test_a_folder_is_read_with_its_scaling(kind: str, tmp_path: Path) -> None:
    scaling = {"mean": [1.0, 2.0, 3.0, 4.0], "std": [1.0, 2.0, 4.0, 8.0]}
    model = load_model(str(folder_of(tmp_path, kind, numbers=scaling)), device="cpu")
    assert isinstance(model, TabularModel) and model.numbers == NUMBERS and len(model.layers) == BLOCKS
    assert all(layer.removable for layer in model.layers)
    (batch,) = model.batches(table([1, 4, 7, 12], label=[1]), 2)
    scaled = torch.tensor([[0.0, 1.0, 1.0, 1.0]])
    assert batch.targets is not None and batch.targets.tolist() == [1]
    torch.testing.assert_close(model.forward(batch).detach(), run(network(kind), scaled))


def test_targets_of_a_regression_are_scaled_as_the_folder_says(tmp_path: Path) -> None:
    changes = {"task": "regression", "target": {"mean": [10.0], "std": [5.0]}}
    model = load_model(str(folder_of(tmp_path, "ResNet", **changes)), device="cpu")
    assert isinstance(model, TabularModel) and model.task is TaskType.REGRESSION
    (batch,) = model.batches(table(*rows(2), target=[10.0, 20.0]), 2)
    assert batch.targets is not None and batch.targets.tolist() == [0.0, 2.0]


def test_a_scaling_is_that_of_its_data() -> None:
    scaling = Scaling.of(np.array([[0.0, 5.0], [2.0, 5.0]]))
    assert scaling == Scaling((1.0, 5.0), (1.0, 1.0))
    assert scaling.scaled(np.array([[3.0, 6.0]])).tolist() == [[2.0, 1.0]]
    assert Scaling.from_config({"numbers": scaling.to_dict()}, "numbers", "model") == scaling


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"mean": [0.0] * 3, "std": [1.0] * 3}, "scales 3 numbers, but the model reads 4"),
        ({"mean": [0.0] * 4, "std": [1.0, 1.0, 1.0, 0.0]}, "deviations above zero"),
        ({"mean": [0.0] * 4, "std": [1.0] * 3}, "as many means as deviations"),
        ({"mean": ["a"], "std": [1.0]}, "cannot be used"),
        ({"mean": [0.0]}, "cannot be used"),
    ],
)
def test_a_scaling_that_does_not_fit_is_refused(numbers: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        load_model(str(folder_of(tmp_path, "ResNet", numbers=numbers)), device="cpu")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([1.0, 2.0, 3.0], "example 1.*has 3 numbers, but the model reads 4"),
        ([1.0] * 5, "has 5 numbers, but the model reads 4"),
        ([1.0, 2.0, math.nan, 3.0], "Number 2 is nan"),
        ([1.0, math.inf, 0.0, 3.0], "Number 1 is inf"),
        (["a", 1.0, 2.0, 3.0], "Not all of it is numbers"),
    ],
)
def test_a_row_that_does_not_fit_is_named(wrong: list[Any], message: str) -> None:
    model = TabularModel(network("ResNet"))
    with pytest.raises(DataError, match=message):
        list(model.batches(table([1.0] * NUMBERS, wrong, label=[0, 1]), 4))


@pytest.mark.parametrize("kind", ["ResNet", "FTTransformer"])
def test_a_network_handed_in_is_taken_apart_and_left_alone(kind: str) -> None:
    module = network(kind)
    classes = [type(part) for part in module.modules()]
    numbers = torch.tensor(rows())
    inputs = numbers if kind == "ResNet" else {"x_cont": numbers, "x_cat": None}
    model = universal_model(module, modality=ModalityType.TABULAR, example=inputs)
    assert [layer.removable for layer in model.layers] == [True] * BLOCKS
    assert [type(part) for part in module.modules()] == classes


def test_categories_beside_numbers_are_refused() -> None:
    with pytest.raises(ModelError, match="reads categories"):
        TabularModel(rtdl.FTTransformer(**TRANSFORMER | {"cat_cardinalities": [3]}))
