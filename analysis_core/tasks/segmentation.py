"""Segmentation: a class for every pixel. Mean intersection over union.

``loss of an example = mean over its labelled pixels of -log p(class)``, in nats, logits being brought to the mask's
size bilinearly (Xie et al. 2021, SegFormer). ``IoU of a class = pixels in mask and prediction / pixels in either``;
``image_mean_iou`` averages over the classes that occur in an image's mask or prediction, then over images;
``mean_iou`` counts pixels over the whole data set before (Everingham et al. 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import NO_TARGET, TASKS, Task
from analysis_core.tasks.drawing import drawn_classes, uniforms
from analysis_core.tasks.reading import check_integers, check_range, required_field, required_targets
from analysis_core.vocabulary import Direction, TaskType

UNLABELLED = 255
"""What PNG masks hold where nothing is labelled; taken so where the model has no class of that number."""
GRID = 16
_ANSWER_GRID = 4


class Segmentation(Task):
    """Logits ``[examples, classes, height, width]``, masks ``[examples, rows, columns]`` of class numbers.

    Pixels with ``NO_TARGET`` or 255 are left out. Predictions are ``[examples, classes, 3]`` int64: pixels in both
    mask and prediction, pixels in the prediction, pixels in the mask; so memory does not grow with the images' size.
    """

    task_type = TaskType.SEGMENTATION
    metric = "image_mean_iou"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        logits, masks = self._logits_and_masks(outputs, batch)
        nats = functional.cross_entropy(logits, masks, ignore_index=NO_TARGET, reduction="none").flatten(1)
        return self.check_losses(nats.sum(1) / (masks != NO_TARGET).flatten(1).sum(1), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        logits, masks = self._logits_and_masks(outputs, batch)
        return pixel_counts(logits.detach().argmax(1), masks, logits.shape[1])

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        counts = predictions.sum(0, keepdim=True)
        return {
            "image_mean_iou": float(mean_overlaps(predictions).mean()),
            "mean_iou": float(mean_overlaps(counts)[0]),
            "pixel_accuracy": float(counts[..., 0].sum() / counts[..., 2].sum()),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Mean IoU of each image."""
        return mean_overlaps(predictions)

    def kept_targets(self, targets: Tensor) -> Tensor:
        return targets.new_zeros(len(targets))

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """Each pixel drawn by itself; pixels without a label stay without."""
        logits, masks = self._logits_and_masks(outputs, batch)
        numbers = uniforms(uniform.to(logits.device), masks[0].numel()).reshape(masks.shape)
        drawn = torch.stack(
            [drawn_classes(image.movedim(0, -1), row) for image, row in zip(logits, numbers, strict=True)]
        )
        return torch.where(masks == NO_TARGET, NO_TARGET, drawn)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """The distribution of "pick a pixel of an even 16 x 16 grid, then its class".

        Differences of its entropies are means per pixel.

        Returns:
            ``[examples, 256 * classes]``.
        """
        logits = self._logits(outputs, batch).float()
        rows, columns = (_even_places(size, logits.device) for size in logits.shape[-2:])
        chosen = logits[:, :, rows][..., columns].double().softmax(1)
        return chosen.movedim(1, -1).flatten(1) / (GRID * GRID)

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The share of each class in each cell of a 4 x 4 grid, ``[examples, classes * 16]``."""
        logits, masks = self._logits_and_masks(outputs, batch)
        classes = logits.shape[1]
        shares = [
            functional.adaptive_avg_pool2d((masks == number).double(), _ANSWER_GRID).flatten(1)
            for number in range(classes)
        ]
        return torch.cat(shares, dim=1).cpu().numpy()

    def _logits(self, outputs: Any, batch: Batch) -> Tensor:
        logits = outputs if isinstance(outputs, Tensor) else required_field(outputs, ("logits", "out"), 0)
        if logits.dim() != 4 or logits.shape[0] != batch.size or logits.shape[1] < 2:
            raise DataError(
                f"Segmentation needs logits of shape ({batch.size}, classes, height, width) with two classes or more; "
                f"the model gives {tuple(logits.shape)}.",
                remedy="Choose a model for semantic segmentation.",
            )
        return logits

    def _logits_and_masks(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits float32 in the masks' size, and masks in which ``NO_TARGET`` alone means unlabelled."""
        logits = self._logits(outputs, batch).float()
        masks = check_integers(required_targets(batch, "masks"), "pixel's class")
        if masks.dim() == 4 and masks.shape[1] == 1:
            masks = masks[:, 0]
        if masks.dim() != 3:
            raise DataError(
                f"Masks of shape {tuple(masks.shape)} came for {batch.size} examples.",
                remedy="Give one number for each pixel, shape [examples, rows, columns].",
            )
        classes = logits.shape[1]
        if classes <= UNLABELLED:
            masks = torch.where(masks == UNLABELLED, NO_TARGET, masks)
        check_range(masks, classes, batch, "pixel's class")
        empty = (masks == NO_TARGET).flatten(1).all(1)
        if bool(empty.any()):
            raise DataError(
                f"The mask of example {batch.first + int(empty.nonzero()[0, 0])} labels no pixel.",
                remedy="Leave such examples out.",
            )
        if logits.shape[-2:] != masks.shape[-2:]:
            logits = functional.interpolate(logits, size=masks.shape[-2:], mode="bilinear", align_corners=False)
        return logits, masks


def pixel_counts(chosen: Tensor, masks: Tensor, classes: int) -> Tensor:
    """Pixels of each class in prediction and mask.

    Args:
        chosen, masks: class numbers, ``[examples, rows, columns]`` int64; ``NO_TARGET`` in masks is left out.
        classes: how many there are.

    Returns:
        ``[examples, classes, 3]`` int64: in both, in the prediction, in the mask.
    """
    labelled = (masks != NO_TARGET).flatten(1)
    offsets = torch.arange(len(masks), device=masks.device).unsqueeze(1) * classes

    def counted(numbers: Tensor, where: Tensor) -> Tensor:
        return torch.bincount((numbers.flatten(1) + offsets)[where], minlength=len(masks) * classes)

    both = labelled & (chosen == masks).flatten(1)
    columns = [counted(masks, both), counted(chosen, labelled), counted(masks, labelled)]
    return torch.stack(columns, dim=1).reshape(len(masks), classes, 3)


def mean_overlaps(counts: Tensor) -> np.ndarray:
    """Mean IoU over the classes that occur, ``[examples]`` float64; counts as from :func:`pixel_counts`."""
    shared, chosen, wanted = counts.double().cpu().numpy().transpose(2, 0, 1)
    either = chosen + wanted - shared
    occurs = either > 0
    overlaps = np.divide(shared, either, out=np.zeros_like(either), where=occurs)
    found: np.ndarray = overlaps.sum(1) / occurs.sum(1)
    return found


def _even_places(size: int, device: torch.device) -> Tensor:
    """The middles of ``GRID`` equal parts of a side."""
    return ((torch.arange(GRID, device=device) + 0.5) * size / GRID).long()


TASKS.add(TaskType.SEGMENTATION.value, Segmentation())
