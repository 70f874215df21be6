"""Processes that are killed at random points: nothing that was acknowledged is lost, nothing hangs."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path

import pytest

from analysis_core.errors import RunError
from analysis_core.runs import archive
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.roster import Roster
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from tests.runs.conftest import config, has_begun, helper_is_gone, kill, over, supervisor_for, until

METHODS = tuple(f"method_{number}" for number in range(40))


def sleeps(store: RunStore, run_id: str) -> bool:
    return store.view(run_id).message == "Counting sheep"


def assert_sound(store: RunStore, run_id: str) -> None:
    """The store is whole, and holds at least what the run was told that it holds."""
    with store.database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    acknowledged = store.artifacts.folder(run_id) / "acknowledged"
    told = acknowledged.read_text().splitlines() if acknowledged.exists() else []
    stored = [result.method for result in store.view(run_id).partial]
    assert set(told) <= set(stored)
    assert stored == list(METHODS[: len(stored)])


def test_a_worker_killed_at_random_points(shared: RunStore) -> None:
    chance = random.Random(20)
    for _ in range(5):
        # 40 steps of 30 ms: however fast the machine, the run is not over when the blow falls.
        run_id = shared.create(config("steps", *METHODS, milliseconds=30))
        until(partial(has_begun, shared, run_id))
        time.sleep(chance.uniform(0.0, 0.5))
        kill(shared.get(run_id).worker_pid or 0)
        view = over(shared, run_id, 3.0)
        assert view.state == RunState.FAILED
        assert (view.error or "").startswith("The worker was killed (signal 9)")
        assert_sound(shared, run_id)
        with pytest.raises(RunError, match="killed"):
            archive.report(shared, run_id)
    last = shared.create(config("steps", *METHODS))
    assert over(shared, last).state == RunState.FINISHED
    assert tuple(archive.report(shared, last).methods) == METHODS


def test_runs_outlive_a_killed_supervisor_and_its_successors_look_after_them(store: RunStore, home: Path) -> None:
    with supervisor_for(store, home, "--slots", "3") as first:
        finishing = store.create(config("steps", *METHODS, milliseconds=5))
        endless = store.create(config("deaf"))
        doomed = store.create(config("deaf"))
        for run_id in (endless, doomed):
            until(partial(sleeps, store, run_id))
        kill(first.pid)
        first.wait()
    assert Roster(store.database).alive() == {}
    kill(store.get(doomed).worker_pid or 0)
    unbegun = store.create(config("steps"))
    dead = store.get(doomed).supervisor
    assert dead is not None and Lifecycle(store.database).claim(dead) is not None
    assert over(store, finishing).state == RunState.FINISHED
    assert_sound(store, finishing)
    assert archive.report(store, finishing).run == finishing

    with supervisor_for(store, home) as second:
        view = over(store, doomed, 5.0)
        assert (view.state, len(view.partial)) == (RunState.FAILED, 1)
        assert (view.error or "").startswith("The worker is gone: its process ended while: Counting sheep.")
        assert over(store, unbegun).state == RunState.FINISHED
        assert store.view(endless).state == RunState.RUNNING
        begun = time.monotonic()
        store.request_cancel(endless)
        assert over(store, endless, 5.0).state == RunState.CANCELLED
        assert time.monotonic() - begun < 3.0

        last, waiting = store.create(config("deaf")), store.create(config("steps"))
        until(partial(sleeps, store, last))
        second.terminate()
        assert second.wait(5) == 0
    assert store.view(last).error == "The worker was stopped. Start the run again once a worker is up."
    assert store.view(waiting).state == RunState.QUEUED
    assert Roster(store.database).alive() == {}
    for run_id in (doomed, endless, last):
        until(partial(helper_is_gone, store, run_id), 2.0)
