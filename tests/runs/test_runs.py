"""Runs in their processes: how they go, how they end, and what is left of them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from analysis_core.config import CompressionConfig
from analysis_core.errors import RunError
from analysis_core.runs import archive
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from tests.runs.conftest import config, has_begun, helper_is_gone, kill, over, until
from tests.runs.fake_jobs import method_result


def folder(store: RunStore, run_id: str) -> Path:
    return store.artifacts.folder(run_id)


def test_a_run_starts_at_once_and_leaves_its_report(shared: RunStore) -> None:
    latencies = []
    for _ in range(5):
        begun = time.perf_counter()
        run_id = shared.create(config("steps", "a", "b", milliseconds=30))
        until(partial(has_begun, shared, run_id))
        latencies.append(time.perf_counter() - begun)
        assert over(shared, run_id).state == RunState.FINISHED
    print(f"\nfrom start to working: {', '.join(f'{1000 * seconds:.0f}' for seconds in latencies)} ms")
    # The aim is 0.3 s; on a machine whose cores are all taken by others it may be twice that.
    assert min(latencies) < 0.6
    report = archive.report(shared, run_id)
    assert report.run == run_id
    assert report["a"] == method_result("a")
    assert shared.view(run_id).progress == 1.0


def test_partial_results_and_progress_are_seen_while_it_works(shared: RunStore) -> None:
    run_id = shared.create(config("steps", "a", "b", "c", milliseconds=700))
    until(lambda: shared.view(run_id).partial)
    view = shared.view(run_id)
    assert view.state == RunState.RUNNING
    assert view.partial == (method_result("a"),)
    until(lambda: shared.view(run_id).message == "Computing b")
    view = shared.view(run_id)
    assert view.progress == pytest.approx(1 / 3)
    assert view.started_at is not None
    assert view.eta_seconds == pytest.approx(2 * (time.time() - view.started_at), rel=0.1)
    assert [item.method for item in over(shared, run_id).partial] == ["a", "b", "c"]


def test_more_runs_than_slots_wait_for_their_turn(shared: RunStore) -> None:
    runs = [shared.create(config("steps", milliseconds=300)) for _ in range(4)]
    until(lambda: sum(shared.get(run).state == RunState.RUNNING for run in runs) == 3)
    assert shared.get(runs[-1]).state == RunState.QUEUED
    assert {over(shared, run).state for run in runs} == {RunState.FINISHED}


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("not_finite", "The loss of example 3 is nan. Check that example."),
        ("has_a_bug", "unexpected error (ZeroDivisionError) while: Dividing"),
        (
            "imports_what_is_broken",
            "The library tests cannot be imported (ImportError) while: Loading the model.",
        ),
        ("out_of_memory", "The memory did not suffice while: Allocating. Use a smaller batch"),
        ("fills_the_disk", "The disk is full"),
        ("takes_all_memory", "took more than 0.6 GB while: Filling memory. Use a smaller batch"),
        (
            "kills_itself",
            "killed (signal 9) while: Holding on. If nobody did that, the machine ran out of memory.",
        ),
    ],
)
def test_a_run_that_fails_says_why(shared: RunStore, behaviour: str, sentence: str) -> None:
    earlier = shared.create(config("steps"))
    assert over(shared, earlier).state == RunState.FINISHED
    run_id = shared.create(config(behaviour))
    view = over(shared, run_id)
    assert view.state == RunState.FAILED
    assert sentence in (view.error or "")
    assert view.input_at_fault == (behaviour == "not_finite")
    assert "Traceback" not in (view.error or "") and "secret detail" not in (view.error or "")
    with pytest.raises(RunError, match="has no result"):
        archive.report(shared, run_id)
    assert archive.report(shared, earlier).run == earlier


def test_the_traceback_of_a_bug_is_in_the_log(shared: RunStore) -> None:
    run_id = shared.create(config("has_a_bug"))
    over(shared, run_id)
    assert "secret detail" in (folder(shared, run_id) / "worker.log").read_text()


def test_what_was_found_before_the_end_is_kept(shared: RunStore) -> None:
    run_id = shared.create(config("kills_itself"))
    assert over(shared, run_id).partial == (method_result("first"),)


def test_the_run_that_listens_is_cancelled_at_once(shared: RunStore) -> None:
    run_id = shared.create(config("listens"))
    until(lambda: shared.view(run_id).partial)
    begun = time.monotonic()
    assert shared.request_cancel(run_id) is RunState.RUNNING
    view = over(shared, run_id)
    assert time.monotonic() - begun < 1.0
    assert (view.state, view.error) == (RunState.CANCELLED, None)
    assert view.partial == (method_result("first"),)


def test_the_run_that_does_not_listen_is_killed_with_all_that_it_started(shared: RunStore) -> None:
    run_id = shared.create(config("deaf"))
    until(lambda: shared.view(run_id).message == "Counting sheep")
    begun = time.monotonic()
    shared.request_cancel(run_id)
    assert over(shared, run_id).state == RunState.CANCELLED
    assert time.monotonic() - begun < 2.0
    until(lambda: helper_is_gone(shared, run_id), 2.0)


def test_a_process_that_is_killed_from_outside(shared: RunStore) -> None:
    run_id = shared.create(config("deaf"))
    until(lambda: shared.view(run_id).message == "Counting sheep")
    kill(shared.get(run_id).worker_pid or 0)
    view = over(shared, run_id, 2.0)
    assert view.state == RunState.FAILED
    assert view.error is not None and view.error.startswith("The worker was killed (signal 9) while: Counting sheep.")
    until(lambda: helper_is_gone(shared, run_id), 2.0)


def test_the_environment_holds_no_secrets_and_the_forking_process_one_thread(shared: RunStore) -> None:
    run_id = shared.create(config("tells_environment"))
    assert over(shared, run_id).state == RunState.FINISHED
    environment = (folder(shared, run_id) / "environ").read_text()
    assert "PATH=" in environment and "LAYERWISE_HOME=" in environment
    assert "hidden" not in environment and "MY_API_TOKEN" not in environment
    assert (folder(shared, run_id) / "threads").read_text() == "1"
    assert (folder(shared, run_id) / "torch").read_text() == "False"


def test_a_compression_knows_what_its_analysis_and_its_siblings_measured(shared: RunStore) -> None:
    analysis = shared.create(config("steps"))
    over(shared, analysis)
    first = shared.create(CompressionConfig("steps", remove=(2,), source_run=analysis, export=True))
    assert over(shared, first).state == RunState.FINISHED
    second = shared.create(CompressionConfig("steps", remove=(3,), source_run=analysis))
    assert over(shared, second).state == RunState.FINISHED
    assert (folder(shared, second) / "known").read_text() == "() (1,) (2,)"
    assert [outcome.run for outcome in archive.outcomes_of(shared, analysis)] == [second, first]
    names = [file.name for file in shared.files(first)]
    assert names == ["export/model.safetensors", "export/sub/config.json", "outcome.json"]
    with pytest.raises(RunError, match="exported no model"):
        archive.export_archive(shared, second)


def test_a_missing_source_fails_with_a_sentence(shared: RunStore) -> None:
    run_id = shared.create(CompressionConfig("steps", remove=(2,), source_run="nosuchrun"))
    assert "There is no run 'nosuchrun'" in (over(shared, run_id).error or "")
