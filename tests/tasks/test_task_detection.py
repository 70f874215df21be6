"""Detection: the library's own matching loss, COCO's own evaluation, and cases worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.detection import MeanAveragePrecision
from transformers import YolosConfig, YolosForObjectDetection

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.average_precision import image_average_precision
from analysis_core.tasks.boxes import corners, generalised_overlaps, matching
from analysis_core.vocabulary import TaskType
from tests.tasks.cases import case

TASK = task_for(TaskType.DETECTION)


def test_yolos_states_the_same_loss_for_one_image() -> None:
    torch.manual_seed(0)
    config = YolosConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=[32, 32],
        patch_size=16, num_detection_tokens=6, num_labels=3,
    )  # fmt: skip
    module = YolosForObjectDetection(config).eval()
    pictures = torch.randn(2, 3, 32, 32)
    boxes = torch.tensor([[0.3, 0.4, 0.2, 0.3], [0.7, 0.6, 0.3, 0.2]])
    targets = torch.full((2, 2, 5), float(NO_TARGET))
    targets[0] = torch.cat([torch.tensor([[2.0], [0.0]]), boxes], 1)
    targets[1, 0] = torch.cat([torch.tensor([1.0]), boxes[1]])
    with torch.no_grad():
        ours = TASK.losses(module(pictures), Batch(pictures, targets, 2))
        for example, classes in enumerate(([2, 0], [1])):
            labels = [{"class_labels": torch.tensor(classes), "boxes": targets[example, : len(classes), 1:]}]
            theirs = module(pictures[example : example + 1], labels=labels).loss
            torch.testing.assert_close(ours[example], theirs, rtol=1e-5, atol=1e-5)


def test_the_matching_is_the_cheapest_of_all() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, boxes = torch.randn(5, 4, generator=generator), torch.rand(5, 4, generator=generator) * 0.4 + 0.2
    classes, wanted = torch.tensor([0, 2, 2]), torch.rand(3, 4, generator=generator) * 0.4 + 0.2
    costs = {}
    for queries in itertools.permutations(range(5), 3):
        chosen = list(queries)
        costs[queries] = float(
            5 * (boxes[chosen] - wanted).abs().sum()
            - logits.softmax(-1)[chosen, classes].sum()
            - 2 * generalised_overlaps(boxes[chosen], wanted).diagonal().sum()
        )
    found = dict(zip(*(part.tolist() for part in reversed(matching(logits, boxes, classes, wanted))), strict=True))
    assert tuple(found[number] for number in range(3)) == min(costs, key=lambda key: costs[key])


def test_boxes_by_hand() -> None:
    box = torch.tensor([[0.5, 0.5, 0.2, 0.4]])
    torch.testing.assert_close(corners(box), torch.tensor([[0.4, 0.3, 0.6, 0.7]]))
    # Two unit squares, half a side apart: IoU 1/3, the hull has no more than their union.
    one, other = torch.tensor([[0.5, 0.5, 1, 1]]), torch.tensor([[1.0, 0.5, 1, 1]])
    assert float(generalised_overlaps(one, other)) == pytest.approx(1 / 3)
    # Side by side with a gap of one: no overlap, a third of the hull is empty.
    assert float(generalised_overlaps(one, torch.tensor([[2.5, 0.5, 1, 1]]))) == pytest.approx(-1 / 3)


def detections(rows: list[list[float]]) -> Tensor:
    return torch.tensor([rows])


def test_average_precision_by_hand() -> None:
    """Two objects: the surest detection is right, the second wrong, the third finds the other object."""
    targets = torch.tensor([[[0, 0.2, 0.2, 0.2, 0.2], [0, 0.7, 0.7, 0.2, 0.2]]])
    found = detections(
        [
            [0.1, 0.1, 0.3, 0.3, 0.9, 0],
            [0.1, 0.7, 0.3, 0.9, 0.8, 0],
            [0.6, 0.6, 0.8, 0.8, 0.7, 0],
        ]
    )
    # Precision 1 up to recall 1/2 (51 of 101 places), then 2/3.
    expected = (51 + 50 * 2 / 3) / 101
    assert TASK.metric_per_example(found, targets).tolist() == pytest.approx([expected])
    metrics = TASK.metrics(found, targets)
    assert metrics == {name: pytest.approx(expected) for name in ("image_average_precision", "map", "map_50")}


def test_a_box_that_overlaps_by_two_thirds_counts_at_four_thresholds_of_ten() -> None:
    targets = torch.tensor([[[1, 0.5, 0.5, 0.4, 0.4]]])
    # Two thirds of the box, all of it inside: IoU 2/3 passes 0.50, 0.55, 0.60 and 0.65.
    found = detections([[0.3, 0.3, 0.7, 0.3 + 0.8 / 3, 0.9, 1]])
    metrics = TASK.metrics(found, targets)
    assert metrics["image_average_precision"] == pytest.approx(0.4)
    assert (metrics["map"], metrics["map_50"]) == pytest.approx((0.4, 1))


def test_images_without_objects() -> None:
    nothing = np.zeros((2, 0))
    labels, wanted = np.zeros(2), np.zeros(0)
    assert image_average_precision(nothing, np.array([0.2, 0.4]), labels, wanted) == 1
    assert image_average_precision(nothing, np.array([0.2, 0.6]), labels, wanted) == 0
    targets = torch.full((1, 2, 5), float(NO_TARGET))
    assert TASK.metrics(detections([[0, 0, 1, 1, 0.1, 0]]), targets) == {"image_average_precision": 1}


@pytest.mark.parametrize("seed", range(4))
def test_each_image_alone_agrees_with_cocos_evaluation(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    images, queries = 6, 40
    counts = torch.randint(1, 6, (images,), generator=generator)
    centers = torch.rand(images, 5, 2, generator=generator) * 0.5 + 0.25
    wanted = torch.cat([centers, torch.rand(images, 5, 2, generator=generator) * 0.3 + 0.1], -1)
    targets = torch.cat([torch.randint(3, (images, 5, 1), generator=generator).float(), wanted], -1)
    targets[torch.arange(5) >= counts.unsqueeze(1)] = NO_TARGET
    # Detections scatter around objects, so that all thresholds matter.
    sources = torch.randint(5, (images, queries), generator=generator)
    near = wanted.gather(1, sources.unsqueeze(-1).expand(-1, -1, 4))
    near = (near + 0.05 * torch.randn(near.shape, generator=generator)).clamp(min=0.02)
    scores = torch.rand(images, queries, 1, generator=generator)
    labels = torch.randint(3, (images, queries, 1), generator=generator).float()
    predictions = torch.cat([corners(near), scores, labels], -1)
    ours = TASK.metric_per_example(predictions, targets)
    metric = MeanAveragePrecision(
        iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(), rec_thresholds=np.linspace(0, 1, 101).tolist()
    )
    for image in range(images):
        objects = targets[image, : counts[image]]
        metric.reset()
        metric.update(
            [{"boxes": predictions[image, :, :4], "scores": scores[image, :, 0], "labels": labels[image, :, 0].long()}],
            [{"boxes": corners(objects[:, 1:]), "labels": objects[:, 0].long()}],
        )
        assert ours[image] == pytest.approx(float(metric.compute()["map"]), abs=1e-6)


def test_drawn_objects_stand_at_the_queries_own_boxes() -> None:
    found = case("detection")
    outputs, batch = found.whole()
    drawn = TASK.sample_targets(outputs, batch, torch.linspace(0.1, 0.9, batch.size))
    real = drawn[..., 0] != NO_TARGET
    assert bool(real.any()) and not bool(real.all())
    torch.testing.assert_close(drawn[..., 1:][real], outputs["pred_boxes"][real])


def test_features_by_hand() -> None:
    targets = torch.tensor([[[1, 0.2, 0.3, 0.1, 0.1], [1, 0.4, 0.3, 0.1, 0.2], [NO_TARGET] * 5]])
    outputs = (torch.zeros(1, 4, 3), torch.full((1, 4, 4), 0.5))
    features = TASK.answer_features(outputs, Batch({}, targets, 1))
    assert features[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 2, 0.6, 0.6, 0.2, 0.3])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (torch.tensor([[[3.0, 0.5, 0.5, 0.1, 0.1]]]), "example 9: An object has class 3"),
        (torch.tensor([[[0.5, 0.5, 0.5, 0.1, 0.1]]]), "class 0.5"),
        (torch.tensor([[[0.0, 50, 50, 10, 10]]]), "example 9: An object has the box"),
        (torch.tensor([[[0.0, 0.5, 0.5, 0, 0.1]]]), "has the box"),
        (torch.tensor([[[0.0, 0.5, torch.nan, 0.1, 0.1]]]), "has the box"),
        (torch.tensor([[[0.0, 0.5, 0.5, 0.1, 0.1]] * 3]), "3 objects, but the model finds 2"),
        (torch.tensor([[0.0, 0.5, 0.5, 0.1, 0.1]]), "Objects of shape"),
    ],
)
def test_bad_objects_are_named(targets: Tensor, message: str) -> None:
    outputs = {"logits": torch.zeros(1, 2, 4), "pred_boxes": torch.full((1, 2, 4), 0.5)}
    with pytest.raises(DataError, match=message):
        TASK.losses(outputs, Batch({}, targets, 1, first=9))
