"""What each kind of run computes, and what it is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig
from analysis_core.errors import ConfigurationError
from analysis_core.results import AnalysisReport, CompressionOutcome, MethodResult, SubsetResult
from analysis_core.runs import archive
from analysis_core.vocabulary import RunKind

if TYPE_CHECKING:
    from analysis_core.runs.store import RunStore

NOTES_FOLDER = "measured"
"""Beside the runs: what searches have measured, for every later one."""


@dataclass(frozen=True)
class JobContext:
    """What a job may use. Nothing here is torch's: jobs import what they need themselves.

    Args:
        run_id: the run.
        config: its settings.
        folder: the run's own folder.
        store: the run store, for the results of earlier runs.
        progress: ``progress(share_done, message)``; raises CancelledError once somebody asked to stop.
        on_result: stores the result of one method; it is safe when the call returns.
    """

    run_id: str
    config: RunConfig
    folder: Path
    store: RunStore
    progress: Callable[[float, str], None]
    on_result: Callable[[MethodResult], None]


JobResult = AnalysisReport | CompressionOutcome
Job = Callable[[JobContext], JobResult]

JOBS: Mapping[RunKind, str] = {
    RunKind.ANALYSIS: "analysis_core.runs.jobs:analyse",
    RunKind.COMPRESSION: "analysis_core.runs.jobs:compress",
}
"""Where the job of each kind of run is found: ``module:function``."""


def find_job(target: str) -> Job:
    """The function behind ``module:function``.

    Raises:
        ConfigurationError: there is none.
    """
    module_name, _, name = target.partition(":")
    try:
        job: Job = getattr(import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"The job '{target}' cannot be imported ({error}).") from error
    return job


def analyse(context: JobContext) -> AnalysisReport:
    """Score the layers of a model."""
    from analysis_core.adapter import UniversalLayerwiseAdapter

    adapter = UniversalLayerwiseAdapter(cast(AnalysisConfig, context.config))
    context.progress(0.0, "Loading the model")
    adapter.load_model()
    return adapter.analyze_importance(
        progress=context.progress,
        on_result=context.on_result,
        on_layers=lambda layers: archive.keep_layers(context.store, context.run_id, layers),
    )


def compress(context: JobContext) -> CompressionOutcome:
    """Make a model smaller, and measure what that costs."""
    from analysis_core.adapter import compress_run

    config = cast(CompressionConfig, context.config)
    source: AnalysisReport | None = None
    known: tuple[SubsetResult, ...] = ()
    if config.source_run is not None:
        source = archive.report(context.store, config.source_run)
        known = archive.measured_subsets(context.store, config.source_run)
    folder = context.folder / archive.EXPORT_FOLDER if config.export else None
    return compress_run(
        config,
        source=source,
        known=known,
        export_folder=folder,
        notes_folder=context.store.artifacts.root.parent / NOTES_FOLDER,
        progress=context.progress,
    )
