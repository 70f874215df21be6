"""Runs as rows: made, found, listed, stopped, deleted."""

from __future__ import annotations

import re
import time

import pytest

from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.errors import RunError
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.store import RunStore, config_of, title_of
from analysis_core.vocabulary import RunKind, RunState, TaskType

CONFIG = AnalysisConfig("zoo/text-bert", TaskType.CLASSIFICATION, analysis_methods=("a", "b"), data="/x/y.csv")


def begin(store: RunStore, run_id: str) -> Lifecycle:
    lifecycle = Lifecycle(store.database)
    while (run := lifecycle.claim("me")) is not None and run.id != run_id:
        pass
    assert lifecycle.begin(run_id, "me", ProcessIdentity.of_this_process()) is not None
    return lifecycle


def finish(store: RunStore, run_id: str) -> None:
    assert begin(store, run_id).finish(run_id, [])


def test_a_new_run_is_queued_with_its_settings(store: RunStore) -> None:
    run_id = store.create(CONFIG, owner="Ada")
    run, view = store.get(run_id), store.view(run_id)
    assert config_of(run) == CONFIG
    assert run.owner == "Ada"
    assert (view.state, view.kind, view.title) == ("queued", "analysis", "zoo/text-bert · 2 methods")
    assert view.config == CONFIG.to_dict()
    assert abs(view.created_at - time.time()) < 5
    assert (view.started_at, view.ended_at, view.eta_seconds, view.partial) == (None, None, None, ())


def test_ids_are_short_sort_by_time_and_fit_into_an_address(store: RunStore) -> None:
    ids = []
    for _ in range(3):
        ids.append(store.create(CONFIG))
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-9a-z]{14}", run_id) for run_id in ids)


@pytest.mark.parametrize(
    ("config", "title"),
    [
        (AnalysisConfig("m", analysis_methods=("only",)), "m · only"),
        (AnalysisConfig("m", analysis_methods=("all",)), "m · all methods"),
        (AnalysisConfig("/far/away/bert", analysis_methods=("only",)), "bert · only"),
        (CompressionConfig("m", target_ratio=2.5), "m · 2.5x greedy"),
        (CompressionConfig("m", remove=(3,)), "m · without layer 3"),
        (CompressionConfig("m", remove=(4, 3)), "m · without layers 3, 4"),
        (CompressionConfig("m", remove=()), "m · no layer removed"),
    ],
)
def test_titles(config: AnalysisConfig | CompressionConfig, title: str) -> None:
    assert title_of(config) == title


def test_the_list_is_newest_first_and_searched_by_words(store: RunStore) -> None:
    first = store.create(CONFIG, owner="Ada")
    time.sleep(0.002)
    second = store.create(CompressionConfig("zoo/vision-vit", source_run=first), owner="Emmy_N")
    assert [view.id for view in store.recent()] == [second, first]
    assert [view.id for view in store.recent(limit=1)] == [second]
    assert [view.id for view in store.recent(kind=RunKind.ANALYSIS)] == [first]
    assert [view.id for view in store.recent("ADA bert")] == [first]
    assert [view.id for view in store.recent("ada vision")] == []
    assert [view.id for view in store.recent("y_n")] == [second]
    assert store.recent("%") == []


def test_a_search_reads_what_is_seen_of_a_run_and_not_its_other_settings(store: RunStore) -> None:
    first = store.create(
        AnalysisConfig("zoo/text-bert", analysis_methods=("fisher_information",), data="/mine/wine.csv")
    )
    time.sleep(0.002)
    second = store.create(CompressionConfig("zoo/text-bert", source_run=first, strategy="beam"))
    assert [view.id for view in store.recent("compression")] == [second], "not by the name of a setting"
    assert [view.id for view in store.recent("seed")] == store.recent("compression_targets") == []
    assert [view.id for view in store.recent("FISHER wine")] == [first]
    assert [view.id for view in store.recent("beam queued")] == [second]
    assert [view.id for view in store.recent("bert", limit=1, offset=1)] == [first]


def test_a_word_may_stand_for_names_of_the_store(store: RunStore) -> None:
    first = store.create(AnalysisConfig("zoo/text-bert", analysis_methods=("fisher_information",)))
    store.create(AnalysisConfig("zoo/text-bert", analysis_methods=("layer_ablation",)))
    meanings = {"费舍尔": {"fisher_information", "fisher"}, "等待": {"queued"}}
    assert [view.id for view in store.recent("费舍尔 等待", meanings=meanings)] == [first]
    assert store.recent("费舍尔 等待") == store.recent("费舍尔 bert", meanings={"费舍尔": {"fisher"}}) == []


def test_a_missing_run_is_named(store: RunStore) -> None:
    for look in (store.get, store.view, store.request_cancel, store.delete):
        with pytest.raises(RunError, match=r"There is no run 'nope'; it may have been deleted"):
            look("nope")


def test_a_finished_run_with_the_same_settings_is_found(store: RunStore) -> None:
    assert store.finished_like(CONFIG) is None
    first = store.create(CONFIG)
    assert store.finished_like(CONFIG) is None
    finish(store, first)
    assert store.finished_like(CONFIG) == first
    time.sleep(0.002)
    second = store.create(CONFIG)
    finish(store, second)
    assert store.finished_like(CONFIG) == second
    assert store.finished_like(AnalysisConfig("zoo/text-bert", analysis_methods=("a", "b"))) is None


def test_compressions_of_an_analysis_are_found_once_they_are_finished(store: RunStore) -> None:
    analysis = store.create(CONFIG)
    config = CompressionConfig("zoo/text-bert", source_run=analysis)
    finish(store, analysis)
    finished = store.create(config)
    finish(store, finished)
    store.create(config)
    assert store.finished_from(analysis) == [finished]


def test_a_queued_run_is_cancelled_at_once_and_never_begins(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    lifecycle = Lifecycle(store.database)
    assert lifecycle.claim("me") is not None
    assert store.request_cancel(run_id) is RunState.CANCELLED
    assert lifecycle.begin(run_id, "me", ProcessIdentity.of_this_process()) is None
    assert store.view(run_id).state == "cancelled"


def test_what_is_over_stays_as_it_is(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    finish(store, run_id)
    assert store.request_cancel(run_id) is RunState.FINISHED
    lifecycle = Lifecycle(store.database)
    assert not lifecycle.fail(run_id, "too late")
    assert not lifecycle.cancelled(run_id)
    assert not lifecycle.beat(run_id, 0.1, "too late")
    assert (store.view(run_id).state, store.view(run_id).progress) == ("finished", 1.0)


def test_only_what_is_over_is_deleted_with_its_files(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    with pytest.raises(RunError, match="still going on"):
        store.delete(run_id)
    stored = store.artifacts.write_json(run_id, "report.json", {"a": 1})
    assert begin(store, run_id).finish(run_id, [stored])
    store.delete(run_id)
    assert not store.artifacts.folder(run_id).exists()
    assert store.files(run_id) == []
    with pytest.raises(RunError):
        store.get(run_id)


def test_another_process_sees_the_same_run(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    other = RunStore.open()
    assert other.view(run_id) == store.view(run_id)
    before = store.database.version()
    other.request_cancel(run_id)
    assert store.database.version() != before
    assert store.view(run_id).state == "cancelled"
    other.database.close()
