"""A linear patch in place of each removed span, in closed form and without a further module.

Before each gap stands a block that ends by adding ``A W + b`` to the stream, with ``A`` the last features inside it.
The patch changes ``W`` and ``b`` alone, so that the block's output comes as near as a linear map can bring it to what
the original puts out behind the gap::

    min over D:  |A D - (original behind the gap - smaller before it)|² + ridge |D|²,   W <- W + D

This is ReplaceMe (Shopkhoev et al. 2025) with the map fitted to the features that the block's last matrix reads, not
to what it puts out: that one could only turn and scale. Gaps are patched from the first to the last, each on what the
patches before it left. As only weights change, an export loads like any other. A block whose output is normalised
or scaled after the sum, as BERT's is, has no place to fold a patch into.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from analysis_core.compression.healing.better_state import Attempt, copied_state, loss_or_infinity, mean_loss
from analysis_core.compression.search import Progress
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.models.observation import output_of, watched
from analysis_core.models.residual import TOLERANCE, additions
from analysis_core.probe.hooks import hidden_input, preserved, swapped
from analysis_core.results import CompressionPlan
from analysis_core.tasks.base import Task

RIDGE = 0.01
"""Relative to the mean square of the features: what keeps directions that hardly occur from being fitted to chance."""


@dataclass(frozen=True)
class Gap:
    """Neighbouring layers that went.

    Args:
        before: position of the block before the gap among the smaller model's blocks.
        last: index of the gap's last layer in the original model.
    """

    before: int
    last: int


def patch_gaps(
    original: UniversalModel,
    smaller: UniversalModel,
    plan: CompressionPlan,
    training: Sequence[Batch],
    search: Sequence[Batch],
    task: Task,
    *,
    progress: Progress | None = None,
) -> Attempt:
    """Fold a patch into the block before each gap, in place; undone where the search loss does not fall.

    Args: as in :func:`~analysis_core.compression.healing.heal.heal`.

    Raises:
        SurgeryError: no block stands before a gap, or it offers no place to fold a patch into.
    """
    loss_before, state = mean_loss(smaller, search, task), copied_state(smaller.module)
    found = gaps(original, plan)
    with preserved(original.module), preserved(smaller.module), torch.no_grad():
        writers = [_writer(smaller, gap, training[0].to(smaller.device)) for gap in found]
        for number, (gap, writer) in enumerate(zip(found, writers, strict=True)):
            if progress is not None:
                progress(number / len(found), f"Healing: patch {number + 1} of {len(found)}")
            _add(writer, _fitted(original, smaller, gap, writer, training))
    reached = loss_or_infinity(smaller, search, task)
    if not reached < loss_before:
        smaller.module.load_state_dict(state)
    return Attempt(loss_before, reached, steps=len(found))


def gaps(original: UniversalModel, plan: CompressionPlan) -> list[Gap]:
    """The spans of neighbouring removed layers, from first to last.

    Raises:
        SurgeryError: a stack's first layer went, so that nothing stands before the gap.
    """
    found = []
    for index in plan.remove:
        layer = original.layers[index]
        following = index + 1
        if following in plan.remove and original.layers[following].stack == layer.stack:
            continue
        before = max((kept for kept in plan.keep if kept < index), default=-1)
        if before < 0 or original.layers[before].stack != layer.stack:
            raise SurgeryError(
                "No block stands before it that could take over what it did.",
                where=layer.name,
                remedy="Keep the first layer of each stack, or heal by 'distill'.",
            )
        found.append(Gap(plan.keep.index(before), index))
    return found


def _writer(model: UniversalModel, gap: Gap, batch: Batch) -> nn.Module:
    """The linear map whose output the block before the gap adds last, checked by leaving it out once."""
    block = model.blocks[gap.before]
    for addition in reversed(additions(block, lambda: model.forward(batch))):
        writer = block.get_submodule(addition.writer)
        if isinstance(writer, (nn.Linear, Conv1D)) and _is_plainly_added(model, block, writer, batch):
            return writer
    raise SurgeryError(
        "This block does not end by adding a linear map to the stream, so a patch cannot be folded into it.",
        where=model.layers[gap.before].name,
        remedy="Heal by 'distill'.",
    )


def _is_plainly_added(model: UniversalModel, block: nn.Module, writer: nn.Module, batch: Batch) -> bool:
    added: list[Tensor] = []

    def silent(*args: Any, **kwargs: Any) -> Tensor:
        added.append(forward(*args, **kwargs))
        return torch.zeros_like(added[-1])

    whole = output_of(block, lambda: model.forward(batch))
    forward = writer.forward
    with swapped({writer: silent}):
        without = output_of(block, lambda: model.forward(batch))
    if len(added) != 1 or added[0].shape != whole.shape:
        return False
    return float((whole - without - added[0]).abs().max()) <= TOLERANCE * float(whole.abs().max())


def _fitted(
    original: UniversalModel, smaller: UniversalModel, gap: Gap, writer: nn.Module, training: Sequence[Batch]
) -> Tensor:
    """The change of the writer's weights, ``[features (+ 1 for the bias), width]`` float64."""
    gram, cross = torch.zeros(1).double(), torch.zeros(1).double()
    for batch in training:
        features, missing = _seen(original, smaller, gap, writer, batch.to(smaller.device))
        if getattr(writer, "bias", None) is not None:
            features = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
        gram, cross = gram.to(features) + features.T @ features, cross.to(features) + features.T @ missing
    ridge = RIDGE * float(gram.diagonal().mean())
    ridged = gram + ridge * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    solved: Tensor = torch.linalg.solve(ridged, cross)
    return solved


def _seen(
    original: UniversalModel, smaller: UniversalModel, gap: Gap, writer: nn.Module, batch: Batch
) -> tuple[Tensor, Tensor]:
    """What the writer reads and what its block's output lacks, a row for each real place of the batch, float64."""
    read: list[Tensor] = []
    given: list[Tensor] = []
    with ExitStack() as stack:
        stack.enter_context(watched(writer, lambda args, kwargs, _: read.append(hidden_input(args, kwargs))))
        stack.enter_context(
            watched(smaller.blocks[gap.before], lambda _args, _kwargs, result: given.append(first_tensor(result)))
        )
        smaller.forward(batch)
    wanted = output_of(original.blocks[gap.last], lambda: original.forward(batch), original.layers[gap.last].name)
    rows = _real_places(batch.mask_of(original.layers[gap.last].name), wanted)
    features, missing = (part.flatten(0, -2)[rows] for part in (read[-1], wanted - given[-1]))
    return features.double(), missing.double()


def _real_places(mask: Tensor | None, hidden: Tensor) -> Tensor:
    """Which rows of the flattened states are no padding."""
    if mask is not None and mask.shape == hidden.shape[:-1]:
        return mask.bool().flatten()
    return torch.ones(hidden.shape[:-1].numel(), dtype=torch.bool, device=hidden.device)


def _add(writer: nn.Module, change: Tensor) -> None:
    weights: Any = writer
    bias = weights.bias if getattr(weights, "bias", None) is not None else None
    matrix = change[: len(change) - (bias is not None)]
    weights.weight += (matrix.T if isinstance(writer, nn.Linear) else matrix).to(weights.weight)
    if bias is not None:
        bias += change[-1].to(bias)
