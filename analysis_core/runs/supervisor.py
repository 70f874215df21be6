"""Takes queued runs and gives each one a process: ``layerwise worker``, or ``python -m`` this module.

Several supervisors may share a store, on one machine or on many. Each one works on the runs that it
claimed; when it dies, its runs go on, and any other supervisor of that machine looks after them.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analysis_core.errors import LayerwiseError, StorageError
from analysis_core.runs.dispatch import LOG, Dispatcher, Settings
from analysis_core.runs.jobs import JOBS
from analysis_core.runs.nursery import PRELOADED
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunKind

_TROUBLE_SECONDS = 1.0


def serve(settings: Settings | None = None, *, on_enter: Callable[[], None] = lambda: None) -> None:
    """Work on runs until a signal (TERM, INT) comes, or nothing has been to do for long enough.

    Args:
        settings: how.
        on_enter: called once the supervisor stands in the store.

    Raises:
        StorageError: the store cannot be opened.
    """
    settings = settings or Settings()
    store = RunStore.open()
    dispatcher = Dispatcher(store, settings)
    with _stop_signals() as stop:
        dispatcher.enter()
        on_enter()
        LOG.info("working for %s, %d at once", store.database.place, settings.slots)
        while not stop.asked:
            try:
                dispatcher.tick()
                dispatcher.rest()
                if dispatcher.leave_if_idle():
                    break
            except StorageError as error:
                LOG.warning(error.sentence)
                time.sleep(_TROUBLE_SECONDS)
        dispatcher.end()
    store.database.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of a supervisor."""
    parser = argparse.ArgumentParser(prog="layerwise worker", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=1, help="runs at once (default: 1)")
    parser.add_argument("--memory-gb", type=float, help="memory that a run may take (default: most of it)")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="time that a run may take")
    parser.add_argument("--idle-exit", type=float, metavar="SECONDS", help="end after so long without runs")
    parser.add_argument("--job", action="append", default=[], metavar="KIND=MODULE:FUNCTION", help="own job for a kind")
    parser.add_argument("--no-preload", action="store_true", help="do not import torch and friends ahead of runs")
    parser.add_argument("--lock-fd", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    settings = Settings(
        slots=max(1, options.slots),
        memory_bytes=None if options.memory_gb is None else int(options.memory_gb * 1e9),
        seconds=options.time_limit,
        idle_exit_seconds=options.idle_exit,
        jobs={
            **JOBS,
            **{RunKind(kind): job for kind, _, job in (item.partition("=") for item in options.job)},
        },
        preload=PRELOADED[:1] if options.no_preload else PRELOADED,
    )
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S", level=logging.INFO)
    lock = options.lock_fd
    try:
        serve(settings, on_enter=lambda: None if lock is None else os.close(lock))
    except LayerwiseError as error:
        sys.exit(error.sentence)


@dataclass
class _Stop:
    # A plain flag: an event's lock could be held by the very code that a signal interrupts.
    asked: bool = False


@contextlib.contextmanager
def _stop_signals() -> Iterator[_Stop]:
    stop = _Stop()

    def ask(_number: int, _frame: object) -> None:
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    main()
