"""Which reducer serves which need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis_core.models.base import UniversalModel
from analysis_core.probe.answers import AnswersReducer
from analysis_core.probe.attention_reducer import AttentionReducer
from analysis_core.probe.flow_reducers import OutputGradientReducer, UnitActivityReducer
from analysis_core.probe.gradient_reducers import GradientNormReducer, MeanGradientReducer
from analysis_core.probe.needs import (
    Answers,
    AttentionHeads,
    MeanGradients,
    Need,
    OutputGradients,
    PerExampleGradientNorms,
    PooledStates,
    StreamTurn,
    UnitActivity,
)
from analysis_core.probe.reducing import Reducer
from analysis_core.probe.state_reducers import PooledStateReducer, StreamTurnReducer

REDUCERS: dict[type[Need], Callable[[Any, UniversalModel], Reducer]] = {
    PerExampleGradientNorms: GradientNormReducer,
    MeanGradients: MeanGradientReducer,
    StreamTurn: StreamTurnReducer,
    PooledStates: PooledStateReducer,
    Answers: AnswersReducer,
    AttentionHeads: AttentionReducer,
    OutputGradients: OutputGradientReducer,
    UnitActivity: UnitActivityReducer,
}
