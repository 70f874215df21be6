"""What can be asked of hidden states."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_core.probe.needs.base import FloatArray, Need


@dataclass(frozen=True)
class StreamTurn(Need):
    """How far each layer turns each token's hidden state: :class:`StreamTurnStatistics`."""


@dataclass(frozen=True)
class PooledStates(Need):
    """Each layer's input and output, averaged over an example's tokens: :class:`PooledStatistics`.

    Args:
        limit: only the first so many examples are kept, so that memory does not grow with the data.
    """

    limit: int = 512


@dataclass(frozen=True)
class StreamTurnStatistics:
    """Sums over each example's real tokens, ``[examples, layers]``; NaN where input and output differ in shape.

    ``tokens`` counts them; ``one_minus_cosine`` and ``angle`` (in units of pi) are sums over them.
    """

    one_minus_cosine: FloatArray
    angle: FloatArray
    tokens: FloatArray


@dataclass(frozen=True)
class PooledStatistics:
    """For each layer, ``[examples, width]`` before and after it."""

    inputs: tuple[FloatArray, ...]
    outputs: tuple[FloatArray, ...]
