"""What every way to heal shares: judging a model by its loss, and keeping the better of two states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.digests import digest_of
from analysis_core.errors import DataError, NumericalError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hooks import preserved
from analysis_core.tasks.base import Task


@dataclass(frozen=True)
class Attempt:
    """What one attempt to heal came to.

    Args:
        loss_before: mean loss of the smaller model as it was cut, on the search examples.
        loss_reached: the lowest that the attempt reached there; infinite where it gave no finite one.
        steps: how many updates of the weights it took.
    """

    loss_before: float
    loss_reached: float
    steps: int = 0

    @property
    def helped(self) -> bool:
        return self.loss_reached < self.loss_before


def mean_loss(model: UniversalModel, batches: Sequence[Batch], task: Task) -> float:
    """The mean loss over all examples, in evaluation mode and without gradients.

    Raises:
        NumericalError: a loss is not finite.
    """
    with preserved(model.module), torch.no_grad():
        moved = (batch.to(model.device) for batch in batches)
        sums = [float(task.losses(model.forward(batch), batch).double().sum()) for batch in moved]
    return math.fsum(sums) / sum(batch.size for batch in batches)


def check_apart(training: Sequence[Batch], others: Sequence[Batch], what: str) -> None:
    """See to it that nothing is learned from what judges.

    Args:
        training: what healing learns from.
        others: what chooses or measures.
        what: how the others are called in the error.

    Raises:
        DataError: an example, inputs and target alike, stands on both sides.
    """
    known = {key for batch in others for key in _keys(batch)}
    for batch in training:
        for position, key in enumerate(_keys(batch), start=batch.first):
            if key in known:
                raise DataError(
                    f"Training example {position} is among the {what} examples too.",
                    where="heal",
                    remedy="Heal with examples that neither choose the layers nor measure the result.",
                )


def _keys(batch: Batch) -> list[bytes]:
    """A digest of each example, inputs and target; padding does not count."""
    tensors = [*_tensors(batch.inputs), *([batch.targets] if batch.targets is not None else [])]
    own = [tensor.cpu() for tensor in tensors if tensor.dim() and len(tensor) == batch.size]
    mask = batch.padding_mask.cpu().bool() if batch.padding_mask is not None else None
    keys = []
    for row in range(batch.size):
        padded = [mask is not None and tensor.shape[:2] == mask.shape for tensor in own]
        parts = [t[row][mask[row]] if cut and mask is not None else t[row] for t, cut in zip(own, padded, strict=True)]
        keys.append(digest_of([part.numpy() for part in parts]))
    return keys


def _tensors(inputs: Any) -> Iterator[Tensor]:
    if isinstance(inputs, Tensor):
        yield inputs
    elif isinstance(inputs, (Mapping, tuple, list)):
        for value in inputs.values() if isinstance(inputs, Mapping) else inputs:
            yield from _tensors(value)


def loss_or_infinity(model: UniversalModel, batches: Sequence[Batch], task: Task) -> float:
    """The mean loss; weights that give no finite one count as infinitely bad."""
    try:
        return mean_loss(model, batches, task)
    except NumericalError:
        return math.inf


def copied_state(module: nn.Module) -> dict[str, Tensor]:
    """All weights and buffers, copied."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
