"""Hold a model that was built without memory against the weights that are to fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from analysis_core.errors import ModelError, NumericalError
from analysis_core.models.tensor_headers import TensorHeader

_SHOWN = 3
_SAME_WEIGHTS = "Give the configuration that the weights were saved with."


def check_fit(skeleton: nn.Module, tensors: Mapping[str, TensorHeader], where: str) -> None:
    """Compare a model on torch's ``meta`` device with the headers of its weights.

    Names may differ where a library renames old weights while it loads, so they are left to its report;
    sizes may not: nothing is allocated that the file does not fill.

    Raises:
        ModelError: a tensor of another shape, or a model that needs more numbers than there are.
    """
    for name, parameter in skeleton.named_parameters():
        header = tensors.get(name)
        if header is not None and header.shape != tuple(parameter.shape):
            raise ModelError(
                f"'{name}' has shape {tuple(parameter.shape)} by config.json, {header.shape} in the file.",
                where=where,
                remedy=_SAME_WEIGHTS,
            )
    needed = sum(parameter.numel() for parameter in skeleton.parameters())
    held = sum(header.elements for header in tensors.values())
    if needed > held:
        absent = [name for name, _ in skeleton.named_parameters() if name not in tensors]
        raise ModelError(
            f"The model needs {needed:,} numbers, the file holds {held:,}; missing: {some_of(absent)}.",
            where=where,
            remedy=_SAME_WEIGHTS,
        )


def check_exact(skeleton: nn.Module, tensors: Mapping[str, TensorHeader], where: str) -> None:
    """The same, for libraries that rename nothing: every name and every shape must match.

    Raises:
        ModelError: names the first tensors that are missing, left over or of another shape.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in skeleton.state_dict().items()}
    absent = [name for name in expected if name not in tensors]
    extra = [name for name in tensors if name not in expected]
    raise_unless_complete(absent, extra, where)
    check_fit(skeleton, tensors, where)
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ModelError(
                f"'{name}' should have the shape {shape}, the file has {tensors[name].shape}.", where=where
            )


def raise_unless_complete(absent: Sequence[str], extra: Sequence[str], where: str) -> None:
    """Refuse a model some of whose weights are missing, or left over.

    Raises:
        ModelError: names the first of them.
    """
    if absent:
        raise ModelError(
            f"{len(absent)} tensors of the model are not in the file: {some_of(absent)}.",
            where=where,
            remedy=_SAME_WEIGHTS,
        )
    if extra:
        raise ModelError(
            f"{len(extra)} tensors of the file have no place in the model: {some_of(extra)}.",
            where=where,
            remedy=_SAME_WEIGHTS,
        )


def check_finite(module: nn.Module, where: str) -> None:
    """Refuse weights that are not finite numbers.

    Raises:
        NumericalError: names the first tensor that holds one.
    """
    for name, parameter in module.named_parameters():
        bad = ~torch.isfinite(parameter.detach())
        if bool(bad.any()):
            raise NumericalError(
                f"'{name}' holds {int(bad.sum()):,} weights that are not finite numbers (NaN or infinite).",
                where=where,
                remedy="The training that made it broke down; load an earlier checkpoint.",
            )


def some_of(names: Sequence[str]) -> str:
    """The first few names, for a sentence."""
    shown = ", ".join(names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
