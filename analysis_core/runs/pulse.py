"""A run's pulse: tells the store that the worker lives and how far it is, and hears when to stop."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from analysis_core.errors import CancelledError, StorageError
from analysis_core.runs.database import DiskFullError
from analysis_core.runs.lifecycle import Lifecycle

BEAT_SECONDS = 1.0
_PROGRESS_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


class Pulse:
    """Beats in a thread of its own while the block runs.

    The computation only leaves its newest progress here, which costs it a microsecond; the thread
    writes that at most five times a second. A store that goes away is waited for, up to a minute.

    Args:
        lifecycle: the steps of runs.
        run_id: whose pulse.
    """

    def __init__(self, lifecycle: Lifecycle, run_id: str) -> None:
        self._lifecycle = lifecycle
        self._run_id = run_id
        self._newest = (0.0, "")
        self._ended = threading.Event()
        self._stop_asked = threading.Event()
        self._trouble: StorageError | None = None
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def progress(self, share_done: float, message: str) -> None:
        """Note how far the computation is.

        Raises:
            CancelledError: somebody asked it to stop.
            StorageError: the store has been out of reach for too long, or its disk is full.
        """
        self.check()
        self._newest = (min(1.0, max(self._newest[0], share_done)), message)

    def check(self) -> None:
        """Raise what :meth:`progress` raises."""
        if self._stop_asked.is_set():
            raise CancelledError("The run was cancelled.")
        if self._trouble is not None:
            raise self._trouble

    @property
    def message(self) -> str:
        """What the run was doing last."""
        return self._newest[1]

    def ask_to_stop(self) -> None:
        """Let the next :meth:`progress` raise; safe to call from a signal handler."""
        self._stop_asked.set()

    def _beat(self) -> None:
        written, beaten_at = self._newest, time.monotonic()
        while not self._ended.wait(_PROGRESS_SECONDS):
            newest, now = self._newest, time.monotonic()
            if newest == written and now - beaten_at < BEAT_SECONDS:
                continue
            try:
                if not self._lifecycle.beat(self._run_id, *newest):
                    self._stop_asked.set()
                written, beaten_at = newest, now
            except StorageError as error:
                if isinstance(error, DiskFullError) or now - beaten_at > _PATIENCE_SECONDS:
                    self._trouble = error
