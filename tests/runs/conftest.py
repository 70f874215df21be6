"""A store in a folder of its own, and supervisors with fake jobs that end with their test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.results import RunView
from analysis_core.runs.roster import Roster
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState

REPOSITORY = Path(__file__).parents[2]
JOBS = (
    "--job", "analysis=tests.runs.fake_jobs:analyse", "--job", "compression=tests.runs.fake_jobs:compress",
)  # fmt: skip


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something to become true, and fail if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.03)


def over(store: RunStore, run_id: str, seconds: float = 20.0) -> RunView:
    """Wait for the end of a run."""
    until(lambda: RunState(store.view(run_id).state).is_over, seconds)
    return store.view(run_id)


def config(behaviour: str, *methods: str, milliseconds: int = 0) -> AnalysisConfig:
    return AnalysisConfig(behaviour, analysis_methods=methods or ("first",), seed=milliseconds)


@contextmanager
def supervisor_for(store: RunStore, home: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor in a process of its own, ready for runs; killed with all it started at the end."""
    environment = {**os.environ, "LAYERWISE_HOME": str(home), "MY_API_TOKEN": "hidden"}
    command = [sys.executable, "-m", "analysis_core.runs.supervisor", *JOBS, "--no-preload", *options]
    with open(home / "supervisor.log", "ab") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: any(row.ready and row.pid == process.pid for row in Roster(store.database).alive().values()))
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of runs, in which nothing starts by itself."""
    monkeypatch.setenv("LAYERWISE_HOME", str(tmp_path))
    monkeypatch.setenv("LAYERWISE_AUTOSTART", "0")
    monkeypatch.delenv("LAYERWISE_STORE", raising=False)
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[RunStore]:
    store = RunStore.open()
    yield store
    store.database.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A store with one supervisor that serves many tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERWISE_HOME", str(home))
        store = RunStore.open()
    with supervisor_for(store, home, "--slots", "3", "--memory-gb", "0.6"):
        yield store
    store.database.close()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def has_begun(store: RunStore, run_id: str) -> bool:
    """Whether the run's process is at work, or was."""
    return store.get(run_id).worker_pid is not None


def helper_is_gone(store: RunStore, run_id: str) -> bool:
    """Whether the process that a deaf run has started has ended."""
    pid = int((store.artifacts.folder(run_id) / "helper").read_text())
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
