"""What a model puts out with some of its layers skipped, and whether two outputs are the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.edits import Change
from analysis_core.probe.hooks import preserved, swapped
from analysis_core.probe.replay_run import ReplayRun

TOLERANCE = 1e-4
"""Relative to the largest number of a tensor: rounding differs where sums are made in another order."""


def outputs_without(model: UniversalModel, batch: Batch, removed: Collection[int]) -> Any:
    """What the model returns for a batch while some layers hand on what they are given.

    Args:
        model: taken apart into layers; left as it was.
        batch: on the model's device.
        removed: layers that keep the shape of what they are given.
    """
    run = ReplayRun(
        model.blocks,
        model.sites,
        (),
        Change(frozenset(removed)),
        None,
        lambda _index, hidden, _usual: hidden,
        (),
        copies=True,
        repeats=False,
    )
    # The run counts how often tensors are written into, which inference mode does not.
    with preserved(model.module), swapped(run.forwards()), torch.inference_mode(False), torch.no_grad():
        return model.forward(batch)


def are_same(one: Any, other: Any) -> bool:
    """Whether two outputs hold the same numbers, up to rounding.

    Lists of different lengths are passed over: one hidden state for every layer, for instance.
    """
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return _are_close(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(are_same(one[key], other[key]) for key in one.keys() & other.keys())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        return all(map(are_same, one, other))
    return True


def _are_close(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    if not one.is_floating_point():
        return torch.equal(one, other)
    finite = one[torch.isfinite(one)].abs()
    largest = float(finite.max()) if finite.numel() else 0.0
    return torch.allclose(one, other, rtol=0.0, atol=TOLERANCE * largest, equal_nan=True)
