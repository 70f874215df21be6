"""Live sessions: wanted, taken, asked, ended; and what becomes of those that die."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis_core.errors import DataError, LayerwiseError
from analysis_core.runs import session_keeper, sessions
from analysis_core.runs.nursery import Nursery
from analysis_core.runs.session_keeper import SessionKeeper
from analysis_core.runs.session_process import SessionOrder, answer_requests
from analysis_core.runs.session_spool import Phase, Spool, key_of
from analysis_core.runs.sessions import SessionGoneError
from tests.runs.conftest import until

FAKE = "tests.runs.test_sessions:make_fake_room"


class FakeRoom:
    """Repeats what it hears; dies, fails or dawdles when asked to."""

    def __init__(self, model: str) -> None:
        self.model = model

    def handle(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["do"] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if request["do"] == "fail":
            raise DataError("The picture is empty.", where="your input", remedy="Pick another one.")
        if request["do"] == "break":
            raise ZeroDivisionError
        if request["do"] == "dawdle":
            time.sleep(2)
        return {"heard": request, "model": self.model, "pid": os.getpid()}


def make_fake_room(model: str, order: tuple[int, ...] | None, folder: Path, say: Callable[[str], None]) -> FakeRoom:
    if model == "broken":
        raise DataError("This model is broken.", remedy="Choose another one.")
    say(f"Opening {model} without {order}")
    return FakeRoom(model)


@pytest.fixture
def spool(home: Path) -> Spool:
    return Spool.at_home()


@pytest.fixture
def keeper(spool: Spool) -> Iterator[SessionKeeper]:
    """As a supervisor has it, with processes that import next to nothing."""
    nursery = Nursery(["analysis_core.runs.session_process"])
    nursery.warm_up()
    until(lambda: nursery.ready)
    kept = SessionKeeper(spool, nursery.start_session, room=FAKE)
    yield kept
    kept.end()


def opened(keeper: SessionKeeper, model: str, order: tuple[int, ...] | None = None) -> str:
    """Want a session and wait until it is ready, or failed; returns its key."""

    def settled() -> bool:
        keeper.tick(may_start=True)
        return sessions.open_session(model, order).phase in (Phase.READY, Phase.FAILED)

    until(settled)
    return key_of(model)


def test_a_session_is_wanted_started_and_asked(keeper: SessionKeeper, spool: Spool) -> None:
    assert sessions.open_session("a/b", (3, 4)).phase is Phase.WAITING
    keeper.tick(may_start=False)
    assert sessions.open_session("a/b").phase is Phase.WAITING
    opened(keeper, "a/b")
    answer = sessions.ask_session("a/b", {"do": "hello"}, 5)
    assert answer["heard"] == {"do": "hello"}, "the secret is none of the room's business"
    assert answer["pid"] != os.getpid()
    assert sessions.ask_session("a/b", {"do": "hello"}, 5)["pid"] == answer["pid"]
    assert len(keeper) == 1


def test_what_the_model_says_arrives_as_an_error(keeper: SessionKeeper) -> None:
    opened(keeper, "one")
    with pytest.raises(LayerwiseError, match=r"your input: The picture is empty\. Pick another one\."):
        sessions.ask_session("one", {"do": "fail"}, 5)
    with pytest.raises(LayerwiseError, match="could not answer this"):
        sessions.ask_session("one", {"do": "break"}, 5)
    with pytest.raises(LayerwiseError, match=r"did not answer within 0\.1 s"):
        sessions.ask_session("one", {"do": "dawdle"}, 0.1)
    assert sessions.ask_session("one", {"do": "still there"}, 5)


def test_a_model_that_cannot_be_opened_says_why(keeper: SessionKeeper) -> None:
    opened(keeper, "broken")
    state = sessions.open_session("broken")
    assert (state.phase, state.message) == (Phase.FAILED, "This model is broken. Choose another one.")
    sessions.forget_session("broken")
    assert sessions.open_session("broken").phase is Phase.WAITING


def test_a_session_that_dies_is_noticed_and_can_be_opened_again(keeper: SessionKeeper) -> None:
    opened(keeper, "one")
    first = sessions.ask_session("one", {"do": "hello"}, 5)["pid"]
    with pytest.raises(SessionGoneError, match="is gone"):
        sessions.ask_session("one", {"do": "die"}, 5)
    opened(keeper, "one")
    if sessions.open_session("one").phase is Phase.FAILED:  # the keeper saw it before anybody asked again
        assert "ended unexpectedly (signal 9)" in sessions.open_session("one").message
        sessions.forget_session("one")
        opened(keeper, "one")
    assert sessions.ask_session("one", {"do": "hello"}, 5)["pid"] != first


def test_few_sessions_at_a_time(keeper: SessionKeeper, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [opened(keeper, f"model {number}") for number in range(session_keeper.MOST_SESSIONS)]
    opened(keeper, "one too many")
    assert "3 other models are in use" in sessions.open_session("one too many").message
    monkeypatch.setattr(session_keeper, "IDLE_ENOUGH_SECONDS", 5.0)
    os.utime(spool.folder / f"{keys[1]}.ready", (0, time.time() - 60))
    sessions.forget_session("one too many")
    opened(keeper, "one too many")
    assert sessions.open_session("one too many").phase is Phase.READY
    assert len(keeper) == session_keeper.MOST_SESSIONS
    with pytest.raises(SessionGoneError):
        sessions.ask_session("model 1", {"do": "hello"}, 5)


def test_a_supervisor_that_ends_takes_its_sessions_along(keeper: SessionKeeper) -> None:
    opened(keeper, "one")
    pid = sessions.ask_session("one", {"do": "hello"}, 5)["pid"]
    keeper.end()
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert sessions.open_session("one").phase is Phase.WAITING


def order_for(spool: Spool, **settings: Any) -> SessionOrder:
    first = SessionOrder(key_of("one"), spool.folder, "one", None, "a secret", FAKE)
    return dataclasses.replace(first, **settings)


def test_a_session_ends_by_itself_when_nobody_asks(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis_core.runs.session_process._Server.timeout", 0.05)
    began = time.monotonic()
    answer_requests(FakeRoom("one"), order_for(spool, idle_seconds=0.3), spool)
    assert 0.3 <= time.monotonic() - began < 5


def test_only_who_knows_the_secret_is_answered(spool: Spool) -> None:
    serving = threading.Thread(
        target=answer_requests, args=(FakeRoom("one"), order_for(spool, idle_seconds=2.5), spool), daemon=True
    )
    serving.start()
    until(lambda: spool.state(key_of("one")).phase is Phase.READY)
    door = spool.door(key_of("one"))
    assert door is not None
    assert Path(str(door["address"])).parent.stat().st_mode & 0o077 == 0
    for line in (b'{"do": "hello", "secret": "wrong"}\n', b'{"do": "hello"}\n', b"not json\n", b"no end"):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(door["address"]))
            stranger.sendall(line)
            stranger.shutdown(socket.SHUT_WR)
            assert "error" in json.loads(stranger.makefile().readline())
    assert sessions.ask_session("one", {"do": "hello"}, 5)["model"] == "one"
    serving.join()


def test_wishes_of_another_machine_are_left_alone(spool: Spool) -> None:
    key = spool.want("one", None)
    wish = json.loads((spool.folder / f"{key}.wanted").read_text())
    (spool.folder / f"{key}.wanted").write_text(json.dumps({**wish, "host": "elsewhere"}))
    assert list(spool.wanted()) == []
    assert spool.take(key)
    assert not spool.take(key), "somebody else was faster"


def test_a_start_that_says_nothing_any_more_counts_as_dead(spool: Spool) -> None:
    key = spool.want("one", (1, 2))
    spool.take(key)
    spool.say(key, "Loading")
    assert spool.state(key).message == "Loading"
    os.utime(spool.folder / f"{key}.taken", (0, 0))
    assert spool.state(key).phase is Phase.NONE
