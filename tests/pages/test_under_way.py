"""The heatmap of an analysis under way is the instrument of a finished one, as far as there are data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.config import AnalysisConfig
from analysis_core.results import Layer
from analysis_core.runs import archive
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import Granularity
from pages.ui.explore import instrument, under_way
from tests.pages import filling, synthetic
from tests.pages.clicking import click
from tests.pages.conftest import Open

METHODS = ("fisher_information", "layer_ablation")


def running(layers: tuple[Layer, ...] = (), **settings: Any) -> str:
    """A run with one of its two methods complete."""
    config = AnalysisConfig("zoo/text-bert", analysis_methods=METHODS, **settings)
    run = filling.running(config, (synthetic.method(METHODS[0]),))
    if layers:
        archive.keep_layers(RunStore.open(), run, layers)
    return run


def figure(test: AppTest, chart: str) -> dict[str, Any]:
    drawn = next(element.proto for element in test.get("plotly_chart") if element.proto.id.endswith(f"-{chart}"))
    found: dict[str, Any] = json.loads(drawn.spec)
    return found


def heatmap(test: AppTest) -> dict[str, Any]:
    assert not test.exception
    return figure(test, under_way.HEATMAP)


def names_under(drawn: dict[str, Any]) -> list[str]:
    return [note["text"] for note in drawn["layout"]["annotations"]]


def test_stacks_are_panels_while_the_run_works(open_page: Open) -> None:
    drawn = heatmap(open_page("explore", run=running(synthetic.two_stacks())))
    assert names_under(drawn) == ["encoder", "decoder"]
    assert drawn["layout"]["xaxis"]["ticktext"] == [str(number) for number in (*range(7), *range(5))]
    assert names_under(heatmap(open_page("runs", run=running(synthetic.two_stacks())))) == ["encoder", "decoder"]


def test_before_the_model_is_loaded_its_card_tells_of_its_stacks(open_page: Open) -> None:
    run = filling.running(AnalysisConfig("zoo/text-t5", analysis_methods=METHODS))
    assert names_under(heatmap(open_page("explore", run=run))) == ["encoder", "decoder"]


def test_parts_can_be_folded_and_the_scale_changed(open_page: Open) -> None:
    run = running(synthetic.parts(), granularity=Granularity.SUBLAYER)
    test = open_page("explore", run=run)
    assert len(heatmap(test)["layout"]["xaxis"]["ticktext"]) == 12
    test.toggle[0].set_value(True).run()
    assert heatmap(test)["layout"]["xaxis"]["ticktext"] == [str(number) for number in range(6)]
    assert test.query_params["fold"] == "1"
    test.segmented_control[0].set_value("rank").run()
    assert "1<br>" in heatmap(test)["data"][0]["text"][0][0]
    assert test.query_params["view"] == "rank"


def test_a_layer_picked_while_the_run_works_is_the_one_of_the_result(open_page: Open) -> None:
    run = running(synthetic.two_stacks())
    test = open_page("explore", run=run, method="layer_ablation")
    click(test, under_way.HEATMAP, 9, METHODS[0])
    assert (test.query_params["layer"], test.query_params["method"]) == ("9", "layer_ablation")
    outlined = heatmap(test)["layout"]["shapes"][-1]
    store = RunStore.open()
    report = replace(synthetic.report(METHODS), layers=synthetic.two_stacks())
    file = store.artifacts.write_json(run, "report.json", report.to_dict())
    assert Lifecycle(store.database).finish(run, [file])
    test.run()
    assert figure(test, instrument.HEATMAP)["layout"]["shapes"][-1]["x0"] == outlined["x0"] == 9


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_run_that_ended_early_keeps_the_instrument(state: str, open_page: Open) -> None:
    run = running(synthetic.two_stacks())
    if state == "failed":
        Lifecycle(RunStore.open().database).fail(run, "Out of memory.")
    else:
        Lifecycle(RunStore.open().database).cancelled(run)
    test = open_page("explore", run=run)
    assert names_under(heatmap(test)) == ["encoder", "decoder"]
    assert len(test.segmented_control) == 1


def test_layers_are_read_back_as_they_were_kept() -> None:
    run = running()
    assert archive.layers_of(RunStore.open(), run) == ()
    archive.keep_layers(RunStore.open(), run, synthetic.parts())
    assert archive.layers_of(RunStore.open(), run) == synthetic.parts()


def test_what_goes_with_the_heatmap_is_said_in_sentences_of_the_readers_language(open_page: Open) -> None:
    run = running(synthetic.parts(), granularity=Granularity.SUBLAYER)
    said = heatmap(open_page("explore", run=run, lang="zh"))["layout"]["title"]["subtitle"]["text"]
    assert "。" in said and ". " not in said
