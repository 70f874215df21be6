"""What a task is: a loss and a metric for every example, and which end of the metric is good."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, NumericalError
from analysis_core.registry import Registry
from analysis_core.vocabulary import Direction, ModalityType, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel

NO_TARGET = -100
"""Stands in targets where there is nothing to predict: padding, prompts, pixels without a label."""


class Task(ABC):
    """How outputs become losses and metrics. Stateless: one object serves every run.

    Attributes:
        task_type: which of the ten tasks.
        metric: name of the main metric, as it stands in results.
        direction: which end of the main metric is good.
        loss_unit: unit of the loss, e.g. ``"nats"``.
        has_probabilities: whether :meth:`probabilities` answers; regression states none.
    """

    task_type: TaskType
    metric: str
    direction: Direction
    loss_unit: str = "nats"
    has_probabilities: bool = True

    @abstractmethod
    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        """The loss of each example, ``[examples]``, differentiable.

        Raises:
            DataError: targets are missing or do not fit the outputs.
        """

    @abstractmethod
    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        """What is kept of the outputs to compute metrics later, first dimension = examples.

        Every further dimension is the same in each batch, however it was padded: predictions of several batches
        can be joined.
        """

    @abstractmethod
    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        """All metrics over a whole data set; the main one is under ``self.metric``."""

    @abstractmethod
    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Each example's share in the main metric, ``[examples]`` float64: ``metric_of`` their mean is the metric."""

    @abstractmethod
    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """Targets drawn from the model's own distribution (for the true Fisher information).

        Args:
            uniform: one number in [0, 1) for each example, ``[examples]``, which decides the draw; so the same
                example gets the same target in a batch of any size.
        """

    @abstractmethod
    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """What the model believes of each example, ``[examples, outcomes]``, rows sum to 1."""

    @abstractmethod
    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The right answers as points in space, ``[examples, features]`` float64: alike answers lie close."""

    def metric_of(self, mean: float) -> float:
        """The main metric, from the mean of the examples' shares: a rising function, by default the mean itself."""
        return mean

    def kept_targets(self, targets: Tensor) -> Tensor:
        """What :meth:`metrics` needs of a batch's targets; less than all where predictions hold the comparison."""
        return targets

    def joined_targets(self, parts: Sequence[Tensor]) -> Tensor:
        """The targets of several batches as one tensor; shorter ones are filled up with ``NO_TARGET``."""
        sizes = [max(part.shape[dim] for part in parts) for dim in range(1, parts[0].dim())]
        return torch.cat([_filled(part, sizes) for part in parts])

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """Metrics that one forward pass cannot give: of texts written by the model, of episodes it acts in.

        Slow: for the final measurement only. Empty where the task has none, or the model cannot be used that way.
        """
        return {}

    def check_losses(self, losses: Tensor, batch: Batch) -> Tensor:
        """Pass losses on if every one is finite.

        Raises:
            NumericalError: names the first example whose loss is not a finite number.
        """
        bad = ~torch.isfinite(losses.detach())
        if bool(bad.any()):
            position = batch.first + int(bad.nonzero()[0, 0])
            raise NumericalError(
                f"The loss of example {position} is {float(losses.detach()[bad][0])}.",
                remedy="Check that example and the model's weights for numbers that are not finite.",
            )
        return losses


TASKS: Registry[Task] = Registry("task")


def task_for(task_type: TaskType, modality: ModalityType | None = None) -> Task:
    """The task object of that type.

    Args:
        task_type: what the model is asked to do.
        modality: decides where a task has a variant for it: generation from audio is transcription, that of
            multimodal models counts bits per pixel, and their retrieval goes both ways.

    Raises:
        UnknownNameError: the task is not served.
    """
    if modality is not None:
        variant = variant_name(task_type, modality)
        if variant in TASKS:
            return TASKS.get(variant)
    return TASKS.get(TaskType(task_type).value)


def variant_name(task_type: TaskType, modality: ModalityType) -> str:
    """Under which name a modality's own variant of a task is registered."""
    return f"{TaskType(task_type).value}/{ModalityType(modality).value}"


def _filled(part: Tensor, sizes: Sequence[int]) -> Tensor:
    missing = [size - have for size, have in zip(sizes, part.shape[1:], strict=True)]
    widths = [width for gap in reversed(missing) for width in (0, gap)]
    return functional.pad(part, widths, value=NO_TARGET) if any(missing) else part


def logits_of(outputs: Any) -> Tensor:
    """The tensor of logits in whatever a model returns.

    Raises:
        DataError: there is none.
    """
    if isinstance(outputs, Tensor):
        return outputs
    logits = outputs.get("logits") if isinstance(outputs, Mapping) else getattr(outputs, "logits", None)
    if isinstance(logits, Tensor):
        return logits
    if isinstance(outputs, (tuple, list)) and outputs and isinstance(outputs[0], Tensor):
        return outputs[0]
    raise DataError(
        f"The model's output of type '{type(outputs).__name__}' holds no logits.",
        remedy="Return a tensor of logits, or an object with a 'logits' field.",
    )
