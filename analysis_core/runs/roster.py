"""Which supervisors are at work."""

from __future__ import annotations

import time

from sqlalchemy import delete, select, update

from analysis_core.runs.database import Database
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.schema import Supervisor

STALE_SECONDS = 10.0
"""A supervisor or a worker that has not beaten for so long, on another machine, counts as gone."""

_FORGET_SECONDS = 3600.0


class Roster:
    """The supervisors of a store.

    Args:
        database: the open store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, supervisor: str, process: ProcessIdentity, slots: int) -> None:
        """Add a supervisor, and drop those that have been silent for an hour."""
        now = time.time()
        with self._database.writing() as session:
            session.execute(delete(Supervisor).where(Supervisor.heartbeat_at < now - _FORGET_SECONDS))
            session.add(
                Supervisor(
                    id=supervisor,
                    host=process.host,
                    pid=process.pid,
                    process_started_at=process.started_at,
                    heartbeat_at=now,
                    slots=slots,
                    ready=False,
                )
            )

    def beat(self, supervisor: str, *, ready: bool) -> None:
        """Say that a supervisor lives, and whether its libraries are loaded."""
        with self._database.writing() as session:
            mine = update(Supervisor).where(Supervisor.id == supervisor)
            session.execute(mine.values(heartbeat_at=time.time(), ready=ready))

    def leave(self, supervisor: str) -> None:
        """Remove a supervisor."""
        with self._database.writing() as session:
            session.execute(delete(Supervisor).where(Supervisor.id == supervisor))

    def alive(self) -> dict[str, Supervisor]:
        """The supervisors that are at work, by id."""
        with self._database.reading() as session:
            rows = list(session.scalars(select(Supervisor)))
        return {row.id: row for row in rows if _is_alive(row)}


def _is_alive(row: Supervisor) -> bool:
    process = ProcessIdentity(row.host, row.pid, row.process_started_at)
    if process.is_here:
        # A process that is busy loading libraries may beat late, yet it is there.
        return process.is_alive
    return time.time() - row.heartbeat_at < STALE_SECONDS
