"""Replace linear layers by two thin ones: the best product of a given rank, seen through what really goes in.

For weights ``W`` and inputs with second moments ``C = E[x xᵀ] = S Sᵀ``, the product ``B A`` of rank ``r`` that changes
the outputs least, ``E |W x - B A x|² = |(W - B A) S|²``, is the truncated singular value decomposition of ``W S`` with
``S`` taken out of it again (Eckart and Young 1936; Wang et al. 2024, *SVD-LLM: Truncation-aware Singular Value
Decomposition for Large Language Model Compression*, section 3.1). The error is what the dropped singular values hold,
exactly. Without inputs, ``S`` is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis_core.compression.shrinking.compact import LowRankLinear, put
from analysis_core.compression.shrinking.linear_layers import LinearLayer, inside_blocks, linear_layers, listen
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.runners import Progress

SMALLEST_SHARE = 1e-6
"""Directions that hold less of the inputs than this share of the largest one count as if they held so much."""
MOMENT_BYTES = 512 * 2**20
"""So much memory is taken for second moments at a time; where there are more, the examples are run again."""


@dataclass(frozen=True)
class Factors:
    """A product of two thin matrices.

    Args:
        up: ``[outputs, rank]``.
        down: ``[rank, inputs]``.
        energy: the share of the outputs' mean square that is kept, 0 … 1.
    """

    up: Tensor
    down: Tensor
    energy: float


def factorize(
    model: UniversalModel, share: float, examples: Sequence[Batch], *, progress: Progress | None = None
) -> dict[str, Factors]:
    """Replace the linear layers in a model's blocks by two thin ones where that saves parameters, in place.

    Heads and embeddings outside of the blocks stay.

    Args:
        model: its module's layers are replaced.
        share: of each layer's weights that may stay, above 0 and at most 1; with 1 nothing is replaced.
        examples: what goes into the layers weighs what is kept of them; must not be those of the test.
        progress: called with the done share and a few words; may raise to stop.

    Returns:
        What each replaced layer became, by its path.

    Raises:
        SurgeryError: no linear layer in the blocks would become smaller, or their weights are no float32.
    """
    if share == 1:
        return {}
    found = inside_blocks(model, linear_layers(model, examples[0]))
    smaller = [layer for layer in found if rank_for(share, *layer.weight.shape) > 0]
    if not smaller:
        raise SurgeryError(
            f"No linear layer in its blocks would become smaller with {share:g} of its weights.",
            where=model.name,
            remedy="Ask for another share, or compress it without low-rank factors.",
        )
    done: dict[str, Factors] = {}
    for layers in _in_portions(smaller):
        moments = second_moments(model, layers, examples)
        for layer in layers:
            if progress is not None:
                progress(len(done) / len(smaller), f"Factorising linear layers: {len(done) + 1} of {len(smaller)}")
            rank = rank_for(share, *layer.weight.shape)
            done[layer.path] = factors(layer.weight, rank, moments[layer.path])
            put(model.module, layer.module, _thin(layer, done[layer.path]))
    return done


def rank_for(share: float, outputs: int, inputs: int) -> int:
    """The largest rank whose two matrices hold at most this share of the weights; 0 where not even rank 1 does."""
    return math.floor(share * outputs * inputs / (outputs + inputs))


def factors(weight: Tensor, rank: int, moments: Tensor | None = None) -> Factors:
    """The product of a given rank that changes a layer's outputs least.

    Args:
        weight: ``[outputs, inputs]``.
        rank: 1 … the smaller of the two.
        moments: second moments of the inputs, ``[inputs, inputs]``; None counts all directions alike.

    Returns:
        The two matrices in the weights' type; computed in float64.
    """
    matrix = weight.double()
    root, inverse = (None, None) if moments is None else _roots(moments.double())
    left, values, right = torch.linalg.svd(matrix if root is None else matrix @ root, full_matrices=False)
    kept, balance = values[:rank], values[:rank].sqrt()
    down = balance[:, None] * right[:rank]
    total = float(values.square().sum())
    return Factors(
        up=(left[:, :rank] * balance).to(weight.dtype),
        down=(down if inverse is None else down @ inverse).to(weight.dtype),
        energy=float(kept.square().sum()) / total if total else 1.0,
    )


def second_moments(
    model: UniversalModel, layers: Sequence[LinearLayer], examples: Sequence[Batch]
) -> dict[str, Tensor]:
    """The mean of ``x xᵀ`` over all rows that go into each layer, ``[inputs, inputs]`` float64, by its path."""
    sums = {layer.path: layer.weight.new_zeros(layer.weight.shape[1:] * 2, dtype=torch.float64) for layer in layers}
    counts = dict.fromkeys(sums, 0)

    def add(layer: LinearLayer, rows: Tensor) -> None:
        sums[layer.path] += (rows.T @ rows).double()
        counts[layer.path] += len(rows)

    listen(model, layers, examples, add)
    return {path: total / max(counts[path], 1) for path, total in sums.items()}


def _roots(moments: Tensor) -> tuple[Tensor, Tensor]:
    """``S`` with ``S Sᵀ`` = moments, and its inverse."""
    values, vectors = torch.linalg.eigh(moments)
    largest = float(values[-1])
    lengths = values.clamp(min=SMALLEST_SHARE * largest if largest > 0 else 1.0).sqrt()
    return vectors * lengths, vectors.T / lengths[:, None]


def _thin(layer: LinearLayer, found: Factors) -> LowRankLinear:
    rank, inputs = found.down.shape
    thin = LowRankLinear(inputs, len(found.up), rank, layer.bias is not None).to(found.up)
    state = {"down.weight": found.down, "up.weight": found.up}
    thin.load_state_dict(state if layer.bias is None else {**state, "up.bias": layer.bias})
    return thin


def _in_portions(layers: Sequence[LinearLayer]) -> Iterator[list[LinearLayer]]:
    """Neighbouring layers whose second moments fit into memory together."""
    portion: list[LinearLayer] = []
    used = 0
    for layer in layers:
        needed = layer.weight.shape[1] ** 2 * torch.float64.itemsize
        if portion and used + needed > MOMENT_BYTES:
            yield portion
            portion, used = [], 0
        portion.append(layer)
        used += needed
    if portion:
        yield portion
