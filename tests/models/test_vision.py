"""Pictures become the numbers that a model was trained on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tiny_models
import torch
from PIL import Image

from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError
from analysis_core.models.base import first_tensor
from analysis_core.models.loading import load_model
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.models.vision import VisionModel

GREY = Preprocessing(1, 16, 16, (0.5,), (0.25,))


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> VisionModel:
    model = load_model(str(tiny_models.timm_folder(tmp_path_factory.mktemp("vit"))), device="cpu")
    assert isinstance(model, VisionModel)
    return model


def test_a_grey_level_is_scaled_and_normalised() -> None:
    tensor = GREY.tensor(Image.open(io.BytesIO(tiny_models.png(51))))
    torch.testing.assert_close(tensor, torch.full((1, 16, 16), (51 / 255 - 0.5) / 0.25))


def test_colour_becomes_grey_and_grey_becomes_colour() -> None:
    assert GREY.tensor(Image.new("RGB", (16, 16), (10, 10, 10))).shape == (1, 16, 16)
    colour = Preprocessing(3, 16, 16, (0.0, 0.5, 1.0), (1.0, 1.0, 1.0))
    tensor = colour.tensor(Image.new("L", (16, 16), 255))
    torch.testing.assert_close(tensor[:, 0, 0], torch.tensor([1.0, 0.5, 0.0]))


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    raw = Preprocessing(1, 16, 16, (0.0,), (1 / 255,), crop_share=0.9)
    torch.testing.assert_close(raw.tensor(Image.fromarray(noise))[0], torch.from_numpy(noise).float())


def test_the_middle_of_a_wide_picture_is_taken_or_the_whole_is_squeezed() -> None:
    stripes = np.zeros((16, 48), dtype=np.uint8)
    stripes[:, 16:32] = 255
    picture = Image.fromarray(stripes)
    raw = {
        "channels": 1,
        "height": 16,
        "width": 16,
        "mean": (0.0,),
        "std": (1.0,),
        "interpolation": "nearest",
    }
    assert Preprocessing(**raw).tensor(picture).mean() == 1.0  # type: ignore[arg-type]
    squeezed = Preprocessing(**raw, keeps_proportions=False).tensor(picture)  # type: ignore[arg-type]
    assert 0.2 < float(squeezed.mean()) < 0.45


def test_a_crop_share_enlarges_before_cutting() -> None:
    dot = np.zeros((32, 32), dtype=np.uint8)
    dot[8:24, 8:24] = 255
    half = Preprocessing(1, 16, 16, (0.0,), (1.0,), "nearest", crop_share=0.5)
    assert half.tensor(Image.fromarray(dot)).min() == 1.0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"input_size": [1, 16], "mean": [0.5], "std": [1]},
        {"input_size": [3, 16, 16], "mean": [0.5, 0.5], "std": [1]},
        {"input_size": [1, 16, 16], "mean": [0.5], "std": [0]},
        {"input_size": [1, 16, 16], "mean": [0.5], "std": [1], "interpolation": "magic"},
        {"input_size": [1, 10**6, 10**6], "mean": [0.5], "std": [1]},
        {"input_size": [2, 16, 16], "mean": [0.5], "std": [1]},
        {"input_size": [1, 16, 16], "mean": [0.5], "std": [1], "crop_pct": 2.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="how pictures are prepared"):
        Preprocessing.from_timm(values)


def test_transformers_settings_are_understood() -> None:
    common = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3}
    squeezed = Preprocessing.from_transformers(common | {"size": {"height": 8, "width": 12}}, {"num_channels": 3})
    assert (squeezed.height, squeezed.width, squeezed.keeps_proportions) == (8, 12, False)
    cut = Preprocessing.from_transformers(
        common | {"size": {"shortest_edge": 16}, "do_center_crop": True, "crop_size": {"height": 12, "width": 12}},
        {},
    )
    assert (cut.height, cut.crop_share, cut.keeps_proportions, cut.interpolation) == (
        12,
        0.75,
        True,
        "bicubic",
    )
    with pytest.raises(ModelError, match="how pictures are prepared"):
        Preprocessing.from_transformers({"size": 16}, {})


def test_batches_carry_pictures_and_labels(vit: VisionModel) -> None:
    frame = pd.DataFrame({"image": [tiny_models.png(shade) for shade in range(5)], "label": [0, 1, 2, 0, 1]})
    batches = list(vit.batches(ExampleSet(frame), 2, max_samples=3))
    assert [tuple(first_tensor(batch.inputs).shape) for batch in batches] == [(2, 1, 16, 16), (1, 1, 16, 16)]
    assert [batch.targets.tolist() for batch in batches if batch.targets is not None] == [[0, 1], [2]]
    assert [batch.first for batch in batches] == [0, 2]
    assert vit.forward(batches[0]).shape == (2, 3)
    assert vit.get_layer_output(batches[0], 2).shape == (2, 5, 12)


def test_a_damaged_picture_is_named(vit: VisionModel) -> None:
    frame = pd.DataFrame({"image": [tiny_models.png(1), b"no picture"], "label": [0, 1]})
    with pytest.raises(DataError, match="photos, picture 1"):
        list(vit.batches(ExampleSet(frame, "photos"), 1))


def test_preprocessing_is_part_of_what_is_saved(vit: VisionModel, tmp_path: Path) -> None:
    assert vit.config_dict["pretrained_cfg"] == {"input_size": [1, 16, 16], "mean": [0.5], "std": [0.25]}
