"""The app's side of live sessions: want one, ask it, let go of it. No torch here."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

from analysis_core.errors import LayerwiseError, RunError
from analysis_core.runs.session_spool import Phase, SessionState, Spool, key_of

CONNECT_SECONDS = 2.0
_MOST_ANSWER_BYTES = 64 << 20


class SessionGoneError(RunError):
    """There is no such session any more; another one can be wanted."""


def open_session(model: str, order: tuple[int, ...] | None = None) -> SessionState:
    """Where the session of a model stands; wants one where there is none.

    Args:
        model: id of the catalog, or a path.
        order: the layers in the order in which they go, for a session that is yet to start.

    Raises:
        StorageError: the spool cannot be written.
    """
    spool = Spool.at_home()
    return spool.state(spool.want(model, order))


def forget_session(model: str) -> None:
    """Clear away a session that failed, so that it may be wanted again."""
    spool = Spool.at_home()
    if spool.state(key_of(model)).phase is Phase.FAILED:
        spool.forget(key_of(model))


def ask_session(model: str, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Ask the session of a model.

    Args:
        model: as it was opened.
        request: JSON types.
        seconds: how long an answer may take.

    Raises:
        SessionGoneError: there is no such session any more.
        RunError: it did not answer in time.
        LayerwiseError: what the session says.
    """
    spool, key = Spool.at_home(), key_of(model)
    door = spool.door(key)
    if door is None:
        raise SessionGoneError("The model is not at hand any more.", remedy="Open it again.")
    line = json.dumps({**request, "secret": door["secret"]}).encode() + b"\n"
    try:
        answer = json.loads(_exchange(str(door["address"]), line, seconds))
    except TimeoutError as error:
        what = f"The model did not answer within {seconds:g} s."
        raise RunError(what, remedy="Try a smaller input, or again in a moment.") from error
    except (OSError, ValueError) as error:  # nobody listens, or it died over this request
        spool.forget(key)
        raise SessionGoneError("The process with the model is gone.", remedy="Open it again.") from error
    if "error" in answer:
        said = answer["error"]
        raise LayerwiseError(said["what"], where=said["where"], remedy=said["remedy"])
    return dict(answer)


def _exchange(address: str, line: bytes, seconds: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address)
        connection.settimeout(seconds)
        connection.sendall(line)
        with connection.makefile("rb") as answers:
            return answers.readline(_MOST_ANSWER_BYTES)
