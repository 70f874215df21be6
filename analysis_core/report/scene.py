"""What a figure beside the scores is drawn from: a report, one of its methods, and the layer that is looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_core.results import AnalysisReport, MethodResult


@dataclass(frozen=True)
class Scene:
    """One method of a report.

    Args:
        report: an analysis that holds the method.
        method: its registered name.
        selected: index of the layer that is looked at, if any.
    """

    report: AnalysisReport
    method: str
    selected: int | None = None

    @property
    def result(self) -> MethodResult:
        """What the method found."""
        return self.report[self.method]

    @property
    def extras(self) -> Mapping[str, Any]:
        """What it keeps beside its scores."""
        return self.result.extras

    def focus(self, drawable: Sequence[int]) -> int:
        """The selected layer where it can be drawn; else, of those that can, the one with the highest score."""
        if self.selected in drawable:
            return int(self.selected)  # type: ignore[arg-type]  # None is never drawable
        return max(drawable, key=lambda layer: (self._score(layer), -layer))

    def _score(self, layer: int) -> float:
        score = self.result.scores[layer]
        return -math.inf if score is None else score


def present(values: Sequence[Any]) -> list[int]:
    """Indices of what is neither None nor empty."""
    return [index for index, value in enumerate(values) if value is not None and value != []]
