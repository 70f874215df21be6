"""The needs, as methods import them."""

from analysis_core.probe.needs.base import FloatArray, Need, Served, Statistics
from analysis_core.probe.needs.gradients import MeanGradients, MeanGradientStatistics, PerExampleGradientNorms
from analysis_core.probe.needs.replays import SkippedLayers, SkippedStatistics
from analysis_core.probe.needs.states import PooledStates, PooledStatistics, StreamTurn, StreamTurnStatistics

__all__ = [
    "FloatArray",
    "MeanGradientStatistics",
    "MeanGradients",
    "Need",
    "PerExampleGradientNorms",
    "PooledStates",
    "PooledStatistics",
    "Served",
    "SkippedLayers",
    "SkippedStatistics",
    "Statistics",
    "StreamTurn",
    "StreamTurnStatistics",
]
