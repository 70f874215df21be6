"""What takes runs with a corrupted input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need, Served


@dataclass(frozen=True)
class CorruptedRuns(Need):
    """Losses on clean and corrupted inputs, and with one layer's clean contribution put back: CorruptedStatistics.

    Args:
        deviations: size of the noise on what enters the first layer of each tower, in standard deviations of just that.
        deviation_examples: that standard deviation is taken over the first so many examples.
    """

    deviations: float = 3.0
    deviation_examples: int = 32
    served: ClassVar[Served] = Served.FURTHER_RUNS

    def replays(self, layers: int) -> int:
        return 1 + layers

    def passes(self, layers: int, examples: int) -> float:
        return 2 + (layers - 1) / 2  # clean, corrupted, and from each layer on


@dataclass(frozen=True)
class CorruptedStatistics:
    """What :class:`CorruptedRuns` found.

    Args:
        clean_losses, corrupt_losses: ``[examples]``.
        patched_losses: of the corrupted run with a layer's clean contribution, ``[layers, examples]``; NaN where the
            layer has none.
        deviation: standard deviation of what enters the first layer.
        entries: the layers that noise was put in front of: the first, and that of each tower that it does not lead to.
        reasons: for each layer, why it has no contribution of its own; None where it has.
    """

    clean_losses: FloatArray
    corrupt_losses: FloatArray
    patched_losses: FloatArray
    deviation: float
    entries: tuple[int, ...]
    reasons: tuple[str | None, ...]
