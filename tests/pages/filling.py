"""Runs in every state, put into a real store without a worker."""

from __future__ import annotations

from dataclasses import replace

from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig
from analysis_core.results import AnalysisReport, CompressionOutcome, MethodResult
from analysis_core.runs.archive import RESULT_FILES
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.store import RunStore

SUPERVISOR = "test"
LOADING = "from load import load\nmodel = load()"
"""How an exported model says that it is loaded."""


def queued(config: RunConfig) -> str:
    """A run that nobody has begun."""
    return RunStore.open().create(config)


def running(config: RunConfig, partial: tuple[MethodResult, ...] = (), progress: float = 0.4) -> str:
    """A run under way, worked on by this very process, with some methods complete."""
    store = RunStore.open()
    run_id = _claimed(store, config)
    steps = Lifecycle(store.database)
    steps.begin(run_id, SUPERVISOR, ProcessIdentity.of_this_process())
    steps.beat(run_id, progress, "Layer ablation")
    for result in partial:
        steps.add_partial(run_id, result)
    return run_id


def _claimed(store: RunStore, config: RunConfig) -> str:
    """A run that no worker takes, also where one waits for runs of this store."""
    while True:
        run_id = store.create(config)
        # Older runs stay claimed by nobody who works.
        while (claimed := Lifecycle(store.database).claim(SUPERVISOR)) is not None:
            if claimed.id == run_id:
                return run_id
        store.request_cancel(run_id)  # a worker was faster


def failed(config: RunConfig, sentence: str, partial: tuple[MethodResult, ...] = ()) -> str:
    """A run that ended badly."""
    run_id = running(config, partial)
    Lifecycle(RunStore.open().database).fail(run_id, sentence)
    return run_id


def finished(config: RunConfig, result: AnalysisReport | CompressionOutcome, export: bytes | None = None) -> str:
    """A run with its result, and a file in its export folder where bytes are given."""
    run_id = running(config)
    store = RunStore.open()
    files = [store.artifacts.write_json(run_id, RESULT_FILES[config.kind], result.to_dict())]
    if export is not None:
        folder = store.artifacts.folder(run_id) / "export"
        folder.mkdir()
        (folder / "config.json").write_bytes(export)
        (folder / "README.md").write_text(f"# A model\n\n## Load it\n\n```python\n{LOADING}\n```\n", encoding="utf-8")
        files += store.artifacts.seal_folder(run_id, "export")
    Lifecycle(store.database).finish(run_id, files)
    return run_id


def analysis(methods: tuple[str, ...]) -> AnalysisConfig:
    """Settings of an analysis of the synthetic model."""
    return AnalysisConfig(model_name="zoo/text-bert", analysis_methods=methods, max_samples=500)


def compression(source: str | None, remove: tuple[int, ...] | None = None, **more: object) -> CompressionConfig:
    """Settings of a compression of the synthetic model."""
    return CompressionConfig(model_name="zoo/text-bert", source_run=source, remove=remove, **more)  # type: ignore[arg-type]


def silent(report: AnalysisReport, method: str, reason: str) -> AnalysisReport:
    """The report with one method that does not apply."""
    nothing = (None,) * len(report.layers)
    mute = replace(report[method], scores=nothing, std_errors=nothing, not_applicable=reason)
    return replace(report, methods={**report.methods, method: mute})


def unequal(outcome: CompressionOutcome) -> CompressionOutcome:
    """The outcome as if a fresh process had computed something else."""
    return replace(outcome, reload_equal=False)
