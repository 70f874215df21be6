"""Any model made comparable: its outputs read as logits of a few classes, its constant weights given some noise.

And which of its layers a walk tries to take out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.plain import ModuleModel
from analysis_core.results import Layer

CLASSES = 4
"""Whatever a model puts out is averaged into so many numbers an example, which are read as logits."""
SHAKE = 0.1
IMPOSSIBLE = 1e30
A_LAYER = ("hidden_states", "attentions")
"""Outputs with one entry for each layer."""


class PooledModel(ModuleModel):
    """A model whose outputs, whatever they are, become ``[examples, CLASSES]`` logits by plain means."""

    def forward(self, batch: Batch) -> Tensor:
        return pooled(super().forward(batch), batch.size)


def pooled(outputs: Any, examples: int) -> Tensor:
    """Means over parts of every float tensor that has one row an example, summed over the tensors.

    Where there is a single example, every tensor is its own, such as one row a patch.

    Raises:
        ValueError: there is no such tensor.
    """
    rows = [
        tensor.float().reshape(examples, -1)
        for tensor in _tensors(outputs)
        if tensor.is_floating_point() and tensor.numel() and (examples == 1 or tensor.shape[:1] == (examples,))
    ]
    if not rows:
        raise ValueError("The outputs hold no tensor of floats with one row for each example.")
    # Infinity, or the lowest number there is, marks what is impossible in some outputs; it must not hide the rest.
    finite = [row.masked_fill(row.abs() > IMPOSSIBLE, 0.0) for row in rows]
    wide = [row if row.shape[1] >= CLASSES else row.repeat(1, CLASSES) for row in finite]
    return sum(
        (torch.stack([part.mean(1) for part in row.tensor_split(CLASSES, 1)], 1) for row in wide), torch.zeros(1)
    )


def shake(module: nn.Module) -> None:
    """Give constant weights some noise: a branch that starts at zero, or a layer scale of 1e-6, would hide mistakes."""
    with torch.no_grad():
        for weight in module.parameters():
            if weight.is_floating_point() and weight.numel() and float(weight.max() - weight.min()) < SHAKE / 100:
                weight.add_(torch.randn_like(weight), alpha=SHAKE)


def candidates(layers: Sequence[Layer]) -> list[int]:
    """Layers that could go: the middle of each stack, larger stacks first, then what comes after it, then the rest."""
    stacks: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.removable:
            stacks.setdefault(layer.stack, []).append(layer)
    rows = sorted(stacks.values(), key=lambda stack: -sum(layer.parameters for layer in stack))
    turned = [[*stack[len(stack) // 2 :], *stack[: len(stack) // 2]] for stack in rows]
    return [layer.index for turn in zip_longest(*turned) for layer in turn if layer is not None]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
        return
    if isinstance(value, Mapping):
        # Some models always put out one state, or one map, for each layer: without a layer these are others.
        value = [item for name, item in value.items() if not (name in A_LAYER and isinstance(item, (tuple, list)))]
    for item in value if isinstance(value, (tuple, list)) else ():
        yield from _tensors(item)
