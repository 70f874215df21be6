"""Detection: objects with their classes and boxes. Average precision.

The loss of an image is DETR's (see :mod:`analysis_core.tasks.boxes`): cross-entropy in nats and two distances of
boxes, weighted. ``image_average_precision`` is the mean over images of COCO's average precision of each image alone;
``map`` and ``map_50`` are COCO's own, over the whole data set, where detections of all images compete.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.average_precision import RECALLS, THRESHOLDS, image_average_precision
from analysis_core.tasks.base import NO_TARGET, TASKS, Task
from analysis_core.tasks.boxes import corners, detection_loss
from analysis_core.tasks.drawing import drawn_classes, uniforms
from analysis_core.tasks.reading import required_field, required_targets
from analysis_core.vocabulary import Direction, TaskType

_THINNEST = 1e-6


class Detection(Task):
    """Objects, each found by one query at most.

    Outputs: ``logits`` ``[examples, queries, classes + 1]`` with "no object" last, ``pred_boxes``
    ``[examples, queries, 4]``: center x, center y, width, height as shares of the image. Targets
    ``[examples, objects, 5]``: class, then the box in the same form; rows of ``NO_TARGET`` fill images with fewer
    objects. Predictions are ``[examples, queries, 6]``: left, top, right, bottom, score, class.
    """

    task_type = TaskType.DETECTION
    metric = "image_average_precision"
    direction = Direction.HIGHER_IS_BETTER
    loss_unit = "nats and weighted box distances"

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        logits, boxes = self._outputs(outputs, batch)
        targets = self._targets(batch, logits)
        found = []
        for image_logits, image_boxes, rows in zip(logits, boxes, targets, strict=True):
            objects = _objects(rows)
            found.append(detection_loss(image_logits, image_boxes, objects[:, 0].long(), objects[:, 1:]))
        return self.check_losses(torch.stack(found), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        logits, boxes = self._outputs(outputs, batch)
        scores, labels = logits.detach().softmax(-1)[..., :-1].max(-1)
        return torch.cat([corners(boxes.detach()), scores.unsqueeze(-1), labels.unsqueeze(-1)], dim=-1)

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        """COCO's metrics are left out where no image holds an object."""
        found = {"image_average_precision": float(self.metric_per_example(predictions, targets).mean())}
        return found | corpus_average_precision(predictions, targets)

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """COCO's average precision of each image alone."""
        from torchvision.ops import box_iou

        shares = []
        for detections, rows in zip(predictions.double().cpu(), targets.double().cpu(), strict=True):
            objects = _objects(rows)
            overlaps = box_iou(detections[:, :4], corners(objects[:, 1:])).numpy()
            scores, labels = detections[:, 4].numpy(), detections[:, 5].numpy()
            shares.append(image_average_precision(overlaps, scores, labels, objects[:, 0].numpy()))
        return np.array(shares, dtype=np.float64)

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """Each query draws a class; those that do not draw "no object" become objects, at the query's own box."""
        logits, boxes = self._outputs(outputs, batch)
        drawn = drawn_classes(logits, uniforms(uniform.to(logits.device), logits.shape[1]))
        sized = torch.cat([boxes[..., :2].clamp(0, 1), boxes[..., 2:].clamp(_THINNEST, 1)], dim=-1).detach()
        objects = torch.cat([drawn.unsqueeze(-1).to(sized), sized], dim=-1)
        return objects.masked_fill((drawn == logits.shape[-1] - 1).unsqueeze(-1), NO_TARGET)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """The distribution of "pick a query, then its class", ``[examples, queries * (classes + 1)]``.

        Differences of its entropies are means per query.
        """
        logits, _ = self._outputs(outputs, batch)
        return logits.double().softmax(-1).flatten(1) / logits.shape[1]

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """For each class the number of its objects and the sums of their boxes, ``[examples, 5 * classes]``."""
        logits, _ = self._outputs(outputs, batch)
        rows = []
        for targets in self._targets(batch, logits):
            objects = _objects(targets).double()
            features = torch.zeros(logits.shape[-1] - 1, 5, dtype=torch.float64, device=objects.device)
            counted = torch.cat([torch.ones_like(objects[:, :1]), objects[:, 1:]], dim=1)
            rows.append(features.index_add_(0, objects[:, 0].long(), counted).flatten())
        return torch.stack(rows).cpu().numpy()

    def _outputs(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = required_field(outputs, ("logits",), 0).float()
        boxes = required_field(outputs, ("pred_boxes",), 1).float()
        if logits.dim() != 3 or logits.shape[0] != batch.size or boxes.shape != (*logits.shape[:2], 4):
            raise DataError(
                f"Detection needs logits of shape ({batch.size}, queries, classes + 1) and boxes of shape "
                f"({batch.size}, queries, 4); the model gives {tuple(logits.shape)} and {tuple(boxes.shape)}.",
                remedy="Choose a detection model of the DETR family.",
            )
        return logits, boxes

    def _targets(self, batch: Batch, logits: Tensor) -> Tensor:
        targets = required_targets(batch, "objects").float()
        if targets.dim() != 3 or targets.shape[-1] != 5:
            raise DataError(
                f"Objects of shape {tuple(targets.shape)} came for {batch.size} examples.",
                remedy="Give class, center x, center y, width and height of each object, shape [examples, objects, 5].",
            )
        queries, classes = logits.shape[1], logits.shape[-1] - 1
        for position, rows in enumerate(targets):
            _check_objects(_objects(rows), queries, classes, f"example {batch.first + position}")
        return targets


def corpus_average_precision(predictions: Tensor, targets: Tensor) -> dict[str, float]:
    """COCO's mean average precision over all images, by pycocotools through torchmetrics.

    Args:
        predictions, targets: as in :class:`Detection`.
    """
    from torchmetrics.detection import MeanAveragePrecision

    wanted = [_objects(rows) for rows in targets.float().cpu()]
    if not any(len(objects) for objects in wanted):
        return {}
    # By default torchmetrics rounds the thresholds to float32, and recalls that should just reach one miss it.
    metric = MeanAveragePrecision(
        box_format="xyxy",
        iou_type="bbox",
        backend="pycocotools",
        iou_thresholds=THRESHOLDS.tolist(),
        rec_thresholds=RECALLS.tolist(),
    )
    metric.warn_on_many_detections = False
    metric.update(
        [{"boxes": d[:, :4], "scores": d[:, 4], "labels": d[:, 5].long()} for d in predictions.float().cpu()],
        [{"boxes": corners(objects[:, 1:]), "labels": objects[:, 0].long()} for objects in wanted],
    )
    found = metric.compute()
    return {"map": float(found["map"]), "map_50": float(found["map_50"])}


def _objects(rows: Tensor) -> Tensor:
    """The rows that are no filling."""
    return rows[rows[:, 0] != NO_TARGET]


def _check_objects(objects: Tensor, queries: int, classes: int, where: str) -> None:
    if len(objects) > queries:
        raise DataError(
            f"The image holds {len(objects)} objects, but the model finds {queries} at most.",
            where=where,
            remedy="Leave out crowded images, or choose a model with more queries.",
        )
    numbers, centers, sizes = objects[:, 0], objects[:, 1:3], objects[:, 3:]
    strange = (numbers < 0) | (numbers >= classes) | (numbers != numbers.round())
    if bool(strange.any()):
        raise DataError(
            f"An object has class {float(numbers[strange][0]):g}, but the model knows 0 to {classes - 1}.",
            where=where,
            remedy="Map classes to those numbers, or choose a model that knows more.",
        )
    inside = (centers >= 0) & (centers <= 1) & (sizes > 0) & (sizes <= 1)
    if not bool(inside.all()):
        box = [round(number, 4) for number in objects[~inside.all(1)][0, 1:].tolist()]
        raise DataError(
            f"An object has the box {box}.",
            where=where,
            remedy="Give center x, center y, width and height as shares of the image, sizes above 0.",
        )


TASKS.add(TaskType.DETECTION.value, Detection())
