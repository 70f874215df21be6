"""The arithmetic of the What if page: which layers go, what is known of that, and the curve around it. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analysis_core.compression.estimate import estimate
from analysis_core.compression.plan import (
    BEAM,
    CONSENSUS,
    EVOLUTIONARY,
    GREEDY,
    MANUAL,
    kept_layers,
    one_shot_plan,
    plan_from_order,
    plan_from_removed,
    possible_ratios,
)
from analysis_core.errors import LayerwiseError, PlanError
from analysis_core.report import frontier
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.recipes import Treatment, is_plain_cut
from analysis_core.results import AnalysisReport, CompressionOutcome, CompressionPlan, Interval, SubsetResult
from analysis_core.vocabulary import Quantization

JOINT = (BEAM, EVOLUTIONARY)
"""Searches that find a set for one size, and no order that could be followed to others."""


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
    greedy = [GREEDY] if frontier.greedy_order(source.outcomes) else []
    joint = [name for name in JOINT if _found(source, name)]
    methods = [name for name, result in source.report.methods.items() if result.not_applicable is None]
    return [*greedy, *joint, CONSENSUS, *methods, MANUAL]


def sizes(source: Source, strategy: str) -> list[int]:
    """How many layers a strategy can keep, from all of them downwards."""
    if strategy == MANUAL:
        removable = sum(layer.removable for layer in source.report.layers)
        return list(range(source.layers, max(source.layers - removable, 1) - 1, -1))
    if strategy in JOINT:
        return sorted({source.layers, *_found(source, strategy)}, reverse=True)
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
    if strategy in JOINT:
        found = _found(source, strategy).get(kept)
        return plan_from_removed(source.report.layers, (), strategy) if found is None else found
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


def point_of(source: Source, plan: CompressionPlan, treatment: Treatment | None = None) -> FrontierPoint | None:
    """What is known of a plan: its measurement, else that of the cut alone, else an estimate of the cut.

    None when there is nothing to estimate from.
    """
    outcome = outcome_for(source, plan, treatment) or outcome_for(source, plan)
    if outcome is not None:
        return frontier.measured_point(outcome)
    return _estimated(source, plan) if plan.remove else _whole(source)


def outcome_for(source: Source, plan: CompressionPlan, treatment: Treatment | None = None) -> CompressionOutcome | None:
    """The newest measurement of these layers, treated in this way or as cut; of a model left whole there is none."""
    treatment = treatment or Treatment()
    if not plan.remove and treatment.keeps_weights:
        return None
    return frontier.outcome_of(source.outcomes, plan.remove, treatment)


def curve_points(source: Source, strategy: str) -> list[FrontierPoint]:
    """Everything measured, and a strategy's estimates where it has not been measured.

    A measured model counts for the strategy that is looked at when it is the very one that the strategy proposes.
    """
    plans = [plan_for(source, strategy, kept) for kept in sizes(source, strategy)]
    proposed = {plan.remove for plan in plans}
    points = [
        replace(point, strategy=strategy) if point.removed in proposed else point for point in _measured_points(source)
    ]
    known = {point.removed for point in points}
    for plan in plans:
        if plan.remove and plan.remove not in known:
            guess = _estimated(source, plan)
            points += [guess] if guess is not None else []
    whole = _whole(source)
    return [replace(whole, strategy=name) for name in _measured_strategies(points)] + points + _treated_points(source)


def path(source: Source, strategy: str) -> list[FrontierPoint]:
    """What a strategy proposes from the whole model downwards: measured where it was, estimated elsewhere."""
    measured = {point.removed: point for point in _measured_points(source)}
    points = [_whole(source)]
    for kept in sizes(source, strategy):
        plan = plan_for(source, strategy, kept)
        point = measured.get(plan.remove) or (_estimated(source, plan) if plan.remove else None)
        points += [point] if point is not None else []
    return [replace(point, strategy=strategy) for point in points]


def foretold(source: Source, plan: CompressionPlan) -> FrontierPoint | None:
    """The estimate of a choice, made as if it had not been measured since the analysis; None where there is none."""
    others = tuple(subset for subset in source.measured if subset.removed != plan.remove)
    return _estimated(replace(source, measured=others), plan) if plan.remove else None


def _whole(source: Source) -> FrontierPoint:
    """The model as it is: nothing is lost, nothing is gained."""
    intact = source.report.baseline[source.report.metric]
    one, metric = Interval(1.0, 1.0, 1.0), Interval(intact, intact, intact)
    return FrontierPoint((), 1.0, one, metric, one, measured=True, strategy=MANUAL, parameters=1.0, memory=1.0)


def _found(source: Source, strategy: str) -> dict[int, CompressionPlan]:
    """The newest set of each size that a joint search has found."""
    found: dict[int, CompressionPlan] = {}
    for outcome in source.outcomes:
        plan = outcome.plan
        if plan.strategy == strategy and plan.remove:
            cut_alone = replace(plan, quantize=Quantization.NONE, low_rank=None)
            found.setdefault(plan.compressed_layers, cut_alone)
    return found


def _measured_points(source: Source) -> list[FrontierPoint]:
    """One point for every measured set of layers; a strategy's name wins over "by hand"."""
    found: dict[tuple[int, ...], FrontierPoint] = {}
    for outcome in source.outcomes:
        removed = outcome.plan.remove
        known = found.get(removed)
        if is_plain_cut(outcome) and removed and (known is None or known.strategy == MANUAL):
            newest = frontier.outcome_of(source.outcomes, removed) or outcome
            found[removed] = replace(frontier.measured_point(newest), strategy=outcome.plan.strategy)
    return list(found.values())


def _treated_points(source: Source) -> list[FrontierPoint]:
    """The newest point of each set of layers for each way in which those that stay were changed too."""
    oldest_first = sorted(source.outcomes, key=lambda outcome: outcome.measurement.measured_at)
    points = [frontier.measured_point(outcome) for outcome in oldest_first if not is_plain_cut(outcome)]
    return list({(point.removed, point.strategy): point for point in points}.values())


def _estimated(source: Source, plan: CompressionPlan) -> FrontierPoint | None:
    try:
        guess = estimate(source.report, plan.remove, source.measured)
    except LayerwiseError:
        return None
    return frontier.estimated_point(source.report, plan, guess, source.outcomes)


def _measured_strategies(points: Sequence[FrontierPoint]) -> list[str]:
    """Strategies whose measured points form a line that begins at the whole model."""
    return list(dict.fromkeys(point.strategy for point in points if point.measured and point.strategy != MANUAL))
