"""Starts the processes of runs from a server process that has the heavy libraries imported already.

A process that imports torch, transformers and timm itself needs 8 to 20 s before it does anything;
one that is forked from here starts in some 0.03 s. The server process only ever imports: it starts
no threads of its own and computes nothing, so that forking it is safe.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess

from analysis_core.runs.environment import environment_replaced, without_secrets
from analysis_core.runs.session_process import SessionOrder, serve_session
from analysis_core.runs.worker import Order, work

PRELOADED = ("analysis_core.runs.worker", "analysis_core.runs.session_process", "analysis_core.runs.preload")

RUN_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # Threads that wait for each other sleep instead of spinning: on two busy cores a backward pass of a small encoder
    # took 2.1 s so, and 6 to 8 s with the default.
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""What every run is given: numpy, the tokenizers and pyarrow start no threads before the fork; torch has its own."""

FORK_SERVER_WAS_LOST = 255
"""Exit status that multiprocessing reports when the server process died; the run may still live."""


class Nursery:
    """One server process, and the processes that were forked from it.

    Args:
        preload: modules that the server process imports before it forks.
    """

    def __init__(self, preload: Sequence[str] = PRELOADED) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._environment = {**without_secrets(os.environ), **RUN_ENVIRONMENT}
        self._warm = threading.Event()
        self._warming: threading.Thread | None = None
        self.failures = 0
        """How often in a row no process could be started."""

    @property
    def ready(self) -> bool:
        """Whether a process would start at once."""
        return self._warm.is_set()

    def warm_up(self) -> None:
        """Start the server process and let it import; does not wait: :attr:`ready` tells when it is done."""
        if self._warming is not None and self._warming.is_alive():
            return
        self._warm.clear()
        self._warming = threading.Thread(target=self._first_process, name="warm-up", daemon=True)
        self._warming.start()

    def start(self, order: Order) -> ForkServerProcess:
        """Start the process of a run."""
        return self._launch(work, order)

    def start_session(self, order: SessionOrder) -> ForkServerProcess:
        """Start the process of a live session."""
        return self._launch(serve_session, order)

    def _first_process(self) -> None:
        try:
            process = self._launch(_nothing)
            process.join()
            started = process.exitcode == 0
        except (EOFError, OSError):  # the server process died while it imported; its output says of what
            started = False
        self.failures = 0 if started else self.failures + 1
        if started:
            self._warm.set()

    def _launch(self, target: Callable[..., None], *arguments: object) -> ForkServerProcess:
        process = self._context.Process(target=target, args=arguments)
        with environment_replaced(self._environment):
            forkserver.ensure_running()  # Does nothing if it runs; its environment is that of all runs.
        with _without_main_module():
            process.start()
        return process


def _nothing() -> None:
    """The target of the first process, which is started to see that the server process answers."""


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide this program's entry: multiprocessing would run it again in every process that it starts."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
