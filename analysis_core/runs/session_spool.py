"""How an app and a supervisor agree on live sessions: a few small files in a folder that only their owner can enter.

A session holds one model in memory and answers at once. It is wanted by whoever needs it (``wanted``), taken by one
supervisor of this machine (``taken``), and says where it listens once it does (``ready``) or why it will not
(``failed``). Each step is a rename or a file written whole, so that two apps and two supervisors do not meet halfway.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from analysis_core.errors import StorageError
from analysis_core.runs.paths import home

SPOOL_FOLDER = "live"
START_SECONDS = 180.0
"""A session that has not said anything for so long while it starts is taken for dead."""


class Phase(StrEnum):
    """How far a session is."""

    NONE = "none"
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class SessionState:
    """Where a session stands.

    Args:
        phase: how far it is.
        message: what it is doing, or why it failed.
    """

    phase: Phase
    message: str = ""


class Spool:
    """The folder of one home's sessions.

    Args:
        folder: made when it is missing.

    Raises:
        StorageError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder of live sessions cannot be made ({error.strerror}).",
                where=str(folder),
                remedy="Check the permissions of the folder of runs.",
            ) from error

    @classmethod
    def at_home(cls) -> Spool:
        """The spool beside the runs."""
        return cls(home() / SPOOL_FOLDER)

    def want(self, model: str, order: tuple[int, ...] | None) -> str:
        """Ask for a session; returns its key. Does nothing where there is one, or it failed.

        Args:
            model: id of the catalog, or a path.
            order: the layers in the order in which they go; None lets the session find one.
        """
        key = key_of(model)
        if self.state(key).phase is Phase.NONE:
            wish = {
                "model": model,
                "order": None if order is None else list(order),
                "secret": secrets.token_hex(16),
                "host": socket.gethostname(),
            }
            self._write(key, "wanted", wish)
        return key

    def state(self, key: str) -> SessionState:
        """Where a session stands."""
        if self._path(key, "ready").exists():
            return SessionState(Phase.READY)
        if (failed := self._read(key, "failed")) is not None:
            return SessionState(Phase.FAILED, str(failed.get("sentence", "")))
        if (taken := self._path(key, "taken")).exists():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - taken.stat().st_mtime < START_SECONDS:
                    said = self._read(key, "said") or {}
                    return SessionState(Phase.STARTING, str(said.get("message", "")))
            self.forget(key)
        return SessionState(Phase.WAITING if self._path(key, "wanted").exists() else Phase.NONE)

    def wanted(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sessions of this machine that nobody has taken yet, the oldest wish first."""
        found = sorted(self.folder.glob("*.wanted"), key=lambda path: path.name)
        for path in found:
            wish = self._read(path.stem, "wanted")
            if wish is not None and wish.get("host") == socket.gethostname():
                yield path.stem, wish

    def take(self, key: str) -> bool:
        """Make a wanted session one's own; False if another supervisor was faster."""
        try:
            os.rename(self._path(key, "wanted"), self._path(key, "taken"))
            os.utime(self._path(key, "taken"))
        except FileNotFoundError:
            return False
        return True

    def say(self, key: str, message: str) -> None:
        """Tell what a starting session is doing, which also shows that it lives."""
        self._write(key, "said", {"message": message})
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._path(key, "taken"))

    def ready(self, key: str, address: str, secret: str) -> None:
        """A session listens."""
        self._write(key, "ready", {"address": address, "secret": secret})

    def fail(self, key: str, sentence: str) -> None:
        """A session will not be, or is no more; the reason stays until somebody forgets it."""
        self.forget(key)
        self._write(key, "failed", {"sentence": sentence})

    def forget(self, key: str) -> None:
        """As if it had never been wanted."""
        for step in ("wanted", "taken", "said", "ready", "failed"):
            self._path(key, step).unlink(missing_ok=True)

    def door(self, key: str) -> Mapping[str, Any] | None:
        """Address and secret of a session that listens; None where there is none."""
        return self._read(key, "ready")

    def used(self, key: str) -> None:
        """Note that a session was of use just now."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._path(key, "ready"))

    def idle_seconds(self, key: str) -> float | None:
        """For how long nobody has asked a session anything; None while it starts."""
        try:
            return time.time() - self._path(key, "ready").stat().st_mtime
        except FileNotFoundError:
            return None

    def _path(self, key: str, step: str) -> Path:
        return self.folder / f"{key}.{step}"

    def _read(self, key: str, step: str) -> dict[str, Any] | None:
        try:
            found = json.loads(self._path(key, step).read_bytes())
        except (OSError, ValueError):  # gone since, or not ours
            return None
        return found if isinstance(found, dict) else None

    def _write(self, key: str, step: str, content: Mapping[str, Any]) -> None:
        path = self._path(key, step)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            temporary.write_bytes(json.dumps(content).encode())
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(
                f"A live session cannot be noted ({error.strerror}).",
                where=str(path),
                remedy="Check the disk and the folder's permissions.",
            ) from error


def key_of(model: str) -> str:
    """A file name that stands for a model."""
    digest = hashlib.sha256(model.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^a-z0-9]+', '-', model.lower()).strip('-')[-40:]}-{digest}"
