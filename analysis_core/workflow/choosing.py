"""Which layers go, by any strategy: a search that measures, a method's scores, or several methods together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis_core.compression.plan import CONSENSUS, order_from_scores, require_cut, scores_of
from analysis_core.compression.search import (
    SEARCHES,
    Budget,
    Goal,
    MeasuredSubsets,
    Races,
    SearchSpace,
    layer_shares,
    prefix_for_goal,
    search,
)
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.sublayers import granularity_in
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import Progress
from analysis_core.results import AnalysisReport, CompressionPlan, SubsetResult
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze

CONSENSUS_METHODS = ("fisher_information", "gradient_based", "block_influence", "layer_correlation")


def choose_layers(
    model: UniversalModel,
    batches: Sequence[Batch],
    goal: Goal | float,
    strategy: str,
    *,
    report: AnalysisReport | None = None,
    measured: MeasuredSubsets | None = None,
    protect: Sequence[int] | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[CompressionPlan, tuple[SubsetResult, ...]]:
    """A plan by any strategy, and the subsets that were measured to find it.

    Args:
        model: taken apart into layers.
        batches: examples that may be used to choose.
        goal: what the smaller model should be like; a number is a ratio of layers before / after.
        strategy: ``"greedy"``, ``"beam"``, ``"evolutionary"``, ``"consensus"``, or a method's name.
        report: an analysis whose scores are used; scores that it lacks are computed.
        measured: what is known of subsets on the same examples; grows on the way.
        protect: layers that must stay; None protects the first and the last one.
        budget: of a search that measures.
        seed, progress: as everywhere.

    Raises:
        UnknownNameError: there is no such strategy.
        PlanError: the goal cannot be reached, its parts contradict each other, or the analysis scored other layers than
            the model's.
    """
    if report is not None:
        require_cut(report, granularity_in(model))
    goal = goal if isinstance(goal, Goal) else Goal(goal)
    measured = measured if measured is not None else MeasuredSubsets()
    shares = {goal.of: layer_shares(model, batches[0], goal.of)}
    space = SearchSpace(model.layers, goal, shares, protect)
    replayer = Replayer(model, task_for(model.task, model.modality), batches)
    if strategy in SEARCHES:
        found = search(
            replayer, space, strategy, measured=measured, suggestions=_orders_of(report), budget=budget, seed=seed,
            every_step=True, progress=progress,
        )  # fmt: skip
        return found.plan, found.measured
    if report is None or (strategy != CONSENSUS and strategy not in report):
        names = CONSENSUS_METHODS if strategy == CONSENSUS else (strategy,)
        methods = {name: METHODS.get(name) for name in names}
        config = AnalysisConfig(
            model_name=model.name, analysis_methods=tuple(methods), granularity=granularity_in(model), seed=seed
        )
        report = analyze(model, batches, config, methods, progress=progress)
    scores = scores_of(report, strategy)
    order = order_from_scores(model.layers, scores, strategy)
    gone = prefix_for_goal(Races(replayer, measured), space, order)
    return replace(space.plan(gone, strategy), scores=tuple(scores)), (*report.measured, *measured.added)


def _orders_of(report: AnalysisReport | None) -> list[list[int]]:
    """The orders in which the cheap methods of an analysis, alone and together, would remove its layers."""
    if report is None:
        return []
    told = [name for name in CONSENSUS_METHODS if name in report and report[name].not_applicable is None]
    return [order_from_scores(report.layers, scores_of(report, name), name) for name in (CONSENSUS, *told)]
