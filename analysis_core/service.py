"""The front door of the app, the command line and the API: start, follow, cancel, fetch. No torch here.

Everything goes through the run store, so that every process that opens the same store sees the
same runs. Errors are those of :mod:`analysis_core.errors`; their sentence is for people.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig
from analysis_core.errors import RunError, UnknownNameError
from analysis_core.results import AnalysisReport, CompressionOutcome, Layer, RunView, SubsetResult
from analysis_core.runs import archive, launcher, paths
from analysis_core.runs.session_spool import Phase, SessionState
from analysis_core.runs.sessions import open_session
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunKind, RunState

ZOO_PREFIX = "zoo/"
_POLL_SECONDS = 0.05


def start(config: RunConfig, *, owner: str | None = None) -> str:
    """Queue a run and make sure that somebody works on it.

    Args:
        config: what to compute. Paths of local data and models are made absolute.
        owner: whose run it is, as shown in lists.

    Returns:
        Id of the run.

    Raises:
        UnknownNameError: no such embedded model, method or strategy.
        RunError: the analysis that a compression starts from is missing or has no result.
        StorageError: the run could not be stored.
    """
    config = _with_absolute_paths(config)
    _check(config)
    store = _store()
    run_id = store.create(config, owner)
    launcher.ensure_worker(store)
    return run_id


def follow(run_id: str) -> RunView:
    """Where a run stands now, with the results of methods that are already complete.

    A run that waits for a worker says so in its message; a worker that died is replaced.

    Raises:
        RunError: there is no such run.
    """
    store = _store()
    view = store.view(run_id)
    if RunState(view.state).is_over:
        return view
    launcher.ensure_worker(store)
    if view.state == RunState.QUEUED:
        return dataclasses.replace(view, message=launcher.why_waiting(store))
    return view


def wait(run_id: str, timeout_seconds: float) -> RunView:
    """Follow a run until it is over, or the time is; the state of what is returned tells which.

    Raises:
        RunError: there is no such run.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        view = follow(run_id)
        if RunState(view.state).is_over or time.monotonic() >= deadline:
            return view
        time.sleep(_POLL_SECONDS)


def runs(
    *,
    search: str = "",
    kind: RunKind | None = None,
    state: RunState | None = None,
    limit: int = 100,
    offset: int = 0,
    meanings: Mapping[str, Collection[str]] | None = None,
) -> list[RunView]:
    """Runs, newest first, without their partial results.

    Args:
        search: every word of it occurs in what is seen of the run: title, id, owner, state, kind, model, methods, data.
        kind: only runs of this kind.
        state: only runs in this state.
        limit: at most so many.
        offset: so many of the newest are passed over, for lists of several pages.
        meanings: names in the store that a word may stand for, as a method's by its title in the reader's language.
    """
    return _store().recent(search, kind, limit, state=state, offset=offset, meanings=meanings or {})


def report(run_id: str) -> AnalysisReport:
    """The report of a finished analysis.

    Raises:
        RunError: there is no such run, it is no analysis, or it has no result.
        StorageError: the stored file is damaged.
    """
    return archive.report(_store(), run_id)


def outcome(run_id: str) -> CompressionOutcome:
    """The outcome of a finished compression.

    Raises:
        RunError: there is no such run, it is no compression, or it has no result.
        StorageError: the stored file is damaged.
    """
    return archive.outcome(_store(), run_id)


def outcomes_of(analysis_run_id: str) -> list[CompressionOutcome]:
    """Outcomes of the finished compressions that start from an analysis, newest first."""
    return archive.outcomes_of(_store(), analysis_run_id)


def measured_subsets(
    analysis_run_id: str, outcomes: Sequence[CompressionOutcome] | None = None
) -> tuple[SubsetResult, ...]:
    """Every subset of layers that was run without, by the analysis or a compression from it, once each.

    Args:
        analysis_run_id: of the analysis.
        outcomes: what :func:`outcomes_of` has found of it, where that was asked already.

    Raises:
        RunError: there is no such run, it is no analysis, or it has no result.
        StorageError: a stored file is damaged.
    """
    return archive.measured_subsets(_store(), analysis_run_id, outcomes)


def layers_of(run_id: str) -> tuple[Layer, ...]:
    """The layers that an analysis scores, also while it works; none where it has not come so far."""
    return archive.layers_of(_store(), run_id)


def export_archive(run_id: str) -> Path:
    """Path of a zip with the smaller model that a compression wrote; built on first demand.

    Raises:
        RunError: there is no such run, it has no result, or nothing was exported.
        StorageError: an exported file is damaged, or the archive cannot be written.
    """
    return archive.export_archive(_store(), run_id)


def export_readme(run_id: str) -> str:
    """What the folder of an exported model says of itself, in Markdown; empty where it says nothing.

    Raises:
        RunError: there is no such run.
        StorageError: the file is damaged.
    """
    return archive.export_readme(_store(), run_id)


def find_finished(config: RunConfig) -> str | None:
    """Id of the newest finished run with the same settings, or None."""
    return _store().finished_like(_with_absolute_paths(config))


def cancel(run_id: str) -> None:
    """Ask a run to stop: a queued one is cancelled at once, a running one within two seconds.

    A run that is already over stays as it is.

    Raises:
        RunError: there is no such run.
    """
    store = _store()
    if store.request_cancel(run_id) is RunState.RUNNING:
        launcher.ensure_worker(store)


def delete(run_id: str) -> None:
    """Forget a run and remove its files.

    Raises:
        RunError: there is no such run, or it is still going on.
    """
    _store().delete(run_id)


def live(model: str, order: tuple[int, ...] | None = None) -> SessionState:
    """Where the live session of a model stands; it is started where there is none.

    Args:
        model: id of an embedded model, or an absolute path.
        order: its layers in the order in which they go; None lets the session find one.

    Raises:
        StorageError: the session cannot be asked for.
    """
    state = open_session(model, order)
    if state.phase in (Phase.WAITING, Phase.STARTING):
        store = _store()
        launcher.ensure_worker(store)
        if state.phase is Phase.WAITING:
            return dataclasses.replace(state, message=launcher.why_waiting(store))
    return state


def ensure_worker() -> None:
    """Start a worker, detached, unless one is at work or being started; does not wait for it."""
    launcher.ensure_worker(_store())


def worker_alive() -> bool:
    """Whether a worker is there to take runs."""
    return launcher.worker_alive(_store())


def home() -> Path:
    """The folder of runs and logs: ``$LAYERWISE_HOME``, by default ``~/.layerwise``."""
    return paths.home()


def _store() -> RunStore:
    return _opened(paths.store_url(), paths.home())


@lru_cache(maxsize=8)
def _opened(url: str, _home: Path) -> RunStore:
    return RunStore.open(url)


def _check(config: RunConfig) -> None:
    if config.model_name.startswith(ZOO_PREFIX):
        from analysis_core.models.catalog import find_card

        find_card(config.model_name)
    if isinstance(config, AnalysisConfig):
        for name in config.analysis_methods:
            _check_method("method", name, ("all",))
    else:
        if config.remove is None:
            from analysis_core.compression.plan import STRATEGIES

            _check_method("strategy", config.strategy, STRATEGIES)
        _check_source(config)


def _check_method(kind: str, name: str, also: tuple[str, ...]) -> None:
    from analysis_core.methods import METHODS

    if name not in METHODS and name not in also:
        raise UnknownNameError(kind, name, [*also, *METHODS.names()])


def _check_source(config: CompressionConfig) -> None:
    if config.source_run is None:
        return
    from analysis_core.compression.plan import require_cut

    source = report(config.source_run)
    asked = _store().view(config.source_run).config["model_name"]  # of a folder, its path; the report has its name
    if config.model_name not in (asked, source.model.get("id")):
        raise RunError(
            f"Run '{config.source_run}' analysed '{source.model.get('id', asked)}', not '{config.model_name}'.",
            remedy="Compress the model that was analysed, or analyse this one first.",
        )
    if config.granularity is not None:
        require_cut(source, config.granularity)


def _with_absolute_paths(config: RunConfig) -> RunConfig:
    """The worker runs in another folder than the caller."""
    data, companion, model_name = config.data, config.data_companion, config.model_name
    if data is not None and Path(data).exists():
        data = str(Path(data).resolve())
    if companion is not None and Path(companion).exists():
        companion = str(Path(companion).resolve())
    if config.model_name.startswith((".", "~")) and Path(config.model_name).expanduser().exists():
        model_name = str(Path(config.model_name).expanduser().resolve())
    return dataclasses.replace(config, data=data, data_companion=companion, model_name=model_name)
