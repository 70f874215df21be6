"""Makes sure that somebody works on queued runs: starts a supervisor that outlives the app.

The app, the command line and the API call this; none of them ever starts a run's process itself.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

from analysis_core.errors import StorageError
from analysis_core.runs.environment import without_secrets
from analysis_core.runs.paths import STORE_VARIABLE, home
from analysis_core.runs.roster import Roster
from analysis_core.runs.store import RunStore

AUTOSTART_VARIABLE = "LAYERWISE_AUTOSTART"
"""Set to ``0`` where supervisors are started by other means, e.g. in containers of their own."""

LOG_FILE = "worker.log"
_LOCK_FILE = "worker.lock"
_RETRY_AFTER_SECONDS = 5.0
_LOG_LIMIT_BYTES = 5_000_000


def worker_alive(store: RunStore) -> bool:
    """Whether a supervisor is at work."""
    return bool(Roster(store.database).alive())


def why_waiting(store: RunStore) -> str:
    """What a run or a session that nobody has taken yet waits for, in a sentence."""
    supervisors = Roster(store.database).alive().values()
    if any(supervisor.ready for supervisor in supervisors):
        return "Waiting for its turn."
    if supervisors:
        return "The worker is loading its libraries, which takes some seconds."
    return "Waiting for a worker to start."


def ensure_worker(store: RunStore) -> None:
    """Start a supervisor unless one is at work or being started; returns without waiting for it.

    A lock file, which the new process holds until it stands in the store, keeps two apps from
    starting two. A supervisor that ended at once is not started again for some seconds.

    Raises:
        StorageError: the lock or the log cannot be written.
    """
    if os.environ.get(AUTOSTART_VARIABLE) == "0" or worker_alive(store):
        return
    folder = home()
    try:
        lock = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(
            f"The lock of the worker cannot be made ({error.strerror}).",
            where=str(folder / _LOCK_FILE),
            remedy="Check the folder's permissions.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not worker_alive(store) and not _tried_just_now(lock):
            os.write(lock, b".")
            _launch(folder, lock)
    except BlockingIOError:
        return  # Somebody else is starting one at this moment.
    finally:
        os.close(lock)


def _tried_just_now(lock: int) -> bool:
    status = os.fstat(lock)
    return status.st_size > 0 and time.time() - status.st_mtime < _RETRY_AFTER_SECONDS


_CHILDREN: list[subprocess.Popen[bytes]] = []
"""Supervisors that this process started: Python warns of a handle that is dropped while its process lives."""


def _launch(folder: Path, lock: int) -> None:
    log = folder / LOG_FILE
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        os.replace(log, log.with_suffix(".log.1"))
    environment = without_secrets(os.environ)
    if STORE_VARIABLE in os.environ:
        environment[STORE_VARIABLE] = os.environ[STORE_VARIABLE]
    command = [sys.executable, "-m", "analysis_core.runs.supervisor", "--lock-fd", str(lock)]
    with open(log, "ab") as output:
        child = subprocess.Popen(  # noqa: S603 - this interpreter, this package, no words of anybody else
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(lock,),
            start_new_session=True,
            env=environment,
            cwd=Path(__file__).parents[2],  # `-m` looks there first: the same code as the caller's.
        )
    _CHILDREN.append(child)
