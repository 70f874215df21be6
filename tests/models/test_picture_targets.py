"""Classes, boxes and masks follow their picture into the model; what does not fit is named in one sentence."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tiny_models
import torch
from PIL import Image
from transformers import (
    PreTrainedModel,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    YolosConfig,
    YolosForObjectDetection,
)

from analysis_core.data.examples import ExampleSet
from analysis_core.data.pictures import png_of
from analysis_core.errors import DataError, ModelError
from analysis_core.models.loading import load_model
from analysis_core.models.preprocessing import PICTURE_CONFIG, PROCESSOR_CONFIG, Preprocessing, picture_settings
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.vocabulary import ModalityType, TaskType

SIDE, QUERIES = 16, 3
SETTINGS = Preprocessing(1, SIDE, SIDE, (0.5,), (0.25,), keeps_proportions=False).to_transformers()
LABELS = {"id2label": {0: "round", 1: "square"}, "label2id": {"round": 0, "square": 1}}


def saved(module: PreTrainedModel, folder: Path) -> Path:
    module.save_pretrained(folder)
    (folder / PICTURE_CONFIG).write_text(json.dumps(SETTINGS))
    return folder


@pytest.fixture(scope="module")
def yolos(tmp_path_factory: pytest.TempPathFactory) -> Any:
    config = YolosConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8, image_size=[SIDE, SIDE],
        patch_size=8, num_channels=1, num_detection_tokens=QUERIES, use_mid_position_embeddings=False, **LABELS,
    )  # fmt: skip
    torch.manual_seed(0)
    return load_model(str(saved(YolosForObjectDetection(config), tmp_path_factory.mktemp("yolos"))), device="cpu")


@pytest.fixture(scope="module")
def segformer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    config = SegformerConfig(
        num_channels=1, depths=[1, 1, 1, 1], hidden_sizes=[4, 4, 8, 8], num_attention_heads=[1, 1, 2, 2],
        strides=[2, 2, 2, 1], sr_ratios=[2, 1, 1, 1], decoder_hidden_size=8, **LABELS,
    )  # fmt: skip
    torch.manual_seed(0)
    folder = saved(SegformerForSemanticSegmentation(config), tmp_path_factory.mktemp("segformer"))
    return load_model(str(folder), device="cpu")


def examples(**columns: list[Any]) -> ExampleSet:
    return ExampleSet(pd.DataFrame(columns), "scenes")


def loss_of(model: Any, found: ExampleSet) -> torch.Tensor:
    [batch] = model.batches(found, 8)
    with torch.no_grad():
        return task_for(model.task, model.modality).losses(model.forward(batch), batch)


def test_task_and_preparation_follow_from_the_configuration(yolos: Any, segformer: Any) -> None:
    assert (yolos.task, segformer.task) == (TaskType.DETECTION, TaskType.SEGMENTATION)
    assert {model.modality for model in (yolos, segformer)} == {ModalityType.VISION}
    assert yolos.preprocessing == Preprocessing(1, SIDE, SIDE, (0.5,), (0.25,), keeps_proportions=False)
    assert yolos.summary["labels"] == ["round", "square"]
    assert len(segformer.layers) == 4 and len(yolos.layers) == 2


def test_objects_are_filled_up_to_the_most_of_a_batch(yolos: Any) -> None:
    box = [0.5, 0.5, 0.2, 0.4]
    found = examples(image=[tiny_models.png(1)] * 3, objects=[[[0, *box], [1, *box]], [], [[1, *box]]])
    [batch] = yolos.batches(found, 8)
    assert batch.targets.shape == (3, 2, 5)
    torch.testing.assert_close(batch.targets[0, 1], torch.tensor([1, *box]))
    assert (batch.targets[1] == NO_TARGET).all() and (batch.targets[2, 1] == NO_TARGET).all()
    assert loss_of(yolos, found).isfinite().all()
    assert [part.targets.shape[1] for part in yolos.batches(found, 1)] == [2, 1, 1]


def test_pictures_without_targets_are_read_all_the_same(yolos: Any, segformer: Any) -> None:
    for model in (yolos, segformer):
        assert next(iter(model.batches(examples(image=[tiny_models.png(3)]), 1))).targets is None


def test_boxes_move_with_a_picture_that_is_cut() -> None:
    """A picture of 40 x 20 is halved to 20 x 10, and the middle 10 x 10 of that is read."""
    cut = Preprocessing(1, 10, 10, (0.0,), (1.0,))
    boxes = torch.tensor([[0.5, 0.5, 0.25, 0.5], [0.3, 0.5, 0.2, 1.0], [0.05, 0.5, 0.1, 1.0]])
    moved, seen = cut.boxes(boxes, (40, 20))
    torch.testing.assert_close(moved[:2], torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.15, 0.5, 0.3, 1.0]]))
    assert seen.tolist() == [True, True, False]
    squeezed, all_seen = Preprocessing(1, 10, 10, (0.0,), (1.0,), keeps_proportions=False).boxes(boxes, (40, 20))
    torch.testing.assert_close(squeezed, boxes)
    assert all_seen.all()


def test_masks_are_resized_without_new_classes(segformer: Any) -> None:
    mask = np.zeros((32, 32), dtype=np.uint8)
    mask[:16, 16:] = 1
    mask[31, 0] = 255
    found = examples(image=[tiny_models.png(9, (32, 32))], mask=[png_of(mask)])
    [batch] = segformer.batches(found, 1)
    assert batch.targets.shape == (1, SIDE, SIDE)
    assert batch.targets[0, :8, 8:].unique().tolist() == [1] and batch.targets[0, 8:, 8:].unique().tolist() == [0]
    assert set(batch.targets.unique().tolist()) <= {0, 1, 255}
    assert loss_of(segformer, found).isfinite().all()


def test_detection_models_see_the_whole_picture_unless_a_crop_is_asked_for() -> None:
    values = {"image_mean": [0.5], "image_std": [0.5], "size": {"shortest_edge": 512, "longest_edge": 864}}
    config = {"num_channels": 1, "image_size": [512, 864]}
    whole = Preprocessing.from_transformers(values, config, whole=True)
    assert (whole.height, whole.width, whole.keeps_proportions) == (512, 864, False)
    usual = Preprocessing.from_transformers(values, config)
    assert (usual.height, usual.width, usual.keeps_proportions) == (512, 512, True)


def test_settings_of_all_inputs_together_are_found(tmp_path: Path) -> None:
    (tmp_path / PROCESSOR_CONFIG).write_text(json.dumps({"image_processor": SETTINGS, "tokenizer": {}}))
    assert picture_settings(tmp_path) == SETTINGS
    with pytest.raises(ModelError, match=r"no preprocessor_config\.json"):
        picture_settings(tmp_path / "nowhere")


def wav_bytes() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 100)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [(b"", "scenes, picture 1: The picture is empty"), (wav_bytes(), "picture 1: .*it is a WAV sound")],
)
def test_what_is_no_picture_is_named(yolos: Any, picture: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        list(yolos.batches(examples(image=[tiny_models.png(1), picture]), 4))


@pytest.mark.parametrize(
    ("objects", "sentence"),
    [
        ([[0, 0.9, 0.5, 0.4, 0.2]], r"picture 0: An object's box \[0.9, 0.5, 0.4, 0.2\] is empty or reaches out"),
        ([[0, 0.5, 0.5, 0.0, 0.2]], "is empty or reaches out"),
        ([[0, float("nan"), 0.5, 0.1, 0.2]], "is empty or reaches out"),
        ([[0, 0.5, 0.5]], "no lists of five numbers"),
        ("a box", "no lists of five numbers"),
        ([[7, 0.5, 0.5, 0.1, 0.1]], "has class 7, but the model knows 0 to 1"),
        ([[0, 0.5, 0.5, 0.1, 0.1]] * (QUERIES + 1), "holds 4 objects, but the model finds 3 at most"),
    ],
)
def test_objects_that_do_not_fit_are_named(yolos: Any, objects: Any, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        loss_of(yolos, examples(image=[tiny_models.png(1)], objects=[objects]))


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (png_of(np.zeros((16, 8), dtype=np.uint8)), "mask 0: The mask has 8 x 16 pixels, its picture 16 x 16"),
        (png_of(np.full((16, 16), 2, dtype=np.uint8)), "pixel's class 2, but the model knows 0 to 1"),
        (tiny_models.png(0, mode="RGB"), "mode RGB, which holds colours"),
        (b"", "mask 0: The picture is empty"),
        (png_of(np.full((16, 16), 255, dtype=np.uint8)), "mask of example 0 labels no pixel"),
    ],
)
def test_masks_that_do_not_fit_are_named(segformer: Any, mask: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        loss_of(segformer, examples(image=[tiny_models.png(1)], mask=[mask]))


def test_a_label_that_the_model_does_not_have_is_named(tmp_path: Path) -> None:
    model = load_model(str(tiny_models.timm_folder(tmp_path)), device="cpu")
    with pytest.raises(DataError, match="Example 1 has label 3, but the model knows the 3 classes 0 to 2"):
        loss_of(model, examples(image=[tiny_models.png(1)] * 2, label=[0, 3]))


def test_data_of_another_kind_is_refused(yolos: Any) -> None:
    with pytest.raises(DataError, match="reads a column 'image', but the examples have 'text'"):
        next(iter(yolos.batches(examples(text=["a"]), 1)))


def test_the_reference_processor_prepares_pictures_alike(yolos: Any) -> None:
    from transformers import ViTImageProcessor

    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    values = {key: value for key, value in SETTINGS.items() if key not in ("image_mean", "image_std")}
    processor = ViTImageProcessor(**values, image_mean=[0.5] * 3, image_std=[0.25] * 3)
    expected = processor(Image.fromarray(noise).convert("RGB"), return_tensors="pt")["pixel_values"][0, :1]
    torch.testing.assert_close(yolos.preprocessing.tensor(Image.fromarray(noise)), expected, atol=1e-5, rtol=0)
