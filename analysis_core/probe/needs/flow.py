"""What can be asked of the signal between layers: its gradient on the way back, its use of the width."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_core.probe.needs.base import FloatArray, Need


@dataclass(frozen=True)
class OutputGradients(Need):
    """The size of the loss's gradient at each layer's output: :class:`OutputGradientStatistics`."""

    @property
    def backward(self) -> str | None:
        return "data"


@dataclass(frozen=True)
class OutputGradientStatistics:
    """Each example's own loss, seen from each layer's output, ``[examples, layers]``.

    ``squares`` is the sum of squared gradient entries over real tokens and units, NaN where no gradient arrived;
    ``places`` counts those entries.
    """

    squares: FloatArray
    places: FloatArray


@dataclass(frozen=True)
class UnitActivity(Need):
    """How the units of each layer's output vary and covary over all real tokens: :class:`UnitActivityStatistics`.

    Args:
        units: of a wider layer a random choice of so many units is watched.
        examples: the first so many examples leave tokens for what cannot be streamed.
        tokens: how many tokens of each of them, drawn at random.
        seed: of the choice of units and tokens.
    """

    units: int = 2048
    examples: int = 128
    tokens: int = 8
    seed: int = 0


@dataclass(frozen=True)
class Activity:
    """One layer's output, seen over all real tokens.

    Args:
        width: how many units the layer has.
        covariance: of the watched units, ``[units, units]``.
        mean: of each watched unit, ``[units]``.
        tokens: how many real tokens the example had, ``[examples]``, for all examples.
        kept: some tokens of the first examples, ``[kept tokens, units]``.
        kept_examples: the position in the data of each kept token's example, ``[kept tokens]``.
        kept_counts: how many real tokens that example had, ``[kept tokens]``.
    """

    width: int
    covariance: FloatArray
    mean: FloatArray
    tokens: FloatArray
    kept: FloatArray
    kept_examples: FloatArray
    kept_counts: FloatArray


@dataclass(frozen=True)
class UnitActivityStatistics:
    """Each layer's activity; None for one that did not run."""

    layers: tuple[Activity | None, ...]
