"""A live session's own process: holds one model and answers requests over a local socket until nobody asks any more.

One request is one line of JSON on a connection of its own, answered by one line. The socket stands in a folder that
only its owner can enter, and every request carries the session's secret. Nothing that arrives is ever unpickled.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import shutil
import signal
import socketserver
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from analysis_core.errors import LayerwiseError, RunError
from analysis_core.runs.session_spool import Spool
from analysis_core.runs.worker import output_to_log, restrain

IDLE_SECONDS = 600.0
MOST_REQUEST_BYTES = 24 << 20
"""A sound or a picture, as text; more is refused."""
_LOOK_SECONDS = 1.0


class Room(Protocol):
    """What a session holds."""

    def handle(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a request with JSON types; several threads may ask.

        Raises:
            LayerwiseError: the request cannot be met; its sentence is for people.
        """


@dataclass(frozen=True)
class SessionOrder:
    """What a supervisor hands to a session's process.

    Args:
        key: of the session in the spool.
        folder: the spool.
        model: id of the catalog, or a path.
        order: the layers in the order in which they go; None: to be found.
        secret: what every request must carry.
        room: ``module:function`` that makes the room from model, order, a folder for notes, and a listener to words.
        data_limit_bytes, torch_threads: as of runs.
        idle_seconds: after so long without a request the process ends.
    """

    key: str
    folder: Path
    model: str
    order: tuple[int, ...] | None
    secret: str
    room: str
    data_limit_bytes: int | None = None
    torch_threads: int | None = 1
    idle_seconds: float = IDLE_SECONDS


RoomMaker = Callable[[str, tuple[int, ...] | None, Path, Callable[[str], None]], Room]


def serve_session(order: SessionOrder) -> None:
    """Hold a session; the process ends with it."""
    os.setsid()  # A group of its own: whatever it starts is ended together with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spool = Spool(order.folder)
    try:
        with output_to_log(order.folder / f"{order.key}.log"):
            restrain(order.data_limit_bytes, order.torch_threads)
            module, _, name = order.room.partition(":")
            make = cast(RoomMaker, getattr(import_module(module), name))
            room = make(order.model, order.order, order.folder, _Teller(spool, order.key))
            answer_requests(room, order, spool)
        spool.forget(order.key)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it ends with a sentence
        spool.fail(order.key, _sentence(error))


def answer_requests(room: Room, order: SessionOrder, spool: Spool) -> None:
    """Listen, and answer until nobody has asked for long enough."""
    folder = Path(tempfile.mkdtemp(prefix="layerwise-"))  # short: an address holds some 100 characters
    try:
        with _Server(str(folder / "door"), room, order.secret) as server:
            spool.ready(order.key, str(folder / "door"), order.secret)
            while server.idle_seconds < order.idle_seconds:
                asked = server.asked
                server.handle_request()
                if server.asked != asked:
                    spool.used(order.key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Teller:
    """Passes on what the making of a room says, but nothing twice."""

    def __init__(self, spool: Spool, key: str) -> None:
        self._spool, self._key, self._last = spool, key, ""

    def __call__(self, words: str) -> None:
        if words != self._last:
            self._spool.say(self._key, words)
            self._last = words


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    timeout = _LOOK_SECONDS

    def __init__(self, address: str, room: Room, secret: str) -> None:
        self.room, self.secret = room, secret
        self.asked, self._asked_at = 0, time.monotonic()
        super().__init__(address, _Handler)

    @property
    def idle_seconds(self) -> float:
        return time.monotonic() - self._asked_at

    def note(self) -> None:
        self.asked += 1
        self._asked_at = time.monotonic()


class _Handler(socketserver.StreamRequestHandler):
    timeout = 30.0
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # whoever asked is gone
            self.server.note()
            answer = self._answer(self.rfile.readline(MOST_REQUEST_BYTES))
            self.wfile.write(json.dumps(answer).encode() + b"\n")
            self.server.note()

    def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            if not line.endswith(b"\n"):
                raise RunError("The request is cut off or too large.", remedy="Send at most 16 MB.")
            request = json.loads(line)
            if not hmac.compare_digest(str(request.pop("secret", "")), self.server.secret):
                raise RunError("This session belongs to somebody else.")
            return self.server.room.handle(request)
        except LayerwiseError as error:
            return {"error": {"what": error.what, "where": error.where, "remedy": error.remedy}}
        except Exception:  # noqa: BLE001 - the session goes on; its log says what it was
            traceback.print_exc()
            return {"error": {"what": "The model could not answer this.", "where": "", "remedy": "Try another input."}}


def _sentence(error: BaseException) -> str:
    if isinstance(error, LayerwiseError):
        return error.sentence
    if isinstance(error, MemoryError):
        return RunError("There is not enough memory for this model.", remedy="Choose a smaller one.").sentence
    said = (str(error).splitlines() or [""])[0]
    return RunError(
        f"The model could not be made ready ({type(error).__name__}{f': {said}' if said else ''}).",
        remedy="The session's log in the folder of runs tells more.",
    ).sentence
