"""What a method can ask of the probe. Equal needs are computed once. No torch here.

A need is a frozen value: two methods that ask for the same thing share it. Each need names the
reducer that streams it, and what its statistics look like once the pass is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Need:
    """Something that can be measured of every layer.

    Attributes:
        backward: whether a backward pass is needed, and with whose labels: None, "data" or "model".
        weight_gradients: whether the backward pass must reach the weights.
        replays: whether layers are skipped one at a time (a replay from each layer onwards).
    """

    weight_gradients: ClassVar[bool] = False
    replays: ClassVar[bool] = False

    @property
    def backward(self) -> str | None:
        return None


@dataclass(frozen=True)
class PerExampleGradientNorms(Need):
    """Squared norm of each example's own gradient with respect to a layer's weights: ``[examples, layers]``."""

    labels: str = "data"

    @property
    def backward(self) -> str | None:
        return self.labels


@dataclass(frozen=True)
class MeanGradients(Need):
    """The gradient of the mean loss with respect to the weights, reduced to :class:`MeanGradientStatistics`."""

    sampled_weights: int = 8192
    seed: int = 0
    weight_gradients: ClassVar[bool] = True

    @property
    def backward(self) -> str | None:
        return "data"


@dataclass(frozen=True)
class StreamTurn(Need):
    """How far each layer turns each token's hidden state: :class:`StreamTurnStatistics`."""


@dataclass(frozen=True)
class PooledStates(Need):
    """Each layer's input and output, averaged over an example's tokens: :class:`PooledStatistics`.

    Args:
        limit: only the first so many examples are kept, so that memory does not grow with the data.
    """

    limit: int = 1024


@dataclass(frozen=True)
class SkippedLayers(Need):
    """Each example's loss and metric with each layer skipped in turn: :class:`SkippedStatistics`."""

    replays: ClassVar[bool] = True


@dataclass(frozen=True)
class MeanGradientStatistics:
    """``taylor`` and ``norm``: ``[layers]``; ``taylor_std_errors``: ``[layers]``, NaN where not estimable."""

    taylor: FloatArray
    norm: FloatArray
    taylor_std_errors: FloatArray


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


@dataclass(frozen=True)
class SkippedStatistics:
    """Intact ``[examples]`` and per-layer ``[layers, examples]`` losses and metric shares.

    ``passes`` counts full-model equivalents of forward passes, ``seconds`` what they took.
    """

    intact_losses: FloatArray
    intact_metric: FloatArray
    losses: FloatArray
    metric: FloatArray
    seconds: float
    passes: float


@dataclass(frozen=True)
class Statistics(Mapping[Need, Any]):
    """What a pass measured.

    Args:
        found: the statistics of each need.
        seconds: what each need cost by itself.
        base_seconds: what the plain forward and backward passes cost, which all needs share.
        losses: the intact model's loss of each example, ``[examples]``.
        metric: each example's share in the main metric, ``[examples]``.
        metrics: all metrics of the intact model.
        examples: how many examples were seen.
        passes: full-model equivalents of forward passes made (a backward pass counts two).
    """

    found: Mapping[Need, Any]
    seconds: Mapping[Need, float]
    base_seconds: float
    losses: FloatArray
    metric: FloatArray
    metrics: Mapping[str, float]
    examples: int
    passes: float

    def __getitem__(self, need: Need) -> Any:
        return self.found[need]

    def __iter__(self) -> Iterator[Need]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)
