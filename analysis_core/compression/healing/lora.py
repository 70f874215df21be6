"""Distil into low-rank adapters alone, and merge them into the linear layers that they stand beside.

Beside each linear layer inside the kept blocks, ``y = x Wᵀ + b``, stands ``s x Aᵀ Bᵀ`` with ``A`` and ``B`` of rank 8.
``B`` starts at zero, so that training begins with the model as it was cut; everything but ``A`` and ``B`` is frozen.
Afterwards ``W <- W + s B A``, so that names, shapes and exports stay what they were. Hu et al. 2021, *LoRA: Low-Rank
Adaptation of Large Language Models*; the adapters are those of peft. Where they serve instead of
:mod:`~analysis_core.compression.healing.distill`: they hold far fewer trained weights and optimizer states in memory.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from analysis_core.compression.healing.better_state import Attempt, loss_or_infinity
from analysis_core.compression.healing.distill import RATE_OF_WEIGHTS, distill, root_mean_square
from analysis_core.compression.search import Progress
from analysis_core.compression.shrinking.compact import put
from analysis_core.compression.shrinking.linear_layers import called_layers, inside_blocks, refreshed
from analysis_core.data.batches import Batch
from analysis_core.errors import ConfigurationError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.observation import without_fast_path
from analysis_core.probe.hooks import preserved
from analysis_core.tasks.base import Task

RANK = 8
ALPHA = 16
"""The product of the two matrices counts ``ALPHA / RANK`` times, as is usual."""
NAME = "healing"
"""peft's adapters have names."""


def require_peft() -> None:
    """See to it that adapters can be made, without the seconds that importing peft takes.

    Raises:
        ConfigurationError: peft is not installed.
    """
    if importlib.util.find_spec("peft") is None:
        raise ConfigurationError(
            "Healing by 'lora' needs the library peft, which is not installed.",
            where="heal",
            remedy="Install it: pip install 'universal-layerwise-adapter[lora]'.",
        )


def train_adapters(
    teacher: UniversalModel,
    student: UniversalModel,
    training: Sequence[Batch],
    search: Sequence[Batch],
    task: Task,
    *,
    seconds: float,
    seed: int = 0,
    progress: Progress | None = None,
) -> Attempt:
    """Train adapters in the student and merge them in place; undone where the search loss does not fall.

    Args: as in :func:`~analysis_core.compression.healing.distill.distill`.

    Raises:
        SurgeryError: there is no linear layer in the student's blocks that adapters fit.
        NumericalError: the student's loss is not finite before any training.
    """
    layers = adapted_layers(student, training[0])
    with preserved(student.module):
        torch.manual_seed(seed)
        adapters = [adapter_beside(layer) for layer in layers]
        _replace(student, layers, adapters)
        try:
            with without_fast_path():  # it reads weights and would pass the adapters by
                attempt = distill(
                    teacher, student, training, search, task, seconds=seconds, seed=seed, progress=progress,
                    trained=_own_parts(adapters), step_size=_step_size(layers, adapters),
                )  # fmt: skip
        finally:
            _replace(student, adapters, layers)
        return _merged(student, layers, adapters, attempt, search, task) if attempt.helped else attempt


def adapted_layers(model: UniversalModel, batch: Batch) -> list[nn.Module]:
    """The linear layers inside the blocks that run as modules and share their weights with no other.

    Raises:
        SurgeryError: there is none.
    """
    inner = inside_blocks(model, called_layers(model, batch))
    found = [layer.module for layer in inner if isinstance(layer.module, (nn.Linear, Conv1D))]
    if not found:
        raise SurgeryError(
            "Its blocks have no linear layer of their own that an adapter could stand beside.",
            where=model.name,
            remedy="Heal by 'distill'.",
        )
    return found


def adapter_beside(layer: nn.Module) -> Any:
    """peft's layer around a linear one, which computes the same until it is trained; drawn from torch's random state.

    The layer is handed to peft alone, so that no name in the model decides what is adapted and nothing is left on it.
    """
    from peft import LoraConfig, inject_adapter_in_model  # an extra; importing it takes seconds

    holder = nn.ModuleDict({"layer": layer})
    settings = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["layer"], fan_in_fan_out=isinstance(layer, Conv1D))
    inject_adapter_in_model(settings, holder, NAME)
    return holder["layer"]


def _replace(model: UniversalModel, old: Sequence[nn.Module], new: Sequence[nn.Module]) -> None:
    for one, other in zip(old, new, strict=True):
        put(model.module, one, other)
    refreshed(model)


def _own_parts(adapters: Sequence[Any]) -> nn.ModuleList:
    """Both matrices of each adapter, without the layers that they stand beside."""
    return nn.ModuleList(matrix[NAME] for adapter in adapters for matrix in (adapter.lora_A, adapter.lora_B))


def _step_size(layers: Sequence[nn.Module], adapters: Sequence[Any]) -> float:
    """With it a first step of ``B`` changes the product about as far as a distillation's changes the weights."""
    sizes = []
    for layer, adapter in zip(layers, adapters, strict=True):
        reach = adapter.scaling[NAME] * math.sqrt(RANK) * root_mean_square(adapter.lora_A[NAME].weight)
        sizes.append(root_mean_square(layer.get_parameter("weight")) / reach)
    return RATE_OF_WEIGHTS * float(torch.stack(sizes).median())


def _merged(
    student: UniversalModel,
    layers: Sequence[nn.Module],
    adapters: Sequence[Any],
    attempt: Attempt,
    search: Sequence[Batch],
    task: Task,
) -> Attempt:
    """Add the products to the weights and judge again: in half precision, small ones may be lost."""
    weights = [layer.get_parameter("weight") for layer in layers]
    before = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for adapter in adapters:
            adapter.merge()
        reached = loss_or_infinity(student, search, task)
        if not reached < attempt.loss_before:
            for weight, old in zip(weights, before, strict=True):
                weight.copy_(old)
    return Attempt(attempt.loss_before, reached, attempt.steps)
