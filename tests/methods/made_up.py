"""Statistics that no model has measured, to see what a method makes of known states and answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods import METHODS, ProbeMethod, Scores
from analysis_core.probe.needs import Answers, PooledStates, PooledStatistics, Statistics
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind


def scores_of(name: str, boundaries: Sequence[np.ndarray], answers: np.ndarray | None = None) -> Scores:
    """A method's scores for layers that turn each of the states ``[examples, width]`` into the next."""
    method = METHODS.get(name)
    assert isinstance(method, ProbeMethod)
    states = [np.asarray(state, dtype=np.float64) for state in boundaries]
    found = {PooledStates(): PooledStatistics(tuple(states[:-1]), tuple(states[1:])), Answers(): answers}
    none = np.zeros(len(states[0]))
    statistics = Statistics(found, {}, {}, 0.0, none, none, {}, len(states[0]), 0.0)
    layers = [Layer(index, f"layers.{index}", LayerKind.OTHER, "Layer", 1) for index in range(len(states) - 1)]
    return method.score(statistics, layers, AnalysisConfig(analysis_methods=(name,)))


def one_hot(labels: Sequence[int] | np.ndarray) -> np.ndarray:
    """``[examples, classes]``."""
    labels = np.asarray(labels)
    return np.eye(int(labels.max()) + 1)[labels]
