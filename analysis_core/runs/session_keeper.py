"""A supervisor's side of live sessions: gives each its process, keeps them few, and says how they end."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

from analysis_core.errors import RunError
from analysis_core.runs.nursery import FORK_SERVER_WAS_LOST
from analysis_core.runs.session_process import SessionOrder
from analysis_core.runs.session_spool import Spool

LOG = logging.getLogger("layerwise.worker")
MOST_SESSIONS = 3
IDLE_ENOUGH_SECONDS = 5.0
"""A session that nobody has asked for so long may be ended in favour of another one."""
ROOM = "analysis_core.live.room:make_room"


class SessionKeeper:
    """The live sessions that one supervisor holds.

    Args:
        spool: where they are asked for.
        start: starts a process.
        data_limit_bytes: of each process; None for no limit.
        room: what they hold.
    """

    def __init__(
        self,
        spool: Spool,
        start: Callable[[SessionOrder], ForkServerProcess],
        data_limit_bytes: int | None = None,
        room: str = ROOM,
    ) -> None:
        self._spool, self._start = spool, start
        self._data_limit_bytes, self._room = data_limit_bytes, room
        self._mine: dict[str, ForkServerProcess] = {}

    def __len__(self) -> int:
        return len(self._mine)

    def tick(self, *, may_start: bool) -> None:
        """See which sessions have ended, and start those that are wanted."""
        for key, process in list(self._mine.items()):
            if process.exitcode is not None:
                del self._mine[key]
                self._settle(key, process.exitcode)
        if may_start:
            for key, wish in self._spool.wanted():
                self._serve(key, wish)

    def end(self) -> None:
        """Kill all sessions."""
        for key in list(self._mine):
            self._kill(key)

    def _serve(self, key: str, wish: dict[str, object]) -> None:
        if not self._spool.take(key):
            return
        if len(self._mine) >= MOST_SESSIONS and not self._make_room():
            what = f"{MOST_SESSIONS} other models are in use at this moment."
            self._spool.fail(key, RunError(what, remedy="Try again in a moment, or use one of them.").sentence)
            return
        listed = wish.get("order")
        order = SessionOrder(
            key=key,
            folder=self._spool.folder,
            model=str(wish["model"]),
            order=tuple(int(index) for index in listed) if isinstance(listed, list) else None,
            secret=str(wish["secret"]),
            room=self._room,
            data_limit_bytes=self._data_limit_bytes,
        )
        LOG.info("live session of %s", order.model)
        self._mine[key] = self._start(order)

    def _make_room(self) -> bool:
        """End the session that has been idle for longest, if that is long enough."""
        idle = {key: self._spool.idle_seconds(key) for key in self._mine}
        longest = max(idle, key=lambda key: idle[key] or 0.0)
        if (idle[longest] or 0.0) < IDLE_ENOUGH_SECONDS:
            return False
        self._kill(longest)
        return True

    def _kill(self, key: str) -> None:
        process = self._mine.pop(key)
        if process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # In case it does not lead its group yet.
        self._spool.forget(key)

    def _settle(self, key: str, exit_code: int) -> None:
        if exit_code in (0, FORK_SERVER_WAS_LOST):  # it has tidied up itself, or lives on and will
            return
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit status {exit_code}"
        what = f"The process with the model ended unexpectedly ({how})."
        self._spool.fail(key, RunError(what, remedy="Start it again.").sentence)
