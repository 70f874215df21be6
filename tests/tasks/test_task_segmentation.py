"""Segmentation: overlaps by hand and by torchmetrics, losses by the library's own model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_jaccard_index
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.vocabulary import TaskType
from tests.tasks.cases import case

TASK = task_for(TaskType.SEGMENTATION)


def certain(chosen: Tensor, classes: int) -> Tensor:
    return torch.nn.functional.one_hot(chosen, classes).movedim(-1, 1).float() * 20


def test_mean_iou_by_hand() -> None:
    chosen = torch.tensor([[[0, 0], [1, 1]], [[2, 2], [2, 2]]])
    masks = torch.tensor([[[0, 1], [1, 255]], [[2, 2], [2, NO_TARGET]]])
    batch = Batch({}, masks, 2)
    found = TASK.metrics(TASK.predictions(certain(chosen, 4), batch), masks)
    # First image: class 0 shares 1 of 2 pixels, class 1 shares 1 of 2. Second: class 2 is all right. Class 3: nowhere.
    assert TASK.metric_per_example(TASK.predictions(certain(chosen, 4), batch), masks).tolist() == [0.5, 1]
    assert found["image_mean_iou"] == pytest.approx(0.75)
    assert found["mean_iou"] == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert found["pixel_accuracy"] == pytest.approx(5 / 6)


def test_metrics_agree_with_torchmetrics() -> None:
    found = case("segmentation")
    outputs, batch = found.whole()
    masks = found.targets.masked_fill(found.targets == 255, NO_TARGET)
    logits = torch.nn.functional.interpolate(outputs["logits"], size=masks.shape[1:], mode="bilinear")
    chosen = logits.argmax(1)
    metrics = TASK.metrics(TASK.predictions(outputs, batch), masks)
    jaccard = multiclass_jaccard_index(chosen, masks, 3, ignore_index=NO_TARGET)
    assert metrics["mean_iou"] == pytest.approx(float(jaccard), rel=1e-6)
    accuracy = multiclass_accuracy(chosen, masks, 3, average="micro", ignore_index=NO_TARGET)
    assert metrics["pixel_accuracy"] == pytest.approx(float(accuracy), rel=1e-6)
    each = [
        float(multiclass_jaccard_index(chosen[i : i + 1], masks[i : i + 1], 3, ignore_index=NO_TARGET))
        for i in range(len(masks))
    ]
    np.testing.assert_allclose(TASK.metric_per_example(TASK.predictions(outputs, batch), masks), each, rtol=1e-6)


def test_segformer_states_the_same_loss_for_one_image() -> None:
    torch.manual_seed(0)
    config = SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[8, 8], patch_sizes=[7, 3], strides=[4, 2],
        num_attention_heads=[1, 1], mlp_ratios=[2, 2], decoder_hidden_size=8, num_labels=3,
    )  # fmt: skip
    module = SegformerForSemanticSegmentation(config).eval()
    pictures, masks = torch.randn(2, 3, 32, 32), torch.randint(3, (2, 32, 32))
    masks[:, :5] = 255
    with torch.no_grad():
        ours = TASK.losses(module(pictures), Batch(pictures, masks, 2))
        for image in range(2):
            theirs = module(pictures[image : image + 1], labels=masks[image : image + 1]).loss
            torch.testing.assert_close(ours[image], theirs, rtol=1e-5, atol=1e-6)


def test_losses_count_labelled_pixels_only() -> None:
    logits = torch.zeros(1, 2, 2, 2)
    logits[0, 1] = torch.tensor([[0.0, 4.0], [4.0, 0.0]])
    masks = torch.tensor([[[1, 255], [NO_TARGET, 0]]])
    torch.testing.assert_close(TASK.losses(logits, Batch({}, masks, 1)), torch.tensor([2.0]).log())


def test_class_255_counts_where_the_model_has_it() -> None:
    masks = torch.full((1, 1, 1), 255)
    assert float(TASK.losses(certain(masks, 300), Batch({}, masks, 1))) < 1e-3


def test_features_are_shares_of_cells() -> None:
    masks = torch.zeros(1, 8, 8, dtype=torch.long)
    masks[0, 0, :2] = 1  # half of the first cell of 2 x 2 pixels
    features = TASK.answer_features(torch.zeros(1, 2, 8, 8), Batch({}, masks, 1)).reshape(2, 4, 4)
    assert features[1, 0, 0] == 0.5 and features[1].sum() == 0.5 and features[0, 0, 0] == 0.5


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (torch.tensor([[[0, 1]], [[0, 7]]]), "Example 4 has pixel's class 7"),
        (torch.tensor([[[0, 1]], [[255, NO_TARGET]]]), "mask of example 4 labels no pixel"),
        (torch.tensor([0, 1]), "Masks of shape"),
        (torch.rand(2, 1, 2), "whole number"),
    ],
)
def test_bad_masks_are_named(masks: Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        TASK.losses(torch.zeros(2, 3, 1, 2), Batch({}, masks, 2, first=3))
