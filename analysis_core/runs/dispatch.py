"""What a supervisor does at every glance: claims runs, starts their processes, sees how they end."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing.connection
import os
import secrets
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from analysis_core.errors import RunError
from analysis_core.runs.jobs import JOBS
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.nursery import FORK_SERVER_WAS_LOST, PRELOADED, Nursery
from analysis_core.runs.processes import ProcessIdentity, machine_memory_bytes
from analysis_core.runs.roster import Roster
from analysis_core.runs.schema import Run
from analysis_core.runs.session_keeper import SessionKeeper
from analysis_core.runs.session_spool import Spool
from analysis_core.runs.store import RunStore
from analysis_core.runs.watch import Limits, Watch, why_it_died
from analysis_core.runs.worker import Order
from analysis_core.vocabulary import RunKind, RunState

LOG = logging.getLogger("layerwise.worker")
POLL_SECONDS = 0.05
BEAT_SECONDS = 1.0
_SHARE_OF_MEMORY = 0.9
_TRIES = 3
_NO_PROCESS = RunError(
    "The worker cannot start processes for runs.",
    remedy="Its log, worker.log beside the runs, says why; mend that, and start the run again.",
)
_DATA_SLACK_BYTES = 2 << 30
"""Private memory that libraries reserve and hardly touch: 1.1 GB with torch and friends."""


@dataclass(frozen=True)
class Settings:
    """How a supervisor works.

    Args:
        slots: how many runs go on at once; the others wait.
        memory_bytes: resident memory that a run may take; None: nine tenths of the machine's.
        seconds: wall-clock time that a run may take; None for no limit.
        idle_exit_seconds: end after so long without any run; None: never.
        jobs: ``module:function`` by kind of run.
        preload: modules that every run finds imported.
    """

    slots: int = 1
    memory_bytes: int | None = None
    seconds: float | None = None
    idle_exit_seconds: float | None = None
    jobs: Mapping[RunKind, str] = field(default_factory=lambda: dict(JOBS))
    preload: Sequence[str] = PRELOADED


class Dispatcher:
    """One supervisor's work, a glance at a time.

    Args:
        store: the run store.
        settings: how it works.
    """

    def __init__(self, store: RunStore, settings: Settings) -> None:
        self.id = secrets.token_hex(8)
        self.roster = Roster(store.database)
        self.nursery = Nursery(settings.preload)
        self._store = store
        self._settings = settings
        self._lifecycle = Lifecycle(store.database)
        self._memory_bytes = settings.memory_bytes or int(_SHARE_OF_MEMORY * machine_memory_bytes())
        self._data_limit_bytes = None if _has_accelerator() else self._memory_bytes + _DATA_SLACK_BYTES
        self._watch = Watch(self._lifecycle, Limits(self._memory_bytes, settings.seconds))
        self._sessions = SessionKeeper(Spool.at_home(), self.nursery.start_session, self._data_limit_bytes)
        self._mine: dict[str, ForkServerProcess] = {}
        self._beaten_at = 0.0
        self._told_ready = False
        self._seen: int | None = None
        self._busy_at = time.monotonic()

    def tick(self) -> None:
        """Look at every run once, and beat if it is time; cheap while nothing happens."""
        now = time.monotonic()
        ready = self.nursery.ready
        self._sessions.tick(may_start=ready)
        if len(self._sessions):
            self._busy_at = now
        version = self._store.database.version()
        beat_is_due = now - self._beaten_at > BEAT_SECONDS or ready != self._told_ready
        if not (self._mine or beat_is_due or version is None or version != self._seen):
            return
        self._seen = version
        runs = self._lifecycle.unfinished()
        if runs or self._mine:
            self._busy_at = now
        self._look_at_mine({run.id: run for run in runs})
        if beat_is_due:
            self.roster.beat(self.id, ready=ready)
            self._look_at_orphans(runs)
            self._beaten_at, self._told_ready = now, ready
            if not ready:
                self._warm_up(runs)
        if ready and any(map(_is_waiting, runs)):
            self._take()

    def rest(self) -> None:
        """Wait a moment, or until one of the processes ends."""
        multiprocessing.connection.wait([process.sentinel for process in self._mine.values()], POLL_SECONDS)

    def enter(self) -> None:
        """Stand in the roster, and let the server process import."""
        self.roster.enter(self.id, ProcessIdentity.of_this_process(), self._settings.slots)
        self.nursery.warm_up()

    def leave_if_idle(self) -> bool:
        """Leave the roster if there has been nothing to do for long enough; False if it stays."""
        limit = self._settings.idle_exit_seconds
        if limit is None or time.monotonic() - self._busy_at < limit:
            return False
        self.roster.leave(self.id)
        if self._lifecycle.unfinished():  # Came while this one still looked as if it would take it.
            self._busy_at = time.monotonic()
            self.enter()
            return False
        return True

    def end(self) -> None:
        """Kill what is still going on, saying so, and leave the roster."""
        self._sessions.end()
        for process in self._mine.values():
            if process.exitcode is None and process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()  # In case it does not lead its group yet.
        why = RunError("The worker was stopped.", remedy="Start the run again once a worker is up.")
        for run in self._lifecycle.unfinished():
            if run.supervisor == self.id and not self._lifecycle.release(run.id, self.id):
                self._lifecycle.fail(run.id, why.sentence)
        self.roster.leave(self.id)

    def _warm_up(self, runs: Sequence[Run]) -> None:
        """Try to get ready; where that fails again and again, let nobody wait for it."""
        if self.nursery.failures >= _TRIES:
            for run in filter(_is_waiting, runs):
                self._lifecycle.fail(run.id, _NO_PROCESS.sentence, came_from=RunState.QUEUED)
        self.nursery.warm_up()

    def _take(self) -> None:
        while len(self._mine) < self._settings.slots:
            run = self._lifecycle.claim(self.id)
            if run is None:
                return
            LOG.info("run %s (%s)", run.id, run.title)
            self._mine[run.id] = self.nursery.start(self._order(run))

    def _order(self, run: Run) -> Order:
        slots = self._settings.slots
        return Order(
            run_id=run.id,
            supervisor=self.id,
            store_url=self._store.database.url,
            runs_folder=self._store.artifacts.root,
            job=self._settings.jobs[RunKind(run.kind)],
            torch_threads=max(1, (os.cpu_count() or 1) // slots) if slots > 1 else None,
            data_limit_bytes=self._data_limit_bytes,
        )

    def _look_at_mine(self, unfinished: Mapping[str, Run]) -> None:
        for run_id, process in list(self._mine.items()):
            run, exit_code = unfinished.get(run_id), process.exitcode
            if exit_code == FORK_SERVER_WAS_LOST:
                # The run itself may live on, as an orphan; the next ones need another server process.
                self.nursery.warm_up()
            if exit_code is not None:
                del self._mine[run_id]
                if exit_code != FORK_SERVER_WAS_LOST:
                    self._settle(run_id, exit_code)
            elif run is not None and run.state == RunState.RUNNING:
                self._watch.look_after(run)

    def _settle(self, run_id: str, exit_code: int) -> None:
        """The process of a run has ended: make sure that the run has, too."""
        with contextlib.suppress(RunError):  # Deleted meanwhile.
            run = self._store.get(run_id)
            if run.state == RunState.RUNNING:
                self._watch.bury(run, exit_code)
            elif run.state == RunState.QUEUED:
                self._lifecycle.fail(run_id, why_it_died(run, exit_code), came_from=RunState.QUEUED)

    def _look_at_orphans(self, runs: Sequence[Run]) -> None:
        alive = self.roster.alive()
        for run in runs:
            if (
                run.id in self._mine
                or run.supervisor is None
                or (run.supervisor in alive and run.supervisor != self.id)
            ):
                continue
            if run.state == RunState.QUEUED:
                self._lifecycle.release(run.id, run.supervisor)
            else:
                self._watch.look_after_orphan(run)


def _is_waiting(run: Run) -> bool:
    """Whether no supervisor has claimed it yet."""
    return run.state == RunState.QUEUED and run.supervisor is None


def _has_accelerator() -> bool:
    """Drivers of accelerators reserve far more memory than they use, so that a limit on it would hit them."""
    return any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
