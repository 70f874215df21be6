"""Random numbers that belong to one example: the same in a batch of any size, behind any padding.

Each example has a generator of its own, seeded by the run's seed and the example's position in the data; it is read
token by token, and padding reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.probe.hidden import as_tokens, token_weights, tokens_come_first
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""``draw(generator, tokens, width)`` -> ``[tokens, width]``."""

NOISE, DROPOUT = 1, 2
"""What a generator is for, so that no two uses share numbers."""


def standard_normal(generator: np.random.Generator, tokens: int, width: int) -> np.ndarray:
    """White noise."""
    return generator.standard_normal((tokens, width), dtype=np.float32)


def kept_at_random(rate: float) -> Draw:
    """1 with probability ``1 - rate``, else 0; one byte decides, so the rate is a multiple of 1/256."""

    def draw(generator: np.random.Generator, tokens: int, width: int) -> np.ndarray:
        drawn = np.frombuffer(generator.bytes(tokens * width), dtype=np.uint8).reshape(tokens, width)
        return (drawn >= round(rate * 256)).astype(np.float32)

    return draw


def drawn_like(hidden: Tensor, batch: Batch, layer: Layer, draw: Draw, *seeds: int) -> Tensor:
    """A tensor of the shape of a layer's hidden state, float32: random at real tokens, 0 at padding.

    Args:
        hidden: whose shape is taken.
        batch: the examples that it holds.
        layer: whose state it is; its kind says where the width lies, its name which stack it belongs to.
        draw: what is drawn for one example.
        seeds: of the generators, before the example's position is added.
    """
    tokens = as_tokens(hidden, batch.size, layer.kind, batch.pieces)
    real = token_weights(tokens, batch.mask_of(layer.name)).bool().cpu().numpy()
    values = np.zeros(tuple(tokens.shape), dtype=np.float32)
    for row in range(batch.size):
        generator = np.random.default_rng([*seeds, batch.first + row])
        values[row, real[row]] = draw(generator, int(real[row].sum()), values.shape[2])
    return as_hidden(torch.from_numpy(values), tuple(hidden.shape), layer.kind, batch.pieces).to(hidden.device)


def as_hidden(tokens: Tensor, shape: tuple[int, ...], kind: LayerKind, pieces: int = 1) -> Tensor:
    """``[examples, tokens, width]`` in a layer's own shape: undoes :func:`~analysis_core.probe.hidden.as_tokens`."""
    tokens_first = tokens_come_first(shape, tokens.shape[0], pieces)
    upright = (shape[1], shape[0], *shape[2:]) if tokens_first else shape
    if kind is LayerKind.CONVOLUTION and len(shape) > 2:
        tokens = tokens.reshape(shape[0], -1, tokens.shape[-1]).transpose(1, 2)
    values = tokens.reshape(upright)
    return values.transpose(0, 1) if tokens_first else values
