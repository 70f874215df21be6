"""The needs, as methods import them."""

from analysis_core.probe.needs.answers import Answers
from analysis_core.probe.needs.attention import AttentionHeads, AttentionStatistics
from analysis_core.probe.needs.base import FloatArray, Need, Served, Statistics
from analysis_core.probe.needs.conductance import ConductanceStatistics, PathConductance
from analysis_core.probe.needs.corruption import CorruptedRuns, CorruptedStatistics
from analysis_core.probe.needs.dropout import DroppedContributions, DroppedStatistics
from analysis_core.probe.needs.flow import (
    Activity,
    OutputGradients,
    OutputGradientStatistics,
    UnitActivity,
    UnitActivityStatistics,
)
from analysis_core.probe.needs.gradients import MeanGradients, MeanGradientStatistics, PerExampleGradientNorms
from analysis_core.probe.needs.replays import SkippedLayers, SkippedStatistics
from analysis_core.probe.needs.spectra import MatrixSpectrum, WeightSpectra, WeightSpectraStatistics
from analysis_core.probe.needs.states import PooledStates, PooledStatistics, StreamTurn, StreamTurnStatistics
from analysis_core.probe.needs.subsets import LayerSubsets, SubsetStatistics

__all__ = [
    "Activity",
    "Answers",
    "AttentionHeads",
    "AttentionStatistics",
    "ConductanceStatistics",
    "CorruptedRuns",
    "CorruptedStatistics",
    "DroppedContributions",
    "DroppedStatistics",
    "FloatArray",
    "LayerSubsets",
    "MatrixSpectrum",
    "MeanGradientStatistics",
    "MeanGradients",
    "Need",
    "OutputGradientStatistics",
    "OutputGradients",
    "PathConductance",
    "PerExampleGradientNorms",
    "PooledStates",
    "PooledStatistics",
    "Served",
    "SkippedLayers",
    "SkippedStatistics",
    "Statistics",
    "StreamTurn",
    "StreamTurnStatistics",
    "SubsetStatistics",
    "UnitActivity",
    "UnitActivityStatistics",
    "WeightSpectra",
    "WeightSpectraStatistics",
]
