"""From a model and its examples to a report: the methods' needs are measured together, then each makes its scores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis_core.compression.search import subset_result
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.errors import ConfigurationError, LayerwiseError
from analysis_core.insight.agreement import agreement
from analysis_core.insight.consensus import MEAN_RANK, RULES, consensus
from analysis_core.insight.trust import trust
from analysis_core.methods import ImportanceAnalyzer, ProbeMethod
from analysis_core.methods.base import plain
from analysis_core.models.base import UniversalModel
from analysis_core.models.sublayers import cut_to, example_of
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import Need, SkippedLayers, SkippedStatistics, Statistics
from analysis_core.probe.replay import INTACT, Outcome, Replayer
from analysis_core.probe.runners import Progress, skip_sets
from analysis_core.provenance import provenance
from analysis_core.results import AnalysisReport, MethodResult, SubsetResult
from analysis_core.tasks import Task, task_for
from analysis_core.vocabulary import Granularity
from analysis_core.workflow.together import drawn_sets

ResultListener = Callable[[MethodResult], None]


def analyze(
    model: UniversalModel,
    batches: Sequence[Batch],
    config: AnalysisConfig,
    methods: Mapping[str, ImportanceAnalyzer],
    *,
    data: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    on_result: ResultListener | None = None,
) -> AnalysisReport:
    """Run the methods over the batches.

    Args:
        model: taken apart into layers; left as it was.
        batches: the examples that may be used to choose layers.
        config: settings; ``config.analysis_methods`` decides only the order of the results.
        methods: what to run, by name.
        data: what is known of the examples (name, hash, split), for the record.
        progress: called with the done share, 0 … 1, and a few words; may raise to stop.
        on_result: called with each method's result as soon as it is complete.

    Raises:
        NumericalError: a loss is not finite.
        DataError: the examples do not fit the model.
        ModelError: sub-layers are asked for, and no block can be cut.
        ConfigurationError: a method of the user's own returns something that is no table of scores.
    """
    began = time.perf_counter()
    task = task_for(model.task, model.modality)
    model = cut_to(model, config.granularity, example_of(batches))
    results: dict[str, MethodResult] = {}

    def keep(result: MethodResult) -> None:
        results[result.method] = result
        if on_result is not None:
            on_result(result)

    built_in = {name: method for name, method in methods.items() if isinstance(method, ProbeMethod)}
    own = {name: method for name, method in methods.items() if name not in built_in}
    statistics = _measured(model, batches, task, config, built_in, keep, progress, own_share=len(own) / len(methods))
    for position, (name, method) in enumerate(own.items()):
        if progress is not None:
            progress((len(built_in) + position) / len(methods), f"Running {method.title}")
        keep(_own_result(name, method, model, batches))
    together, further_passes = _skipped_together(model, batches, task, config, SkippedLayers() in statistics, progress)
    ordered = {name: results[name] for name in methods}
    joint = {rule: consensus(ordered.values(), len(model.layers), rule) for rule in RULES}
    return AnalysisReport(
        model={**model.describe(), "layers": len(model.layers)},
        layers=model.layers,
        methods=ordered,
        consensus=joint[MEAN_RANK],
        baseline={"loss": float(statistics.losses.mean()), **statistics.metrics},
        metric=task.metric,
        metric_direction=task.direction,
        measured=_measured_subsets(statistics, task, together),
        provenance=provenance(
            seed=config.seed,
            examples=statistics.examples,
            batch_size=config.batch_size,
            device=str(model.device),
            seconds=time.perf_counter() - began,
            passes=statistics.passes + further_passes,
            shared_pass_seconds=statistics.base_seconds,
            data=dict(data or {}),
        ),
        consensus_by_rule=joint,
        agreement=agreement(ordered.values(), config.seed),
        trust=trust(ordered, config.seed),
    )


def _measured(
    model: UniversalModel,
    batches: Sequence[Batch],
    task: Task,
    config: AnalysisConfig,
    methods: Mapping[str, ProbeMethod],
    keep: ResultListener,
    progress: Progress | None,
    own_share: float,
) -> Statistics:
    """Measure all built-in methods' needs together, and hand out each result once its needs are there."""
    needs: dict[str, tuple[Need, ...]] = {name: method.needs(config) for name, method in methods.items()}
    waiting = dict(methods)

    def hand_out(statistics: Statistics) -> None:
        for name in [name for name in waiting if all(need in statistics for need in needs[name])]:
            keep(waiting.pop(name).result(statistics, model.layers, config))

    return measure(
        model,
        batches,
        task,
        [need for several in needs.values() for need in several],
        seed=config.seed,
        progress=None if progress is None else lambda done, message: progress((1 - own_share) * done, message),
        on_statistics=hand_out,
    )


def _own_result(name: str, method: ImportanceAnalyzer, model: UniversalModel, batches: Sequence[Batch]) -> MethodResult:
    """Run a method of the user's own; what it returns is checked, because nobody else has."""
    began = time.perf_counter()
    try:
        returned = dict(method.analyze(model, batches))
    except LayerwiseError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"The method stopped with {type(error).__name__}: {error}", where=name, remedy="Mend its analyze()."
        ) from error
    layers = range(len(model.layers))
    stray = [key for key in returned if key not in layers]
    if stray:
        raise ConfigurationError(
            f"It scored {stray[0]!r}, which is no layer.", where=name, remedy=f"Use indices 0 to {len(layers) - 1}."
        )
    return MethodResult(
        method=name,
        title=method.title,
        scores=plain([float(returned.get(index, math.nan)) for index in layers]),
        std_errors=(None,) * len(layers),
        unit=method.unit,
        examples=sum(batch.size for batch in batches),
        seconds=time.perf_counter() - began,
        not_applicable=None if returned else "It returned no scores.",
    )


def _skipped_together(
    model: UniversalModel,
    batches: Sequence[Batch],
    task: Task,
    config: AnalysisConfig,
    asked: bool,
    progress: Progress | None,
) -> tuple[list[Outcome], float]:
    """A few sets of blocks skipped together, where single ones were, and the passes that took.

    Estimates of sets lean on them.
    """
    if not asked or config.granularity is not Granularity.BLOCK:
        return [], 0.0
    told = None if progress is None else lambda _done, message: progress(1.0, message)
    sets = drawn_sets(model.layers, config.seed)
    replayer = Replayer(model, task, batches)
    outcomes = skip_sets(replayer, sets, f"Skipping {len(sets)} sets of layers together", told)
    return outcomes, replayer.layer_runs / max(1, len(model.blocks))


def _measured_subsets(statistics: Statistics, task: Task, together: Sequence[Outcome]) -> tuple[SubsetResult, ...]:
    """The intact model and, where ablation ran, the model without each single layer and without some sets."""
    intact = Outcome(INTACT, statistics.losses, statistics.metric)
    outcomes = [intact]
    if SkippedLayers() in statistics:
        skipped: SkippedStatistics = statistics[SkippedLayers()]
        intact = outcomes[0] = Outcome(INTACT, skipped.intact_losses, skipped.intact_metric)
        rows = zip(skipped.losses, skipped.metric, strict=True)
        outcomes += [Outcome(frozenset({index}), losses, metric) for index, (losses, metric) in enumerate(rows)]
    outcomes += together
    return tuple(subset_result(outcome, intact, task) for outcome in outcomes)
