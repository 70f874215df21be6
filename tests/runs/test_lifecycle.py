"""Claims and heartbeats: who may work on a run, and when it counts as lost."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from analysis_core.config import AnalysisConfig
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.roster import Roster
from analysis_core.runs.schema import Run, Supervisor
from analysis_core.runs.store import RunStore
from analysis_core.runs.watch import Limits, Watch
from analysis_core.vocabulary import RunState
from tests.runs.fake_jobs import method_result

HERE = ProcessIdentity.of_this_process()
GONE = ProcessIdentity(HERE.host, HERE.pid, HERE.started_at - 100)
ELSEWHERE = ProcessIdentity("another-machine", 1, 0.0)


def running(store: RunStore, worker: ProcessIdentity) -> str:
    run_id = store.create(AnalysisConfig())
    lifecycle = Lifecycle(store.database)
    assert lifecycle.claim("dead") is not None
    assert lifecycle.begin(run_id, "dead", worker) is not None
    return run_id


def change(store: RunStore, run_id: str, **values: object) -> Run:
    with store.database.writing() as session:
        session.execute(update(Run).where(Run.id == run_id).values(**values))
    return store.get(run_id)


@pytest.fixture
def watch(store: RunStore) -> Watch:
    return Watch(Lifecycle(store.database), Limits(memory_bytes=1 << 60, seconds=100))


def test_each_run_is_claimed_once_by_many_claimants(store: RunStore) -> None:
    runs = {store.create(AnalysisConfig()) for _ in range(12)}

    def claim_all(name: str) -> list[str]:
        other = RunStore.open()
        lifecycle, claimed = Lifecycle(other.database), []
        while (run := lifecycle.claim(name)) is not None:
            claimed.append(run.id)
        other.database.close()
        return claimed

    with ThreadPoolExecutor(4) as pool:
        claimed = [run_id for part in pool.map(claim_all, "abcd") for run_id in part]
    assert Counter(claimed) == Counter(runs)


def test_runs_are_claimed_in_the_order_in_which_they_came(store: RunStore) -> None:
    runs = []
    for _ in range(3):
        runs.append(store.create(AnalysisConfig()))
        time.sleep(0.002)
    lifecycle = Lifecycle(store.database)
    assert [lifecycle.claim("me").id for _ in runs] == runs  # type: ignore[union-attr]
    assert lifecycle.claim("me") is None


def test_only_its_claimant_begins_a_run(store: RunStore) -> None:
    run_id = store.create(AnalysisConfig())
    lifecycle = Lifecycle(store.database)
    lifecycle.claim("first")
    assert lifecycle.begin(run_id, "second", HERE) is None
    assert lifecycle.release(run_id, "first")
    lifecycle.claim("second")
    assert lifecycle.begin(run_id, "first", HERE) is None
    begun = lifecycle.begin(run_id, "second", HERE)
    assert begun is not None and begun.attempt == 2
    assert not lifecycle.release(run_id, "second")


def test_a_beat_tells_whether_to_go_on(store: RunStore) -> None:
    run_id = running(store, HERE)
    lifecycle = Lifecycle(store.database)
    assert lifecycle.beat(run_id, 0.5, "half way")
    view = store.view(run_id)
    assert (view.progress, view.message) == (0.5, "half way")
    assert store.request_cancel(run_id) is RunState.RUNNING
    assert not lifecycle.beat(run_id, 0.6, "going on")


def test_a_partial_result_is_kept_once_a_method(store: RunStore) -> None:
    run_id = running(store, HERE)
    lifecycle = Lifecycle(store.database)
    for name in ("b", "a", "b"):
        lifecycle.add_partial(run_id, method_result(name))
    assert sorted(item.method for item in store.view(run_id).partial) == ["a", "b"]


def test_an_orphan_whose_process_is_gone_fails_and_keeps_what_it_found(store: RunStore, watch: Watch) -> None:
    run_id = running(store, GONE)
    Lifecycle(store.database).add_partial(run_id, method_result("a"))
    Lifecycle(store.database).beat(run_id, 0.4, "Computing b")
    watch.look_after_orphan(store.get(run_id))
    view = store.view(run_id)
    assert view.state == "failed"
    assert view.error == (
        "The worker is gone: its process ended while: Computing b. "
        "Start the run again; what its methods had found until then is kept."
    )
    assert view.partial == (method_result("a"),)


def test_an_orphan_that_lives_is_left_alone(store: RunStore, watch: Watch) -> None:
    run_id = running(store, HERE)
    watch.look_after_orphan(store.get(run_id))
    assert store.view(run_id).state == "running"


def test_a_cancelled_orphan_whose_process_is_gone_counts_as_cancelled(store: RunStore, watch: Watch) -> None:
    run_id = running(store, GONE)
    store.request_cancel(run_id)
    watch.look_after_orphan(store.get(run_id))
    assert store.view(run_id).state == "cancelled"


def test_a_run_on_another_machine_fails_once_its_heart_is_silent(store: RunStore, watch: Watch) -> None:
    run_id = running(store, ELSEWHERE)
    watch.look_after_orphan(store.get(run_id))
    assert store.view(run_id).state == "running"
    watch.look_after_orphan(change(store, run_id, heartbeat_at=time.time() - 31))
    sentence = store.view(run_id).error or ""
    assert sentence.startswith("The worker on 'another-machine' was not heard of for 30 s while: Starting.")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"heartbeat_at": 0.0}, "The worker hung: it gave no sign of life for 120 s while: Starting."),
        ({"started_at": 0.0}, "The run was ended after its time limit of 100 s while: Starting."),
    ],
)
def test_a_run_that_hangs_or_takes_too_long_is_ended(
    store: RunStore, watch: Watch, monkeypatch: pytest.MonkeyPatch, values: dict[str, float], sentence: str
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(ProcessIdentity, "kill_group", lambda self: killed.append(self.pid))
    run_id = running(store, HERE)
    watch.look_after(change(store, run_id, **values))
    assert (store.view(run_id).error or "").startswith(sentence)
    assert killed == [HERE.pid]


def test_the_roster_knows_the_dead_by_their_process_or_by_their_silence(store: RunStore) -> None:
    roster = Roster(store.database)
    for name, process in (("here", HERE), ("gone", GONE), ("elsewhere", ELSEWHERE)):
        roster.enter(name, process, 1)
    assert set(roster.alive()) == {"here", "elsewhere"}
    with store.database.writing() as session:
        session.execute(update(Supervisor).values(heartbeat_at=time.time() - 20))
    assert set(roster.alive()) == {"here"}
    roster.beat("elsewhere", ready=True)
    assert roster.alive()["elsewhere"].ready
    roster.leave("here")
    assert set(roster.alive()) == {"elsewhere"}
