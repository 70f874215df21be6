"""What the operating system says of processes: who they are, whether they live, what memory they take."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil  # type: ignore[import-untyped,unused-ignore]  # ships no types

_START_TOLERANCE_SECONDS = 1.5


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that is not mistaken for a later one with the same id.

    Args:
        host: name of the machine; two containers are two machines.
        pid: id of the process.
        started_at: when the operating system says that it began, in seconds since the epoch.
    """

    host: str
    pid: int
    started_at: float

    @classmethod
    def of_this_process(cls) -> Self:
        """Who is asking."""
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @property
    def is_here(self) -> bool:
        """Whether it runs, or ran, on this machine."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; only meaningful on its own machine."""
        try:
            process = psutil.Process(self.pid)
            same = bool(abs(process.create_time() - self.started_at) < _START_TOLERANCE_SECONDS)
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def resident_bytes(self) -> int:
        """Memory that it and all that it started take; 0 once it is gone."""
        try:
            root = psutil.Process(self.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        total = 0
        for member in family:
            with contextlib.suppress(psutil.Error):  # Ended since it was listed.
                total += int(member.memory_info().rss)
        return total

    def kill_group(self) -> None:
        """Kill it and all that it started, at once; it leads, or led, a process group of its own.

        While a group has members, the system gives its number to no other process.
        """
        if self.is_alive or not psutil.pid_exists(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def machine_memory_bytes() -> int:
    """The memory of this machine, or of the container that this is."""
    total = int(psutil.virtual_memory().total)
    with contextlib.suppress(OSError, ValueError):  # "max", or no control group of version 2.
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total
