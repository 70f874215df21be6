"""Runs: finding, following, opening, cloning, repeating, sharing, taking along, deleting; links that do not hold."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas
import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.models.catalog import ModelCard
from analysis_core.results import RunView
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from pages.ui import chart_menu, downloads
from pages.ui.choosing.proposal import tick_key
from pages.ui.frame import EXPLORE, HOME, RUNS
from pages.ui.runs import filters, missing, share
from tests.pages import filling, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts, links, words

METHODS = tuple(synthetic.TITLES)


@pytest.fixture(autouse=True)
def titles(cards: tuple[ModelCard, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was imported by its module's name is exchanged in that module."""
    monkeypatch.setattr("analysis_core.models.catalog.catalog", lambda folder=None: cards)


def analysis(**more: object) -> AnalysisConfig:
    return replace(filling.analysis(METHODS), **more)  # type: ignore[arg-type]


def finished() -> str:
    return filling.finished(analysis(), synthetic.report())


def rows(test: AppTest) -> list[str]:
    """The titles of the listed runs."""
    return [label for label, query in links(test).items() if "run=" in query and "Runs" in _page(test, label)]


def _page(test: AppTest, label: str) -> str:
    return str(next(element.proto.page for element in test.get("page_link") if element.proto.label == label))


def press(test: AppTest, label: str) -> AppTest:
    return next(item for item in test.button if item.label == label).click().run()


Files = dict[str, Callable[[], bytes]]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """What the download buttons that were drawn give when they are clicked, by their key."""
    drawn: Files = {}
    original = downloads._button

    def watched(label: str, key: str, name: str, kind: str, build: Callable[[], bytes]) -> None:
        drawn[key] = build
        original(label, key, name, kind, build)

    monkeypatch.setattr(downloads, "_button", watched)
    return drawn


def content(files: Files, label: str) -> bytes:
    return next(build for key, build in files.items() if key.endswith(f"-{label.lower()}"))()


# the list


def test_an_empty_store_says_what_will_be_here(open_page: Open) -> None:
    test = open_page("runs")
    assert not test.exception
    assert "Nothing has been run yet" in words(test)
    assert "New analysis" in links(test)


def test_every_run_is_a_line_with_what_is_known_of_it(open_page: Open) -> None:
    source = RunStore.open().create(analysis(), owner="Ada")
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    filling.failed(analysis(seed=1), "The loss is not a number.")
    test = open_page("runs")
    assert not test.exception
    assert rows(test) == ["zoo/text-bert · 5 methods", "zoo/text-bert · without layers 4, 5"]  # two have one title
    said = words(test)
    for word in ("waiting", "finished", "failed", "BERT on docstrings", "compression", "Ada", "just now"):
        assert f">{word}</span>" in said
    icons = {element.proto.icon for element in test.get("page_link")}
    assert {":material/schedule:", ":material/check_circle:", ":material/error:"} <= icons


def test_the_address_searches_and_filters(open_page: Open) -> None:
    source = finished()
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    filling.failed(analysis(seed=77, max_samples=33), "No.")
    assert rows(open_page("runs", kind="compression")) == ["zoo/text-bert · without layers 4, 5"]
    test = open_page("runs", state="failed")
    assert ">failed</span>" in words(test) and ">finished</span>" not in words(test)
    assert test.selectbox[0].value == "failed"
    assert rows(open_page("runs", search="4, 5")) == ["zoo/text-bert · without layers 4, 5"]
    assert open_page("runs", search="4, 5").text_input[0].value == "4, 5"


@pytest.mark.parametrize(
    ("lang", "search", "title"),
    [
        ("en", "compression", "zoo/text-bert · without layers 4, 5"),
        ("en", "taylor", "zoo/text-bert · 5 methods"),
        ("zh", "压缩", "zoo/text-bert · 去掉第 4 和 5 层"),
        ("zh", "费舍尔 已完成", "zoo/text-bert · 5 种方法"),
    ],
)
def test_runs_are_found_by_what_their_readers_see(lang: str, search: str, title: str, open_page: Open) -> None:
    source = finished()
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    assert rows(open_page("runs", lang=lang, search=search)) == [title]


def test_choices_are_written_into_the_address(open_page: Open) -> None:
    finished()
    test = open_page("runs", page="1")
    test.text_input[0].set_value("bert").run()
    test.selectbox[0].set_value("finished").run()
    assert (test.query_params["search"], test.query_params["state"]) == ("bert", "finished")
    assert rows(test)
    assert "search=bert" in links(test)["zoo/text-bert · 5 methods"]
    test.text_input[0].set_value("").run()
    assert "search" not in test.query_params


def test_a_search_without_an_answer_can_be_taken_back(open_page: Open) -> None:
    finished()
    test = open_page("runs", search="nothing like it", state="sideways")
    assert "No run fits" in words(test)
    press(test, "Show all runs")
    assert rows(test) == ["zoo/text-bert · 5 methods"]


def test_many_runs_come_in_pages(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "ON_A_PAGE", 2)
    for remove in ((1,), (2,), (3,)):
        filling.finished(filling.compression(None, remove), synthetic.outcome(list(remove)))
    test = open_page("runs")
    assert len(rows(test)) == 2
    assert "page=2" in links(test)["Older"]
    test = open_page("runs", page="2")
    assert rows(test) == ["zoo/text-bert · without layer 1"]
    assert "page" not in links(test)["Newer"]
    assert "The list ends before this page" in words(open_page("runs", page="9"))


def test_nonsense_in_the_address_is_passed_over(open_page: Open) -> None:
    finished()
    test = open_page("runs", kind="kind", state="odd", page="-3")
    assert not test.exception
    assert rows(test) == ["zoo/text-bert · 5 methods"]


# one run


def test_a_finished_analysis_shows_its_heatmap_settings_and_origin(open_page: Open) -> None:
    test = open_page("runs", run=finished())
    assert not test.exception
    (alt,) = charts(test)
    assert "Heatmap of 5 methods by 12 layers" in alt
    said = words(test)
    for word in ("up to 500 examples", "max_samples", "x86_64, 2 cores", "layer_ablation"):
        assert word in said


def test_a_finished_compression_shows_what_it_keeps(open_page: Open) -> None:
    source = finished()
    outcome = synthetic.outcome([4, 5])
    test = open_page("runs", run=filling.finished(filling.compression(source, (4, 5)), outcome))
    assert not test.exception
    said = words(test)
    assert "Without layers 4 and 5; 10 layers stay." in said
    assert f"{outcome.measurement.speedup.value:.2f}x" in said
    assert links(test)["Open in What if"] == f"run={source}&removed=4-5"
    assert "Clone with changes" not in links(test)


def test_a_failed_run_says_why_and_keeps_what_it_found(open_page: Open) -> None:
    sentence = "zoo/text-bert: The loss is not a number in batch 3. Look for bad values in the data."
    test = open_page("runs", run=filling.failed(analysis(), sentence, (synthetic.method(METHODS[0]),)))
    assert not test.exception
    assert "The run failed" in words(test)
    assert sentence in words(test)
    assert len(charts(test)) == 1


def test_a_cancelled_run_says_so(open_page: Open) -> None:
    run_id = filling.queued(analysis())
    service.cancel(run_id)
    test = open_page("runs", run=run_id)
    assert not test.exception
    assert "The run was cancelled" in words(test)
    assert not charts(test)


def test_a_running_run_is_followed_and_can_be_cancelled(open_page: Open) -> None:
    run_id = filling.running(analysis(), (synthetic.method(METHODS[0]),))
    test = open_page("runs", run=run_id)
    assert not test.exception
    assert ">running 40\u202f%</span>" in words(test)
    assert len(charts(test)) == 1
    press(test, "Cancel")
    assert RunStore.open().get(run_id).cancel_requested_at is not None


def test_a_run_that_goes_on_is_not_deleted(open_page: Open) -> None:
    test = open_page("runs", run=filling.running(analysis()))
    assert "Cancel it first" in words(test)
    assert "Delete it for good" not in [item.label for item in test.button]


def test_deleting_asks_and_goes_back_to_the_list(open_page: Open) -> None:
    run_id, other = finished(), filling.finished(filling.compression(None, (3,)), synthetic.outcome([3]))
    test = open_page("runs", run=run_id, search="bert")
    assert "removed for good" in words(test)
    press(test, "Delete it for good")
    assert not test.exception
    assert [view.id for view in service.runs()] == [other]
    assert "run" not in test.query_params and test.query_params["search"] == "bert"
    assert [toast.value for toast in test.toast] == ["Deleted: zoo/text-bert · 5 methods"]


def test_repeating_starts_the_very_same_and_shows_it(open_page: Open) -> None:
    run_id = RunStore.open().create(analysis(batch_size=7, seed=3), owner="Ada")
    service.cancel(run_id)
    test = open_page("runs", run=run_id)
    press(test, "Repeat")
    again, first = service.runs()
    assert test.query_params["run"] == again.id != run_id
    assert (again.config, again.owner, again.state) == (first.config, "Ada", RunState.QUEUED)


def test_a_repeat_that_cannot_be_says_why(open_page: Open) -> None:
    source = finished()
    run_id = filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    service.delete(source)
    test = press(open_page("runs", run=run_id), "Repeat")
    assert "There is no run" in words(test) and source in words(test)
    assert [view.id for view in service.runs()] == [run_id]


def test_a_compression_outlives_its_analysis(open_page: Open) -> None:
    source = finished()
    run_id = filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    service.delete(source)
    test = open_page("runs", run=run_id)
    assert not test.exception
    assert "10 layers stay" in words(test)


def test_links_to_share_are_whole_addresses(open_page: Open) -> None:
    run_id = finished()
    codes = [code.value for code in open_page("runs", run=run_id).code]
    assert len(codes) == 2
    assert codes[0].endswith(f"/Explore?run={run_id}")
    assert codes[1].endswith(f"/Runs?run={run_id}")


@pytest.mark.parametrize("base", ["http://localhost:8501", "https://lab.example/tools/layers"])
def test_links_stand_on_the_address_that_the_reader_uses(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        url = f"{base}/Runs"

    monkeypatch.setattr("pages.ui.runs.share.st.context", Context)
    assert share.link(EXPLORE, {"run": "a b"}, RUNS) == f"{base}/Explore?run=a+b"
    assert share.link(HOME, {}, RUNS) == f"{base}/"


# links that do not hold


def test_a_run_that_is_gone_leaves_the_list(open_page: Open) -> None:
    finished()
    test = open_page("runs", run="0000000000gone")
    assert not test.exception
    assert "This run is not here" in words(test)
    assert {"zoo/text-bert · 5 methods", "Back to all runs"} <= set(links(test))


@pytest.mark.parametrize("cut", [slice(0, 9), slice(0, 13), slice(0, 4)])
def test_half_a_link_offers_what_may_have_been_meant(open_page: Open, cut: slice) -> None:
    run_id = finished()
    test = open_page("runs", run=run_id[cut])
    assert not test.exception
    assert "Half a link" in words(test)
    offered = {query for label, query in links(test).items() if label.startswith("zoo/text-bert · 5 methods  \n")}
    assert offered == {f"run={run_id}"}


def test_what_was_pasted_behind_a_link_does_no_harm() -> None:
    run_id = finished()
    assert [view.id for view in missing.nearest(f" {run_id.upper()}).")] == [run_id]
    assert [view.id for view in missing.nearest(f"{run_id}zz")] == [run_id]
    assert missing.nearest(run_id[:3]) == missing.nearest("%%%%%%") == []


def test_an_empty_run_is_no_run(open_page: Open) -> None:
    finished()
    test = open_page("runs", run="")
    assert rows(test) == ["zoo/text-bert · 5 methods"]
    assert not charts(test)


def test_a_damaged_result_is_told_beside_what_is_known(open_page: Open, home: Path) -> None:
    run_id = finished()
    (home / "runs" / run_id / "report.json").write_text("{")
    test = open_page("runs", run=run_id)
    assert not test.exception
    assert "This did not work" in words(test)
    assert "max_samples" in words(test)


# other stores


def _set_revision(home: Path, revision: str) -> None:
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.close()


def test_a_store_of_a_newer_version_is_told_of_once(open_page: Open, home: Path) -> None:
    finished()
    _set_revision(home, "9999")
    service._opened.cache_clear()
    test = open_page("runs")
    assert not test.exception
    said = words(test)
    assert said.count("written by a newer version") == 1
    assert "Update this program" in said
    assert not rows(test)


def test_a_store_of_an_older_version_is_brought_up_to_date(open_page: Open, home: Path) -> None:
    run_id = finished()
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN input_at_fault")
    connection.close()
    _set_revision(home, "0002")
    service._opened.cache_clear()
    test = open_page("runs", run=run_id)
    assert not test.exception
    assert rows(test) == ["zoo/text-bert · 5 methods"]
    assert len(charts(test)) == 1


# taking along


def test_every_table_is_offered_in_both_forms(open_page: Open, files: Files) -> None:
    run_id = finished()
    test = open_page("runs", run=run_id)
    labels = [item.proto.label for item in test.get("download_button")]
    assert labels == ["CSV", "Parquet", "JSON", "HTML"]
    read = pandas.read_csv(io.BytesIO(content(files, "CSV")))
    assert len(read) == 5 * synthetic.LAYERS
    assert list(pandas.read_parquet(io.BytesIO(content(files, "Parquet")))["score"]) == list(read["score"])
    assert json.loads(content(files, "JSON"))["run"] == run_id
    assert b"<!doctype html>" in content(files, "HTML")
    chooser = next(item for item in test.selectbox if item.label == "Table")
    chooser.set_value("layers").run()
    assert len(pandas.read_csv(io.BytesIO(content(files, "CSV")))) == synthetic.LAYERS


def test_smaller_models_go_along_as_a_table_too(open_page: Open, files: Files) -> None:
    source = finished()
    run_id = filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    test = open_page("runs", run=run_id)
    assert list(pandas.read_csv(io.BytesIO(content(files, "CSV")))["removed"]) == ["4 5"]
    assert len(json.loads(content(files, "JSON"))) == 1
    test = open_page("runs", run=source)
    assert [item.proto.label for item in test.get("download_button")].count("CSV") == 2
    assert b"4 and 5" in content(files, "HTML")


def test_the_report_speaks_the_readers_language(open_page: Open, files: Files) -> None:
    test = open_page("runs", run=finished(), lang="zh")
    assert not test.exception
    page = content(files, "HTML").decode()
    assert '<html lang="zh-Hans">' in page
    assert "费舍尔信息" in page and "模型的似然对该层权重有多敏感" in page
    assert "Fisher information" in content(files, "CSV").decode()  # which programs read, whatever the language


def test_explore_offers_the_same(open_page: Open) -> None:
    test = open_page("explore", run=finished())
    assert [item.proto.label for item in test.get("download_button")] == ["CSV", "Parquet", "JSON", "HTML"]


def test_charts_say_how_their_menu_saves_them(open_page: Open) -> None:
    run_id = finished()
    test = open_page("runs", run=run_id)
    (element,) = test.get("plotly_chart")
    config = json.loads(element.proto.config)
    assert config["displayModeBar"] == "hover"
    assert config["toImageButtonOptions"] == {
        "format": "png",
        "scale": 2,
        "filename": f"layerwise-runs-heatmap-{run_id}",
    }


def test_the_script_of_the_menu_reaches_the_page(open_page: Open) -> None:
    bodies = [element.proto.body for element in open_page("runs", lang="zh").get("html")]
    (script,) = (body for body in bodies if "layerwiseChartMenu" in body)
    assert "保存为 SVG" in script
    inner = script.removeprefix("<script>").removesuffix("</script>")
    assert not re.search(r"<[A-Za-z/!]", inner), "the browser's cleaner would take the script out"
    assert "WORDS" not in inner
    assert chart_menu._script() != ""


# cloning


def test_clone_fills_the_pickers_once(open_page: Open) -> None:
    config = analysis(analysis_methods=("block_influence",), max_samples=333, seed=9, granularity="sublayer")
    run_id = filling.finished(config, synthetic.report())
    assert links(open_page("runs", run=run_id))["Clone with changes"] == f"clone={run_id}"
    test = open_page("explore", clone=run_id)
    assert not test.exception
    assert "clone" not in test.query_params
    assert test.query_params["model"] == "zoo/text-bert"
    assert [tick.key for tick in test.checkbox if tick.value] == [tick_key("block_influence")]
    press(test, "Run again")
    again = service.runs()[0]
    assert again.config == service.follow(run_id).config


def test_what_was_cloned_can_be_changed(open_page: Open) -> None:
    run_id = filling.queued(analysis(max_samples=64))
    test = open_page("explore", clone=run_id)
    test.select_slider[0].set_value(128).run()
    press(test, "Start the analysis")
    again: RunView = service.runs()[0]
    assert (again.config["max_samples"], set(again.config["analysis_methods"])) == (128, set(METHODS))


def test_clone_of_all_methods_ticks_all(open_page: Open) -> None:
    test = open_page("explore", clone=filling.queued(analysis(analysis_methods=("all",))))
    assert all(tick.value for tick in test.checkbox)


def test_clone_of_ones_own_data_and_model(open_page: Open, tmp_path: Path, home: Path) -> None:
    upload = home / "uploads" / ("0" * 15 + "a")
    upload.mkdir(parents=True)
    (upload / "mine.csv").write_text("text,label\nred,a\nblue,b\n")
    run_id = filling.queued(analysis(data=str(upload / "mine.csv"), data_columns={"text": "text", "label": "label"}))
    test = open_page("explore", clone=run_id)
    assert not test.exception
    assert test.query_params["data"] == f"upload:{upload.name}"
    test = open_page("explore", clone=filling.queued(analysis(model_name="/far/away/model", task_type="retrieval")))
    assert test.query_params["model"] == "folder:/far/away/model"
    test = open_page("explore", clone=filling.queued(analysis(model_name="owner/model", modality_type="text")))
    assert (test.query_params["model"], test.query_params["modality"]) == ("hub:owner/model", "text")


def test_clone_of_a_run_that_is_gone_says_so(open_page: Open) -> None:
    test = open_page("explore", clone="0000000000gone")
    assert not test.exception
    assert "Its settings cannot be taken over" in words(test)
    assert "BERT on docstrings" in words(test)


def test_the_list_on_explore_leads_here(open_page: Open) -> None:
    assert "All runs" not in links(open_page("explore"))
    finished()
    assert "All runs" in links(open_page("explore"))
