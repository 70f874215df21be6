"""Layers and reports made by hand, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis_core.results import AnalysisReport, Layer, MethodResult, SubsetResult
from analysis_core.vocabulary import Direction, LayerKind


def make_layers(count: int, not_removable: Mapping[int, str] | None = None) -> tuple[Layer, ...]:
    """``count`` layers of one stack, some of which cannot go."""
    reasons = not_removable or {}
    return tuple(
        Layer(
            index=index,
            name=f"blocks.{index}",
            kind=LayerKind.TRANSFORMER,
            class_name="Block",
            parameters=10,
            removable=index not in reasons,
            why_not=reasons.get(index),
            stack="blocks",
        )
        for index in range(count)
    )


def make_report(
    count: int,
    consensus: Sequence[float | None] | None = None,
    methods: Mapping[str, Sequence[float | None]] | None = None,
    measured: Sequence[SubsetResult] = (),
    not_applicable: str | None = None,
    baseline_metric: float = 0.9,
    metric: str = "accuracy",
    direction: Direction = Direction.HIGHER_IS_BETTER,
) -> AnalysisReport:
    """A report over ``count`` layers with the given scores and measured subsets."""
    results = {
        name: MethodResult(name, name, tuple(scores), (None,) * count, "nats", not_applicable=not_applicable)
        for name, scores in (methods or {}).items()
    }
    return AnalysisReport(
        model={"id": "tiny"},
        layers=make_layers(count),
        methods=results,
        consensus=tuple(consensus or [0.5] * count),
        baseline={"loss": 0.3, metric: baseline_metric},
        metric=metric,
        metric_direction=direction,
        measured=tuple(measured),
    )
