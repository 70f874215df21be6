"""What takes further runs from some layer onwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need, Served


@dataclass(frozen=True)
class SkippedLayers(Need):
    """Each example's loss and metric with each layer skipped in turn: :class:`SkippedStatistics`."""

    served: ClassVar[Served] = Served.FURTHER_RUNS

    def replays(self, layers: int) -> int:
        return layers

    def passes(self, layers: int, examples: int) -> float:
        return 1 + (layers - 1) / 2  # the intact run, and from each layer on


@dataclass(frozen=True)
class SkippedStatistics:
    """Intact ``[examples]`` and per-layer ``[layers, examples]`` losses and metric shares."""

    intact_losses: FloatArray
    intact_metric: FloatArray
    losses: FloatArray
    metric: FloatArray
