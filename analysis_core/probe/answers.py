"""The reducer that keeps the right answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Answers, FloatArray
from analysis_core.probe.reducing import Reducer
from analysis_core.tasks.base import Task


class AnswersReducer(Reducer):
    """The first examples' right answers, as points in space."""

    def __init__(self, need: Answers, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.limit = need.limit
        self.rows: list[FloatArray] = []

    def outputs(self, outputs: Any, losses: Tensor, task: Task) -> None:
        if self.batch.first < self.limit:
            features = task.answer_features(outputs, self.batch)
            self.rows.append(features[: self.limit - self.batch.first].astype(np.float64))

    def result(self) -> FloatArray:
        return np.concatenate(self.rows)
