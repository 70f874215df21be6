"""Classification: cross-entropy in nats, accuracy and macro F1."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, Task, logits_of
from analysis_core.vocabulary import Direction, TaskType


class Classification(Task):
    """One label an example; logits ``[examples, classes]``, targets ``[examples]`` of class indices."""

    task_type = TaskType.CLASSIFICATION
    metric = "accuracy"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        logits = self._logits(outputs, batch)
        targets = self._targets(batch, classes=logits.shape[-1])
        return self.check_losses(functional.cross_entropy(logits.float(), targets, reduction="none"), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        return self._logits(outputs, batch).detach().float()

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

        classes = predictions.shape[-1]
        choices = predictions.argmax(-1)
        return {
            "accuracy": float(multiclass_accuracy(choices, targets, classes, average="micro")),
            "macro_f1": float(multiclass_f1_score(choices, targets, classes, average="macro")),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        return (predictions.argmax(-1) == targets).double().cpu().numpy()

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        shares = self._logits(outputs, batch).detach().double().softmax(-1).cumsum(-1)
        drawn = torch.searchsorted(shares, uniform.to(shares).unsqueeze(-1), right=True).squeeze(-1)
        return drawn.clamp(max=shares.shape[-1] - 1)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        return self._logits(outputs, batch).double().softmax(-1)

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """One-hot labels, ``[examples, classes]``."""
        classes = self._logits(outputs, batch).shape[-1]
        return functional.one_hot(self._targets(batch, classes), classes).double().cpu().numpy()

    def _logits(self, outputs: Any, batch: Batch) -> Tensor:
        logits = logits_of(outputs)
        if logits.dim() != 2 or logits.shape[0] != batch.size:
            raise DataError(
                f"Classification needs logits of shape ({batch.size}, classes); the model gives {tuple(logits.shape)}.",
                remedy="Choose the task that fits the model, or a model with a classification head.",
            )
        return logits

    def _targets(self, batch: Batch, classes: int) -> Tensor:
        if batch.targets is None:
            raise DataError("The examples carry no labels.", remedy="Yield (inputs, targets) or a 'labels' entry.")
        targets = batch.targets.reshape(-1).long()
        if targets.shape[0] != batch.size:
            raise DataError(f"{targets.shape[0]} labels came for {batch.size} examples.")
        bad = (targets < 0) | (targets >= classes)
        if bool(bad.any()):
            where = int(bad.nonzero()[0, 0])
            raise DataError(
                f"Example {batch.first + where} has label {int(targets[where])}, "
                f"but the model knows the {classes} classes 0 to {classes - 1}.",
                remedy="Map the labels to those classes, or choose a model with more classes.",
            )
        return targets


TASKS.add(TaskType.CLASSIFICATION.value, Classification())
