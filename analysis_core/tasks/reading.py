"""Readers of what models return and of what batches carry: each says clearly what it misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import NO_TARGET


def field_of(outputs: Any, names: Sequence[str], position: int | None = None) -> Tensor | None:
    """The first tensor among an output's fields of those names, or the one at a place of a tuple; None without it.

    Args:
        outputs: a mapping, a library's output object, or a tuple.
        names: fields to look for, the best first.
        position: where the tensor stands if the outputs are a plain tuple or list.
    """
    for name in names:
        value = outputs.get(name) if isinstance(outputs, Mapping) else getattr(outputs, name, None)
        if isinstance(value, Tensor):
            return value
    if isinstance(outputs, (tuple, list)) and position is not None and position < len(outputs):
        found = outputs[position]
        return found if isinstance(found, Tensor) else None
    return None


def required_field(outputs: Any, names: Sequence[str], position: int | None = None) -> Tensor:
    """As :func:`field_of`, where the task cannot do without.

    Raises:
        DataError: the outputs hold no such tensor.
    """
    found = field_of(outputs, names, position)
    if found is None:
        listed = " or ".join(f"'{name}'" for name in names)
        raise DataError(
            f"The model's output of type '{type(outputs).__name__}' holds no tensor {listed}.",
            remedy="Choose the task that fits the model, or return that field.",
        )
    return found


def required_targets(batch: Batch, what: str) -> Tensor:
    """The batch's targets.

    Args:
        batch: some examples.
        what: what a target is called in this task, in the plural.

    Raises:
        DataError: there are none, or not one for each example.
    """
    targets = batch.targets
    if targets is None:
        raise DataError(f"The examples carry no {what}.", remedy="Yield (inputs, targets) or a 'labels' entry.")
    if targets.shape[:1] != (batch.size,):
        raise DataError(
            f"{what.capitalize()} of shape {tuple(targets.shape)} came for {batch.size} examples.",
            remedy="Yield targets whose first dimension counts examples.",
        )
    return targets


def check_range(targets: Tensor, size: int, batch: Batch, what: str) -> None:
    """See that every target names one of ``size`` outcomes or is ``NO_TARGET``.

    Raises:
        DataError: names the first example with another target.
    """
    bad = ((targets < 0) | (targets >= size)) & (targets != NO_TARGET)
    if bool(bad.any()):
        where = tuple(bad.nonzero()[0].tolist())
        raise DataError(
            f"Example {batch.first + where[0]} has {what} {int(targets[where])}, but the model knows 0 to {size - 1}.",
            remedy=f"Map each {what} to those numbers, or choose a model that knows more.",
        )


def check_integers(targets: Tensor, what: str) -> Tensor:
    """The targets as whole numbers, int64.

    Raises:
        DataError: they are fractions.
    """
    if targets.is_floating_point() or targets.is_complex():
        raise DataError(
            f"Each {what} must be a whole number; the targets are of type {targets.dtype}.",
            remedy="Give numbers of classes, tokens or items, or choose regression.",
        )
    return targets.long()


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards each part is in the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
