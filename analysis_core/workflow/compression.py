"""From a model and a wish to a smaller model: choose, cut, measure, write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis_core.compression.exporting.export import onnx_report
from analysis_core.compression.healing.lora import require_peft
from analysis_core.compression.plan import granularity_of, plan_from_removed
from analysis_core.compression.removal.possible import first_cut
from analysis_core.compression.search import Budget, Goal, MeasuredSubsets, subset_result
from analysis_core.config import CompressionConfig
from analysis_core.data.examples import ExampleSet
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.models.sublayers import cut_to, example_of
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import Progress
from analysis_core.provenance import provenance
from analysis_core.results import AnalysisReport, CompressionOutcome, CompressionPlan, SubsetResult
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Granularity, HealWay
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.command import command_of
from analysis_core.workflow.cutting import MOST_TRAINING_EXAMPLES, CompressionResult, Healing, cut_and_measure
from analysis_core.workflow.examples import HEAL, SEARCH, TEST, PreparedExamples, configured_examples, prepare
from analysis_core.workflow.notes import open_notes


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
    examples = _divided_examples(model, config)
    search = prepare(model, examples, SEARCH, config.batch_size, config.max_samples, config.seed)
    granularity = config.granularity or (granularity_of(source) if source is not None else Granularity.BLOCK)
    model = cut_to(model, granularity, example_of(search.batches))
    measured = open_notes(notes_folder, model, search.facts, known if _same_examples(source, search) else ())
    plan, searched = _chosen(model, search, config, source, measured, _between(report, 0.05, 0.65))
    plan = replace(plan, quantize=config.quantize, low_rank=config.low_rank)
    report(0.65, "Removing layers and measuring the smaller model")
    result = _cut(model, examples, search, config, plan, granularity, _between(report, 0.65, 0.8))
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
        provenance={**result.facts, "seconds": time.perf_counter() - began},
        heal=result.heal,
        linear=result.linear,
        onnx=onnx_report(export_folder) if export_folder is not None else None,
    )


def _between(report: Progress, low: float, high: float) -> Progress:
    """Progress of one step, as a part of the whole."""
    return lambda done, message: report(low + (high - low) * done, message)


def _divided_examples(model: UniversalModel, config: CompressionConfig) -> ExampleSet:
    """The run's examples; a part that is missing at the end is said before the search begins."""
    examples = configured_examples(model, config)
    for part in (SEARCH, TEST, HEAL) if config.heal != HealWay.NONE else (SEARCH, TEST):
        examples.split(part)
    return examples


def _cut(
    model: UniversalModel,
    examples: ExampleSet,
    search: PreparedExamples,
    config: CompressionConfig,
    plan: CompressionPlan,
    granularity: Granularity,
    progress: Progress,
) -> CompressionResult:
    """The smaller model, mended and measured, with what makes it again."""
    test = prepare(model, examples, TEST, config.batch_size, None, config.seed)
    data, healing = {SEARCH: dict(search.facts), TEST: dict(test.facts)}, None
    if config.heal != HealWay.NONE:
        healing, data[HEAL] = _healing(model, examples, search, config)
    facts = provenance(
        model=config.model_name, seed=config.seed, data=data, source_run=config.source_run, device=str(model.device),
        command=command_of(config, granularity),
    )  # fmt: skip
    return cut_and_measure(
        model, plan, test.batches, search=search.batches, healing=healing, latency_pairs=config.latency_pairs,
        seed=config.seed, facts=facts, progress=progress,
    )  # fmt: skip


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
