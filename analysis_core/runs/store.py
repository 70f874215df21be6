"""Runs as rows: made, found, listed, asked to stop, deleted. What works on them is in `lifecycle`."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig, config_from_dict
from analysis_core.errors import RunError
from analysis_core.results import MethodResult, RunView
from analysis_core.runs.artifacts import ArtifactFolder, StoredFile
from analysis_core.runs.database import Database
from analysis_core.runs.paths import home, store_url
from analysis_core.runs.schema import Artifact, Partial, Run
from analysis_core.runs.search import Meanings, found
from analysis_core.vocabulary import RatioOf, RunKind, RunState

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS, _RANDOM_DIGITS = 9, 5
_ETA_FROM_PROGRESS = 0.02


class RunStore:
    """All runs, with their files.

    Args:
        database: the open store.
        artifacts: the folders of the runs' files.
    """

    def __init__(self, database: Database, artifacts: ArtifactFolder) -> None:
        self.database = database
        self.artifacts = artifacts

    @classmethod
    def open(cls, url: str | None = None) -> RunStore:
        """Open the store at ``url``, by default where :mod:`analysis_core.runs.paths` says.

        Raises:
            StorageError: it cannot be opened, or a newer version of this program wrote it.
        """
        return cls(Database(url or store_url()), ArtifactFolder(home() / "runs"))

    def create(self, config: RunConfig, owner: str | None = None) -> str:
        """Add a queued run; returns its id."""
        values = config.to_dict()
        run = Run(
            id=_new_id(),
            kind=config.kind.value,
            state=RunState.QUEUED.value,
            title=title_of(config),
            config=json.dumps(values, ensure_ascii=False),
            config_key=config_key(config),
            source_run=values.get("source_run"),
            owner=owner,
            created_at=time.time(),
        )
        with self.database.writing() as session:
            session.add(run)
        return run.id

    def get(self, run_id: str) -> Run:
        """The row of a run.

        Raises:
            RunError: there is none.
        """
        with self.database.reading() as session:
            return _existing(session, run_id)

    def view(self, run_id: str) -> RunView:
        """A run as pages see it, with the results that are already complete.

        Raises:
            RunError: there is none.
        """
        with self.database.reading() as session:
            run = _existing(session, run_id)
            bodies = session.scalars(select(Partial.body).where(Partial.run_id == run_id).order_by(Partial.position))
            partial = tuple(MethodResult.from_dict(json.loads(body)) for body in bodies)
        return _view(run, partial)

    def recent(
        self,
        search: str = "",
        kind: RunKind | None = None,
        limit: int = 100,
        *,
        state: RunState | None = None,
        offset: int = 0,
        meanings: Meanings = MappingProxyType({}),
    ) -> list[RunView]:
        """Runs, newest first, without their partial results.

        Args:
            search: every word of it occurs in what is seen of the run, see :mod:`analysis_core.runs.search`.
            kind, state: only runs of this kind, in this state.
            limit, offset: at most so many, after so many that are passed over.
            meanings: names in the store that a word may stand for.
        """
        query = select(Run).order_by(Run.created_at.desc(), Run.id.desc())
        if kind is not None:
            query = query.where(Run.kind == RunKind(kind).value)
        if state is not None:
            query = query.where(Run.state == RunState(state).value)
        with self.database.reading() as session:
            return [_view(run) for run in found(session, query, search.split(), meanings, limit, offset)]

    def finished_like(self, config: RunConfig) -> str | None:
        """Id of the newest finished run with the same settings, or None."""
        query = _finished().where(Run.config_key == config_key(config)).limit(1)
        with self.database.reading() as session:
            return session.scalar(query)

    def finished_from(self, source_run: str) -> list[str]:
        """Ids of the finished compressions that start from an analysis, newest first."""
        query = _finished().where(Run.source_run == source_run, Run.kind == RunKind.COMPRESSION.value)
        with self.database.reading() as session:
            return list(session.scalars(query))

    def request_cancel(self, run_id: str) -> RunState:
        """Cancel a queued run at once; ask a running one to stop.

        Returns:
            The state after that: a running run is cancelled by those who work on it.

        Raises:
            RunError: there is no such run.
        """
        now = time.time()
        with self.database.writing() as session:
            state = RunState(_existing(session, run_id).state)
            mine = update(Run).where(Run.id == run_id)
            if state is RunState.QUEUED:
                state = RunState.CANCELLED
                session.execute(mine.values(state=state.value, ended_at=now, cancel_requested_at=now, message=""))
            elif state is RunState.RUNNING:
                session.execute(mine.where(Run.cancel_requested_at.is_(None)).values(cancel_requested_at=now))
        return state

    def delete(self, run_id: str) -> None:
        """Forget a run and remove its files.

        Raises:
            RunError: there is no such run, or it is still going on.
        """
        with self.database.writing() as session:
            if not RunState(_existing(session, run_id).state).is_over:
                raise RunError(f"Run '{run_id}' is still going on.", remedy="Cancel it, then delete it.")
            session.execute(delete(Run).where(Run.id == run_id))
        self.artifacts.delete(run_id)

    def files(self, run_id: str) -> Sequence[StoredFile]:
        """The files that a run left, by name."""
        query = select(Artifact).where(Artifact.run_id == run_id).order_by(Artifact.name)
        with self.database.reading() as session:
            return [StoredFile(row.name, row.sha256, row.size_bytes) for row in session.scalars(query)]


def config_key(config: RunConfig) -> str:
    """A checksum that is the same for equal settings of the same kind."""
    return hashlib.sha256(json.dumps([config.kind.value, config.to_dict()], sort_keys=True).encode()).hexdigest()


def config_of(run: Run) -> RunConfig:
    """The settings of a stored run."""
    return config_from_dict(run.kind, json.loads(run.config))


def title_of(config: RunConfig) -> str:
    """One line for lists, e.g. ``zoo/text-bert · 5 methods``; of a folder, its name and not where it lies."""
    path = Path(config.model_name)
    name = path.name if path.is_absolute() else config.model_name
    if isinstance(config, AnalysisConfig):
        methods = config.analysis_methods
        if methods == ("all",):
            return f"{name} · all methods"
        return f"{name} · {methods[0] if len(methods) == 1 else f'{len(methods)} methods'}"
    return f"{name} · {_aim(config)}"


def _aim(config: CompressionConfig) -> str:
    if config.remove is None:
        goal = [f"{config.target_ratio:g}x"] if config.target_ratio is not None else []
        goal += [config.ratio_of.value] if config.target_ratio is not None and config.ratio_of != RatioOf.LAYERS else []
        goal += [f"down {config.largest_drop:g} at most"] if config.largest_drop is not None else []
        return f"{' '.join(goal)} {config.strategy}"
    if not config.remove:
        return "no layer removed"
    listed = ", ".join(str(index) for index in config.remove)
    return f"without layer{'s' if len(config.remove) > 1 else ''} {listed}"


def _new_id() -> str:
    """Milliseconds and chance in base 32: sorts by time, fits into an address and a folder's name."""
    milliseconds = time.time_ns() // 1_000_000
    stamp = "".join(_DIGITS[milliseconds >> (5 * place) & 31] for place in reversed(range(_TIME_DIGITS)))
    return stamp + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))


def _existing(session: Session, run_id: str) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise RunError(
            f"There is no run '{run_id}'; it may have been deleted, or belong to another store.",
            remedy="Pick one from the list of runs, or start a new one.",
        )
    return run


def _finished() -> Select[str]:
    newest_first = (Run.created_at.desc(), Run.id.desc())
    return select(Run.id).where(Run.state == RunState.FINISHED.value).order_by(*newest_first)


def _view(run: Run, partial: tuple[MethodResult, ...] = ()) -> RunView:
    return RunView(
        id=run.id,
        kind=run.kind,
        state=run.state,
        title=run.title,
        config=json.loads(run.config),
        progress=run.progress,
        message=run.message,
        error=run.error,
        partial=partial,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        heartbeat_at=run.heartbeat_at,
        eta_seconds=_eta_seconds(run),
        input_at_fault=run.input_at_fault,
        owner=run.owner,
    )


def _eta_seconds(run: Run) -> float | None:
    if run.state != RunState.RUNNING or run.started_at is None or run.progress < _ETA_FROM_PROGRESS:
        return None
    elapsed = max(0.0, time.time() - run.started_at)
    return elapsed * (1.0 - run.progress) / run.progress
