"""What can be asked of the backward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need


@dataclass(frozen=True)
class PerExampleGradientNorms(Need):
    """Squared norm of each example's own gradient with respect to a layer's weights: ``[examples, layers]``.

    NaN where a weight of the layer serves all examples alike, or a module of it mixes them, so that no example has a
    gradient of its own.
    """

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
class MeanGradientStatistics:
    """``taylor`` and ``norm``: ``[layers]``; ``taylor_std_errors``: ``[layers]``, NaN where not estimable."""

    taylor: FloatArray
    norm: FloatArray
    taylor_std_errors: FloatArray
