"""From a model and a wish to a smaller model: choose, cut, measure, write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis_core.compression.exporting.export import onnx_report
from analysis_core.compression.healing.lora import require_peft
from analysis_core.compression.plan import (
    CONSENSUS,
    granularity_of,
    order_from_scores,
    plan_from_removed,
    require_cut,
    scores_of,
)
from analysis_core.compression.removal.possible import first_cut
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
    subset_result,
)
from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.models.sublayers import cut_to, example_of, granularity_in
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import Progress
from analysis_core.provenance import provenance
from analysis_core.results import AnalysisReport, CompressionOutcome, CompressionPlan, SubsetResult
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Granularity, HealWay
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.command import command_of
from analysis_core.workflow.cutting import MOST_TRAINING_EXAMPLES, Healing, cut_and_measure
from analysis_core.workflow.examples import HEAL, SEARCH, TEST, PreparedExamples, configured_examples, prepare
from analysis_core.workflow.notes import open_notes

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
            progress=progress,
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


def compress_run(
    config: CompressionConfig,
    *,
    source: AnalysisReport | None = None,
    known: Sequence[SubsetResult] = (),
    export_folder: Path | None = None,
    notes_folder: Path | None = None,
    progress: Progress | None = None,
) -> CompressionOutcome:
    """Everything that a stored compression run does.

    Args:
        config: settings.
        source: the analysis that the run starts from.
        known: subsets measured before; used where they were measured on the very same examples.
        export_folder: where the smaller model is written; None writes nothing.
        notes_folder: where measured subsets are kept for every later run on the same model and examples; None keeps
            them in the outcome alone.
        progress: called with the done share and a few words; may raise to stop.

    Raises:
        LayerwiseError: with what went wrong and what to do.
    """
    began = time.perf_counter()
    report = progress or (lambda _done, _message: None)
    if config.heal is HealWay.LORA:
        require_peft()
    report(0.0, "Loading the model")
    model = load_model(config.model_name, device=config.device, **_purpose_of(source))
    examples = configured_examples(model, config)
    for part in (SEARCH, TEST, HEAL) if config.heal != HealWay.NONE else (SEARCH, TEST):
        examples.split(part)  # what is missing at the end is said before the search begins
    search = prepare(model, examples, SEARCH, config.batch_size, config.max_samples, config.seed)
    granularity = config.granularity or (granularity_of(source) if source is not None else Granularity.BLOCK)
    model = cut_to(model, granularity, example_of(search.batches))
    measured = open_notes(notes_folder, model, search.facts, known if _same_examples(source, search) else ())
    plan, searched = _chosen(
        model, search, config, source, measured, lambda done, message: report(0.05 + 0.6 * done, message)
    )
    plan = replace(plan, quantize=config.quantize, low_rank=config.low_rank)
    report(0.65, "Removing layers and measuring the smaller model")
    test = prepare(model, examples, TEST, config.batch_size, None, config.seed)
    data, healing = {SEARCH: dict(search.facts), TEST: dict(test.facts)}, None
    if config.heal != HealWay.NONE:
        healing, data[HEAL] = _healing(model, examples, search, config)
    facts = provenance(
        model=config.model_name, seed=config.seed, data=data, source_run=config.source_run, device=str(model.device),
        command=command_of(config, granularity),
    )  # fmt: skip
    result = cut_and_measure(
        model,
        plan,
        test.batches,
        search=search.batches,
        healing=healing,
        latency_pairs=config.latency_pairs,
        seed=config.seed,
        facts=facts,
        progress=lambda done, message: report(0.65 + 0.15 * done, message),
    )
    equal: bool | None = None
    if export_folder is not None:
        report(0.85, "Exporting and loading again in a fresh process")
        equal = result.export_checked(export_folder, onnx=config.onnx)
    report(1.0, "Done")
    return CompressionOutcome(
        model=model.describe(),
        plan=plan,
        measurement=result.measurement,
        searched=searched,
        export=export_folder.name if export_folder is not None else None,
        reload_equal=equal,
        provenance={**facts, "seconds": time.perf_counter() - began},
        heal=result.heal,
        linear=result.linear,
        onnx=onnx_report(export_folder) if export_folder is not None else None,
    )


def _chosen(
    model: UniversalModel,
    search: PreparedExamples,
    config: CompressionConfig,
    source: AnalysisReport | None,
    measured: MeasuredSubsets,
    progress: Progress,
) -> tuple[CompressionPlan, tuple[SubsetResult, ...]]:
    """The layers that were named, or those that the strategy chooses, and the subsets measured on the way."""
    if config.remove is not None:
        return plan_from_removed(model.layers, config.remove), _measured_alone(model, search, config, measured)
    first_cut(model, share_weights=True)  # that nothing can go is said before the search begins
    return choose_layers(
        model,
        search.batches,
        Goal(config.target_ratio, config.ratio_of, config.largest_drop),
        config.strategy,
        report=source,
        measured=measured,
        protect=config.protect,
        budget=_budget_of(config),
        seed=config.seed,
        progress=progress,
    )


def _healing(
    model: UniversalModel, examples: ExampleSet, search: PreparedExamples, config: CompressionConfig
) -> tuple[Healing, dict[str, Any]]:
    """How the gap is mended, and what is known of the examples that it learns from."""
    training = prepare(model, examples, HEAL, config.batch_size, MOST_TRAINING_EXAMPLES, config.seed)
    way = Healing(HealWay(config.heal), training.batches, search.batches, config.heal_seconds)
    return way, dict(training.facts)


def _budget_of(config: CompressionConfig) -> Budget | None:
    if config.search_evaluations is None and config.search_seconds is None:
        return None
    return Budget(config.search_evaluations, config.search_seconds)


def _purpose_of(source: AnalysisReport | None) -> dict[str, Any]:
    """What the model was analysed for, and which modules counted as layers: a configuration may leave both open."""
    if source is None:
        return {}
    purpose = {key: source.model[key] for key in ("task", "modality") if key in source.model}
    return {**purpose, "layers": source.model.get("layer_pattern")}


def _measured_alone(
    model: UniversalModel, search: PreparedExamples, config: CompressionConfig, measured: MeasuredSubsets
) -> tuple[SubsetResult, ...]:
    """The asked subset on the search examples, so that later estimates can lean on it."""
    removed = frozenset(config.remove or ())
    if removed not in measured:
        task = task_for(model.task, model.modality)
        replayer = Replayer(model, task, search.batches)
        intact, without = replayer.outcome(), replayer.outcome(removed)
        measured.keep(subset_result(without, intact, task))
    return (measured[removed],)


def _same_examples(source: AnalysisReport | None, search: PreparedExamples) -> bool:
    return source is not None and source.provenance.get("data", {}).get("sha256") == search.facts["sha256"]
