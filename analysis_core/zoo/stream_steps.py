"""What each block adds to the residual stream: how long the step is, and how far along and across it goes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hidden import as_tokens, token_weights
from analysis_core.probe.hooks import Taps, preserved
from analysis_core.results.stream import StreamStep


def stream_steps(model: UniversalModel, batches: Sequence[Batch]) -> list[StreamStep]:
    """Means over all real tokens of all examples, a step a block; the model is left as it was.

    Args:
        model: all of its blocks keep the shape of what passes through.
        batches: the examples.
    """
    sums = torch.zeros(len(model.layers), 6, dtype=torch.float64)
    with preserved(model.module), torch.no_grad(), Taps() as taps:
        current: list[Batch] = []

        def listen(index: int, before: Tensor, after: Tensor) -> None:
            sums[index] += _sums(model, index, current[-1], before, after)

        taps.on_layers(model.sites, listen)
        for batch in batches:
            current.append(batch.to(model.device))
            model.forward(current[-1])
    means = sums[:, :5] / sums[:, 5:]
    return [StreamStep(index, *(float(value) for value in row)) for index, row in enumerate(means)]


def _sums(model: UniversalModel, index: int, batch: Batch, before: Tensor, after: Tensor) -> Tensor:
    """Sums over tokens of the five means of a :class:`StreamStep`, and the number of tokens."""
    layer = model.layers[index]
    stream = as_tokens(before, batch.size, layer.kind, batch.pieces).double()
    update = as_tokens(after, batch.size, layer.kind, batch.pieces).double() - stream
    weights = token_weights(stream, batch.mask_of(layer.name)).double()
    length, step = stream.norm(dim=-1), update.norm(dim=-1)
    along = (stream * update).sum(-1) / length**2
    share = step / length
    across = (share**2 - along**2).clamp(min=0).sqrt()
    turn = torch.atan2(across, 1 + along) * (180 / torch.pi)
    columns = [length, share, along, across, turn, torch.ones_like(length)]
    return torch.stack([(column * weights).sum() for column in columns]).cpu()
