"""One worker for all: started when none is there, once, and outliving who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_core.runs import launcher
from analysis_core.runs.roster import Roster
from analysis_core.runs.store import RunStore
from tests.runs.conftest import REPOSITORY, until

STARTER = "from analysis_core import service; service.ensure_worker(); print(service.worker_alive())"


def test_two_apps_start_one_worker_that_outlives_them(
    store: RunStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYERWISE_AUTOSTART")
    assert not launcher.worker_alive(store)
    apps = [subprocess.Popen([sys.executable, "-c", STARTER], cwd=REPOSITORY) for _ in range(2)]
    assert [app.wait(20) for app in apps] == [0, 0]
    until(lambda: launcher.worker_alive(store))
    launcher.ensure_worker(store)
    (worker,) = Roster(store.database).alive().values()
    assert os.getsid(worker.pid) == worker.pid
    log = home / launcher.LOG_FILE
    until(lambda: "working for" in log.read_text())
    # It is killed while it imports torch for the runs to come: nobody waits for that here.
    os.killpg(worker.pid, signal.SIGKILL)
    until(lambda: not launcher.worker_alive(store))
    assert log.read_text().count("working for") == 1


def test_a_worker_that_ended_at_once_is_not_started_again_and_again(
    store: RunStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYERWISE_AUTOSTART")
    started: list[int] = []
    monkeypatch.setattr(launcher, "_launch", lambda _folder, lock: started.append(lock))
    for _ in range(3):
        launcher.ensure_worker(store)
    assert len(started) == 1
    os.utime(home / "worker.lock", (0, 0))
    launcher.ensure_worker(store)
    assert len(started) == 2


def test_where_workers_are_started_otherwise_none_is_started(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_launch", lambda *_: pytest.fail("started"))
    launcher.ensure_worker(store)
