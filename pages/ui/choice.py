"""The arithmetic of the What if page: which layers go, what is known of that, and the curve around it. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis_core.compression.estimate import estimate
from analysis_core.compression.plan import (
    CONSENSUS,
    MANUAL,
    kept_layers,
    one_shot_plan,
    plan_from_order,
    plan_from_removed,
    possible_ratios,
)
from analysis_core.config import CompressionConfig
from analysis_core.errors import LayerwiseError, PlanError
from analysis_core.report import frontier
from analysis_core.report.frontier import FrontierPoint
from analysis_core.results import AnalysisReport, CompressionOutcome, CompressionPlan, Interval, SubsetResult

GREEDY = "greedy"
_SHARED = ("data", "data_format", "data_columns", "data_companion", "batch_size", "max_samples", "seed", "device")
"""Settings that a compression takes over from its analysis."""


@dataclass(frozen=True)
class Source:
    """An analysis and everything that was measured from it.

    Args:
        name: id of the run, or the name of the shipped result.
        report: the analysis.
        outcomes: finished compressions of the same model, newest first.
        measured: subsets that were run on the search examples, beyond those in the report.
        settings: of the analysis run, as JSON types; empty for the shipped result.
        stored: whether the analysis is a run of this store.
    """

    name: str
    report: AnalysisReport
    outcomes: tuple[CompressionOutcome, ...] = ()
    measured: tuple[SubsetResult, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    stored: bool = True

    @property
    def layers(self) -> int:
        """How many layers the whole model has."""
        return len(self.report.layers)


def strategies(source: Source) -> list[str]:
    """The strategies that can be followed at once, the best founded first; by hand is always possible."""
    searched = [GREEDY] if frontier.greedy_order(source.outcomes) else []
    methods = [name for name, result in source.report.methods.items() if result.not_applicable is None]
    return [*searched, CONSENSUS, *methods, MANUAL]


def sizes(source: Source, strategy: str) -> list[int]:
    """How many layers a strategy can keep, from all of them downwards."""
    if strategy == MANUAL:
        removable = sum(layer.removable for layer in source.report.layers)
        return list(range(source.layers, max(source.layers - removable, 1) - 1, -1))
    counts = [round(source.layers / ratio) for ratio in possible_ratios(source.report.layers)]
    if strategy == GREEDY:
        counts = [kept for kept in counts if kept >= source.layers - len(frontier.greedy_order(source.outcomes))]
    return counts


def plan_for(source: Source, strategy: str, kept: int) -> CompressionPlan:
    """The layers that a strategy takes out to keep so many.

    Raises:
        PlanError: the strategy cannot come to that size.
        UnknownNameError: no such strategy.
    """
    ratio = source.layers / kept
    if strategy == GREEDY:
        return plan_from_order(source.report.layers, frontier.greedy_order(source.outcomes), ratio, GREEDY)
    return one_shot_plan(source.report, ratio, strategy)


def by_hand(source: Source, removed: Sequence[int]) -> CompressionPlan:
    """The plan for layers that were clicked out.

    Raises:
        PlanError: a layer cannot go, or none would be left.
    """
    return plan_from_removed(source.report.layers, removed)


def size_near(source: Source, strategy: str, ratio: float) -> int:
    """The size of a strategy that comes nearest to a ratio."""
    try:
        kept = kept_layers(source.report.layers, ratio)
    except PlanError:
        kept = 1
    return min(sizes(source, strategy), key=lambda size: (abs(size - kept), size))


def point_of(source: Source, plan: CompressionPlan) -> FrontierPoint | None:
    """What is known of a plan: its measurement, else an estimate; None when there is nothing to estimate from."""
    if not plan.remove:
        return _whole(source)
    outcome = frontier.outcome_of(source.outcomes, plan.remove)
    if outcome is not None:
        return frontier.measured_point(outcome)
    return _estimated(source, plan)


def curve_points(source: Source, strategy: str) -> list[FrontierPoint]:
    """Everything measured, and a strategy's estimates where it has not been measured.

    A measured model counts for the strategy that is looked at when it is the very one that the strategy proposes.
    """
    plans = [plan_for(source, strategy, kept) for kept in sizes(source, strategy)]
    proposed = {plan.remove for plan in plans}
    points = [
        _as_strategy(point, strategy) if point.removed in proposed else point for point in _measured_points(source)
    ]
    known = {point.removed for point in points}
    for plan in plans:
        if plan.remove and plan.remove not in known:
            guess = _estimated(source, plan)
            points += [guess] if guess is not None else []
    points += _with_smaller_weights(source)
    whole = _whole(source)
    return [_as_strategy(whole, name) for name in _measured_strategies(points)] + points


def compression(
    source: Source, removed: Sequence[int] | None, *, ratio: float = 2.0, export: bool = False
) -> CompressionConfig:
    """The run that measures a plan, or, without layers named, searches greedily for a ratio."""
    shared = {name: source.settings[name] for name in _SHARED if name in source.settings}
    return CompressionConfig(
        model_name=str(source.settings.get("model_name") or source.report.model["id"]),
        remove=None if removed is None else tuple(removed),
        target_ratio=ratio,
        strategy=GREEDY,
        source_run=source.name if source.stored else None,
        export=export,
        **shared,
    )


def exported(source: Source, removed: Sequence[int]) -> CompressionOutcome | None:
    """The newest outcome of exactly these layers whose model was written to disk."""
    return frontier.outcome_of([outcome for outcome in source.outcomes if outcome.export], removed)


def _whole(source: Source) -> FrontierPoint:
    """The model as it is: nothing is lost, nothing is gained."""
    intact = source.report.baseline[source.report.metric]
    one, metric = Interval(1.0, 1.0, 1.0), Interval(intact, intact, intact)
    return FrontierPoint((), 1.0, one, metric, one, measured=True, strategy=MANUAL)


def _measured_points(source: Source) -> list[FrontierPoint]:
    """One point for every measured set of layers; a strategy's name wins over "by hand"."""
    found: dict[tuple[int, ...], FrontierPoint] = {}
    for outcome in source.outcomes:
        removed = outcome.plan.remove
        known = found.get(removed)
        if outcome.plan.keeps_weights and removed and (known is None or known.strategy == MANUAL):
            newest = frontier.outcome_of(source.outcomes, removed) or outcome
            found[removed] = _as_strategy(frontier.measured_point(newest), outcome.plan.strategy)
    return list(found.values())


def _with_smaller_weights(source: Source) -> list[FrontierPoint]:
    """The newest point of each set of layers whose remaining weights were quantised or factorised in the same way."""
    newest = sorted(source.outcomes, key=lambda outcome: outcome.measurement.measured_at)
    points = [frontier.measured_point(outcome) for outcome in newest if not outcome.plan.keeps_weights]
    return list({(point.removed, point.strategy): point for point in points}.values())


def _estimated(source: Source, plan: CompressionPlan) -> FrontierPoint | None:
    try:
        guess = estimate(source.report, plan.remove, source.measured)
    except LayerwiseError:
        return None
    return frontier.estimated_point(source.report, plan, guess, source.outcomes)


def _as_strategy(point: FrontierPoint, strategy: str) -> FrontierPoint:
    return FrontierPoint(**{**vars(point), "strategy": strategy})


def _measured_strategies(points: Sequence[FrontierPoint]) -> list[str]:
    """Strategies whose measured points form a line that begins at the whole model."""
    return list(dict.fromkeys(point.strategy for point in points if point.measured and point.strategy != MANUAL))
