"""Folders in the zoo's timm format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from safetensors.torch import load_file, save_file

from analysis_core.errors import ModelError, NumericalError, UnknownNameError, UnsafeFileError
from analysis_core.models.loading import load_model
from analysis_core.models.vision import VisionModel
from analysis_core.vocabulary import TaskType


def test_a_timm_folder_loads(tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path / "my-vit")
    model = load_model(str(folder), device="cpu")
    assert isinstance(model, VisionModel) and not model.module.training
    assert [layer.name for layer in model.layers] == ["blocks.0", "blocks.1", "blocks.2"]
    assert model.library == "timm" and model.config_dict["architecture"] == "vit_tiny_patch16_224"
    assert model.config_dict["model_args"]["depth"] == 3
    assert model.preprocessing.mean == (0.5,) and model.summary["labels"] == tiny_models.LABELS
    torch.testing.assert_close(dict(model.module.state_dict()), load_file(folder / "model.safetensors"))


def test_half_precision_weights_come_in_float32(tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path)
    path = folder / "model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)
    module = load_model(str(folder), device="cpu").module
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"depth": 4}, ModelError, r"not in the file: blocks\.3"),
        ({"depth": 2}, ModelError, r"no place in the model: blocks\.2"),
        ({"depth": 3000}, ModelError, "3000 layers"),
        ({"embed_dim": 24}, ModelError, "has shape"),
        ({"no_such_argument": 1}, ModelError, "cannot build"),
        ({"pretrained": True}, UnsafeFileError, "'pretrained' may not come from a file"),
        ({"pretrained_cfg": {"url": "x"}}, UnsafeFileError, "may not come from a file"),
        ({"checkpoint_path": "w.pth"}, UnsafeFileError, "checkpoint_path"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    base = {**tiny_models.TIMM_ARGUMENTS, "in_chans": 1, "num_classes": 3}
    folder = tiny_models.timm_folder(tmp_path, model_args=base | arguments)
    with pytest.raises(error, match=message):
        load_model(str(folder), device="cpu")


@pytest.mark.parametrize("name", ["vit_tiny_patch16_225", "hf-hub:someone/model", "local-dir:/tmp", ""])
def test_an_unknown_architecture_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises((UnknownNameError, UnsafeFileError)):
        load_model(str(tiny_models.timm_folder(tmp_path, architecture=name)), device="cpu")


def test_an_unknown_architecture_gets_the_nearest_one(tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path, architecture="resnet1o1")
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet101'"):
        load_model(str(folder), device="cpu")


def test_missing_picture_settings_are_said(tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path, pretrained_cfg={"input_size": [1, 16, 16], "mean": "x", "std": [1]})
    with pytest.raises(ModelError, match="how pictures are prepared"):
        load_model(str(folder), device="cpu")


def test_weights_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    path = tiny_models.timm_folder(tmp_path) / "model.safetensors"
    tensors = dict(load_file(path))
    tensors["head.bias"][0] = float("nan")
    save_file(tensors, path)
    with pytest.raises(NumericalError, match=r"head\.bias"):
        load_model(str(tmp_path), device="cpu")


def test_a_timm_model_classifies_pictures_only(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="classifies pictures"):
        load_model(str(tiny_models.timm_folder(tmp_path)), task=TaskType.GENERATION, device="cpu")
