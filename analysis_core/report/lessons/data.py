"""What the lessons are computed from: an analysis of which every subset of layers was measured. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from analysis_core.results import AnalysisReport, SubsetResult
from analysis_core.results.stream import StreamStep


@dataclass(frozen=True)
class RankCorrelation:
    """How alike two methods rank the layers.

    Args:
        one, other: registered names.
        value: Spearman's rank correlation, -1 to 1.
        low, high: 95 % interval over examples; None where a method gives no standard errors.
    """

    one: str
    other: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LessonData:
    """The shipped results of one model.

    Args:
        report: the analysis; ``measured`` holds every subset of its layers but the one that leaves none.
        greedy: all layers but one, in the order in which greedy search takes them out, none of them protected.
        pairs: every two methods.
        stream: a step a block.
    """

    report: AnalysisReport
    greedy: tuple[int, ...]
    pairs: tuple[RankCorrelation, ...]
    stream: tuple[StreamStep, ...]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild from what ``layerwise zoo lessons`` wrote."""
        return cls(
            report=AnalysisReport.from_dict(values["report"]),
            greedy=tuple(values["greedy"]),
            pairs=tuple(RankCorrelation(**pair) for pair in values["pairs"]),
            stream=tuple(StreamStep.from_dict(step) for step in values["stream"]),
        )

    @property
    def layers(self) -> int:
        """How many layers the model has."""
        return len(self.report.layers)

    @cached_property
    def measured(self) -> Mapping[frozenset[int], SubsetResult]:
        """Every measured subset by the layers that were left out."""
        return {frozenset(subset.removed): subset for subset in self.report.measured}

    @property
    def scores(self) -> list[str]:
        """Methods that say something of this model, without the measurement that they are compared with."""
        return [
            name
            for name, result in self.report.methods.items()
            if result.not_applicable is None and name != "layer_ablation"
        ]

    def without(self, layer: int) -> SubsetResult:
        """What was measured with this one layer left out."""
        return self.measured[frozenset({layer})]

    def singles(self) -> list[float]:
        """Measured increase of the loss without each single layer, in nats."""
        return [self.without(layer).loss_increase for layer in range(self.layers)]

    def pair(self, one: str, other: str) -> RankCorrelation:
        """How alike two methods rank the layers, in whichever order they are named.

        Raises:
            KeyError: the two were not compared.
        """
        found = next((pair for pair in self.pairs if {pair.one, pair.other} == {one, other}), None)
        if found is None:
            raise KeyError((one, other))
        return found
