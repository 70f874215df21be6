"""Regression: numbers. Half squared error, root mean squared error, R².

``loss = sum over outputs of (predicted - target)² / 2``: up to a constant the nats of a normal distribution of
variance 1 around the prediction. ``RMSE = sqrt(mean over examples of the squared error)``,
``R² = 1 - squared error / squared deviation of the targets from their mean``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, Task, logits_of
from analysis_core.tasks.drawing import uniforms
from analysis_core.tasks.reading import required_targets
from analysis_core.vocabulary import Direction, TaskType

_SMALLEST = 2.0**-54  # keeps the normal distribution's quantiles finite


class Regression(Task):
    """Outputs ``[examples]`` or ``[examples, outputs]``, targets alike. An example's share is its squared error."""

    task_type = TaskType.REGRESSION
    metric = "rmse"
    direction = Direction.LOWER_IS_BETTER
    loss_unit = "half squared error"
    has_probabilities = False

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        values = self._values(outputs, batch)
        return self.check_losses((values - self._targets(batch, values)).square().sum(1) / 2, batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        return self._values(outputs, batch).detach()

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        """R² is left out where the targets do not vary."""
        from torchmetrics.functional.regression import mean_absolute_error, mean_squared_error, r2_score

        values, wanted = predictions.double(), targets.double().reshape(predictions.shape)
        found = {
            "rmse": math.sqrt(float(mean_squared_error(values, wanted))),
            "mean_absolute_error": float(mean_absolute_error(values, wanted)),
        }
        if len(wanted) > 1 and bool((wanted != wanted[:1]).any(0).all()):
            found["r2"] = float(r2_score(values, wanted))
        return found

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Squared error of each example, averaged over outputs."""
        wanted = targets.to(predictions.device).double().reshape(predictions.shape)
        found: np.ndarray = (predictions.double() - wanted).square().mean(1).cpu().numpy()
        return found

    def metric_of(self, mean: float) -> float:
        return math.sqrt(mean)

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """Normal with variance 1 around the prediction."""
        values = self._values(outputs, batch).detach()
        numbers = uniforms(uniform.to(values.device), values.shape[1]).clamp(min=_SMALLEST)
        noise: Tensor = torch.special.ndtri(numbers)
        return (values.double() + noise).to(values.dtype)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """There are none.

        Raises:
            DataError: always.
        """
        raise DataError(
            "A regression states a number and no probabilities.",
            remedy="Choose methods that do without, or a task with classes.",
        )

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The targets themselves, ``[examples, outputs]``."""
        return self._targets(batch, self._values(outputs, batch)).double().cpu().numpy()

    def _values(self, outputs: Any, batch: Batch) -> Tensor:
        values = logits_of(outputs).float()
        values = values.unsqueeze(1) if values.dim() == 1 else values
        if values.dim() != 2 or values.shape[0] != batch.size:
            raise DataError(
                f"Regression needs outputs of shape ({batch.size}, outputs); the model gives {tuple(values.shape)}.",
                remedy="Choose the task that fits the model.",
            )
        return values

    def _targets(self, batch: Batch, values: Tensor) -> Tensor:
        targets = required_targets(batch, "numbers").float()
        if targets.numel() != values.numel():
            raise DataError(
                f"Targets of shape {tuple(targets.shape)} do not fit outputs of shape {tuple(values.shape)}.",
                remedy="Give as many numbers for each example as the model has outputs.",
            )
        targets = targets.reshape(values.shape)
        bad = ~targets.isfinite().all(1)
        if bool(bad.any()):
            where = int(bad.nonzero()[0, 0])
            raise DataError(
                f"Example {batch.first + where} has the target {targets[where].tolist()}.",
                remedy="Leave out examples whose number is missing.",
            )
        return targets


TASKS.add(TaskType.REGRESSION.value, Regression())
