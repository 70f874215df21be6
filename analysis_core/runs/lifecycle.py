"""How a run moves: claimed, begun, beating, ended. Every step states the step that it comes from.

A run moves from queued over running to its end and never back, whoever tries: each change names the
state, and where it matters the claimant, that it expects to find, and says whether it took place.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Update, func, select, update
from sqlalchemy.orm import Session

from analysis_core.results import MethodResult
from analysis_core.runs.artifacts import StoredFile
from analysis_core.runs.database import Database
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.schema import Artifact, Partial, Run
from analysis_core.vocabulary import RunState


class Lifecycle:
    """The steps that supervisors and workers take.

    Args:
        database: the open store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def unfinished(self) -> list[Run]:
        """All runs that are queued or running, oldest first."""
        query = select(Run).where(Run.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]))
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(Run.created_at, Run.id)))

    def claim(self, supervisor: str) -> Run | None:
        """Take the oldest queued run that nobody has; None when there is none.

        Of two who claim at once, one gets the run and the other the next one, or none.
        """
        free = select(Run).where(Run.state == RunState.QUEUED.value, Run.supervisor.is_(None))
        with self._database.writing() as session:
            query = free.order_by(Run.created_at, Run.id).limit(1).with_for_update(skip_locked=True)
            run = session.scalar(query)
            if run is not None:
                run.supervisor = supervisor
                run.attempt += 1
            return run

    def release(self, run_id: str, supervisor: str) -> bool:
        """Give a claimed run that has not begun back to the queue."""
        return self._change_queued(run_id, supervisor, supervisor=None)

    def begin(self, run_id: str, supervisor: str, worker: ProcessIdentity) -> Run | None:
        """From queued to running; None when the run was cancelled or given to somebody else meanwhile."""
        now = time.time()
        begun = self._change_queued(
            run_id,
            supervisor,
            state=RunState.RUNNING.value,
            message="Starting",
            started_at=now,
            heartbeat_at=now,
            host=worker.host,
            worker_pid=worker.pid,
            worker_started_at=worker.started_at,
        )
        if not begun:
            return None
        with self._database.reading() as session:
            return session.get(Run, run_id)

    def beat(self, run_id: str, progress: float, message: str) -> bool:
        """Say that the worker lives and how far it is.

        Returns:
            Whether it should go on: false once somebody asked it to stop, or the run was ended.
        """
        with self._database.writing() as session:
            values = {"heartbeat_at": time.time(), "progress": progress, "message": message}
            session.execute(_in_state(run_id, RunState.RUNNING).values(**values))
            run = session.get(Run, run_id)
            return run is not None and run.state == RunState.RUNNING.value and run.cancel_requested_at is None

    def add_partial(self, run_id: str, result: MethodResult) -> None:
        """Keep the result of one method; it is safely stored when this returns."""
        body = json.dumps(result.to_dict(), ensure_ascii=False)
        with self._database.writing() as session:
            position = session.scalar(select(func.count()).where(Partial.run_id == run_id)) or 0
            session.merge(Partial(run_id=run_id, method=result.method, position=position, body=body))

    def finish(self, run_id: str, files: Sequence[StoredFile]) -> bool:
        """From running to finished, together with the checksums of its files.

        Returns:
            False when the run was ended by somebody else before: its files do not count then.
        """
        with self._database.writing() as session:
            if not _end(session, run_id, RunState.RUNNING, RunState.FINISHED, progress=1.0, message=""):
                return False
            for file in files:
                session.add(Artifact(run_id=run_id, name=file.name, sha256=file.sha256, size_bytes=file.size_bytes))
        return True

    def fail(
        self, run_id: str, sentence: str, *, came_from: RunState = RunState.RUNNING, input_at_fault: bool = False
    ) -> bool:
        """End a run without a result; what its methods have stored stays."""
        with self._database.writing() as session:
            return _end(session, run_id, came_from, RunState.FAILED, error=sentence, input_at_fault=input_at_fault)

    def cancelled(self, run_id: str) -> bool:
        """End a run that somebody asked to stop; what its methods have stored stays."""
        with self._database.writing() as session:
            return _end(session, run_id, RunState.RUNNING, RunState.CANCELLED)

    def _change_queued(self, run_id: str, claimant: str, **values: object) -> bool:
        with self._database.writing() as session:
            mine = _in_state(run_id, RunState.QUEUED).where(Run.supervisor == claimant)
            return _changed(session, mine.values(**values))


def _in_state(run_id: str, state: RunState) -> Update:
    return update(Run).where(Run.id == run_id, Run.state == state.value)


def _end(session: Session, run_id: str, before: RunState, after: RunState, **values: object) -> bool:
    return _changed(session, _in_state(run_id, before).values(state=after.value, ended_at=time.time(), **values))


def _changed(session: Session, statement: Update) -> bool:
    found = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", found).rowcount > 0
