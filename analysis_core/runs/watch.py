"""Looks after runs that have begun: ends those that were cancelled, are too big, too slow or dead."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from analysis_core.errors import RunError
from analysis_core.runs.database import DiskFullError
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.roster import STALE_SECONDS
from analysis_core.runs.schema import Run
from analysis_core.runs.worker import EXIT_DISK_FULL

CANCEL_GRACE_SECONDS = 1.0
"""How long a run may take to stop by itself before it is killed."""

_HUNG_SECONDS = 120.0
_MEMORY_LOOK_SECONDS = 0.5
_AGAIN = "Start the run again; what its methods had found until then is kept."


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Args:
        memory_bytes: resident memory of its processes together.
        seconds: wall-clock time; None for no limit.
    """

    memory_bytes: int
    seconds: float | None = None


class Watch:
    """Decides what becomes of running runs. Keeps no state that a successor would need.

    Args:
        lifecycle: the steps of runs.
        limits: what each run may take.
    """

    def __init__(self, lifecycle: Lifecycle, limits: Limits) -> None:
        self._lifecycle = lifecycle
        self._limits = limits
        self._warned: set[str] = set()
        self._memory_seen_at: dict[str, float] = {}

    def look_after(self, run: Run) -> None:
        """Look at a running run whose process is alive on this machine."""
        worker = identity_of(run)
        if worker is None:
            return
        if run.cancel_requested_at is not None:
            self._stop(run, worker, run.cancel_requested_at)
        elif (reason := self._too_much(run, worker)) is not None:
            worker.kill_group()
            self._lifecycle.fail(run.id, reason.sentence)

    def look_after_orphan(self, run: Run) -> None:
        """Look at a running run that another supervisor, now dead, has started somewhere."""
        worker = identity_of(run)
        if worker is None or not worker.is_here:
            self._end_if_silent(run)
        elif worker.is_alive:
            self.look_after(run)
        else:
            self.bury(run, None)

    def bury(self, run: Run, exit_code: int | None) -> None:
        """Record why a run ended whose process is gone; does nothing if the run had said so itself."""
        if (worker := identity_of(run)) is not None and worker.is_here:
            worker.kill_group()  # What it had started may have outlived it.
        self._warned.discard(run.id)
        self._memory_seen_at.pop(run.id, None)
        if run.cancel_requested_at is not None and exit_code != EXIT_DISK_FULL:
            self._lifecycle.cancelled(run.id)
        else:
            self._lifecycle.fail(run.id, why_it_died(run, exit_code))

    def _end_if_silent(self, run: Run) -> None:
        if run.heartbeat_at is not None and time.time() - run.heartbeat_at > 3 * STALE_SECONDS:
            sentence = f"The worker on '{run.host}' was not heard of for {3 * STALE_SECONDS:.0f} s{_while(run)}."
            self._lifecycle.fail(run.id, RunError(sentence, remedy=_AGAIN).sentence)

    def _stop(self, run: Run, worker: ProcessIdentity, asked_at: float) -> None:
        if time.time() - asked_at > CANCEL_GRACE_SECONDS:
            worker.kill_group()
            self._lifecycle.cancelled(run.id)
        elif run.id not in self._warned:
            self._warned.add(run.id)
            worker.ask_to_stop()

    def _too_much(self, run: Run, worker: ProcessIdentity) -> RunError | None:
        now, limits = time.time(), self._limits
        if limits.seconds is not None and run.started_at is not None and now - run.started_at > limits.seconds:
            what = f"The run was ended after its time limit of {limits.seconds:.0f} s{_while(run)}."
            return RunError(what, remedy="Use fewer examples or methods, or raise the worker's limit.")
        if run.heartbeat_at is not None and now - run.heartbeat_at > _HUNG_SECONDS:
            what = f"The worker hung: it gave no sign of life for {_HUNG_SECONDS:.0f} s{_while(run)}."
            return RunError(what, remedy=_AGAIN)
        if now - self._memory_seen_at.get(run.id, 0.0) < _MEMORY_LOOK_SECONDS:
            return None
        self._memory_seen_at[run.id] = now
        if worker.resident_bytes() <= limits.memory_bytes:
            return None
        what = f"The run was ended because it took more than {limits.memory_bytes / 1e9:.1f} GB{_while(run)}."
        return RunError(what, remedy="Use a smaller batch, fewer examples or a smaller model.")


def identity_of(run: Run) -> ProcessIdentity | None:
    """The process of a run that has begun."""
    if run.worker_pid is None or run.worker_started_at is None:
        return None
    return ProcessIdentity(run.host or "", run.worker_pid, run.worker_started_at)


def why_it_died(run: Run, exit_code: int | None) -> str:
    """The sentence for a run whose process ended without saying why.

    Args:
        run: its row.
        exit_code: negative: the number of the signal that killed it; None: nobody knows.
    """
    if exit_code == EXIT_DISK_FULL:
        return DiskFullError().sentence
    if exit_code is not None and exit_code < 0:
        what = f"The worker was killed (signal {-exit_code}){_while(run)}."
        if -exit_code == signal.SIGKILL:
            what += " If nobody did that, the machine ran out of memory."
    elif exit_code:
        what = f"The worker ended unexpectedly (exit status {exit_code}){_while(run)}."
    else:
        what = f"The worker is gone: its process ended{_while(run)}."
    return RunError(what, remedy=_AGAIN).sentence


def _while(run: Run) -> str:
    return f" while: {run.message}" if run.message else ""
