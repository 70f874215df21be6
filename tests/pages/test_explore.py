"""Explore: choosing, starting, following, cancelling, reading."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.methods import METHODS as REGISTERED
from analysis_core.results import RunView
from analysis_core.vocabulary import RunState
from tests.pages import filling, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts, links, words

METHODS = tuple(synthetic.TITLES)


def button(test: AppTest, label: str) -> object:
    return next(item for item in test.button if item.label == label)


def only_run() -> RunView:
    (view,) = service.runs()
    return view


def test_an_empty_store_says_where_runs_will_appear(open_page: Open) -> None:
    test = open_page("explore")
    assert not test.exception
    assert "Nothing yet" in words(test)
    assert len(test.checkbox) == len(REGISTERED)


def test_every_method_explains_itself(open_page: Open) -> None:
    for tick in open_page("explore").checkbox:
        assert "Paper:" in tick.help
        assert "Caveat:" in tick.help


def test_only_models_that_fit_are_offered(open_page: Open) -> None:
    test = open_page("explore")
    assert "BERT on docstrings" in words(test)
    assert "ViT on digits" not in words(test)
    next(item for item in test.button_group if item.label == "It reads").set_value("vision").run()
    assert "ViT on digits" in words(test)
    assert "BERT on docstrings" not in words(test)


def test_the_address_chooses_the_model(open_page: Open) -> None:
    assert "ViT on digits" in words(open_page("explore", model="zoo/vision-vit"))
    assert "BERT on docstrings" in words(open_page("explore", model="zoo/unknown"))


def test_start_queues_a_run_with_these_settings(open_page: Open) -> None:
    test = open_page("explore")
    ticked = [tick.key for tick in test.checkbox if tick.value]
    test.checkbox[0].uncheck()
    test.select_slider[0].set_value(128)
    button(test, "Start the analysis").click().run()  # type: ignore[attr-defined]
    assert not test.exception
    view = only_run()
    assert view.config["model_name"] == "zoo/text-bert"
    assert view.config["max_samples"] == 128
    assert len(view.config["analysis_methods"]) == len(ticked) - 1
    assert view.config["granularity"] == "block"
    assert test.query_params["run"] == view.id
    assert "Analysis under way" in words(test)


def test_without_methods_there_is_no_start(open_page: Open) -> None:
    test = open_page("explore")
    for tick in test.checkbox:
        tick.uncheck()
    test.run()
    assert "No method is ticked" in words(test)
    assert not [item for item in test.button if item.label == "Start the analysis"]


def test_what_was_computed_before_is_offered(open_page: Open) -> None:
    test = open_page("explore")
    button(test, "Start the analysis").click().run()  # type: ignore[attr-defined]
    config = filling.AnalysisConfig.from_dict(only_run().config)
    known = filling.finished(config, synthetic.report())
    test = open_page("explore")
    assert links(test)["Already computed: open it"] == f"run={known}"
    assert [item for item in test.button if item.label == "Run again"]


def test_a_running_run_shows_what_is_known_so_far(open_page: Open) -> None:
    run_id = filling.running(filling.analysis(METHODS), (synthetic.method(METHODS[0]),))
    test = open_page("explore", run=run_id)
    assert not test.exception
    assert "Analysis under way" in words(test)
    (figure,) = charts(test).values()
    assert figure["layout"]["title"]["text"] == "1 of 5 methods are in"
    assert len(figure["layout"]["yaxis"]["ticktext"]) == 5


def test_cancel_asks_the_run_to_stop(open_page: Open) -> None:
    run_id = filling.queued(filling.analysis(METHODS))
    test = open_page("explore", run=run_id)
    button(test, "Cancel").click().run()  # type: ignore[attr-defined]
    assert service.follow(run_id).state == RunState.CANCELLED
    assert "The run was cancelled" in words(test)
    button(test, "Start it again").click().run()  # type: ignore[attr-defined]
    assert "Analysis under way" in words(test)
    assert test.query_params["run"] != run_id


def test_a_failed_run_says_why_and_keeps_what_it_found(open_page: Open) -> None:
    sentence = "zoo/text-bert: The loss is not a number in batch 3. Look for bad values in the data."
    run_id = filling.failed(filling.analysis(METHODS[:2]), sentence, (synthetic.method(METHODS[0]),))
    test = open_page("explore", run=run_id)
    assert not test.exception
    assert sentence in words(test)
    assert "kept and shown below" in words(test)
    assert charts(test)


def test_a_run_that_is_gone_is_a_helpful_page(open_page: Open) -> None:
    test = open_page("explore", run="0000000000gone")
    assert not test.exception
    assert "This run is not here" in words(test)
    assert "New analysis" in links(test)


def test_a_compression_points_to_the_other_page(open_page: Open) -> None:
    source = filling.finished(filling.analysis(METHODS), synthetic.report())
    run_id = filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5]))
    test = open_page("explore", run=run_id)
    assert "is a compression" in words(test)
    assert f"run={source}&removed=4-5" in links(test).values()


def finished_page(open_page: Open, **parameters: str) -> AppTest:
    run_id = filling.finished(filling.analysis(METHODS), synthetic.report())
    return open_page("explore", run=run_id, **parameters)


def test_a_finished_run_shows_heatmap_bars_ranking_and_table(open_page: Open) -> None:
    test = finished_page(open_page)
    assert not test.exception
    drawn = charts(test)
    assert len(drawn) == 3
    assert any("Heatmap of 5 methods by 12 layers" in alt for alt in drawn)
    assert 'aria-label="Raw scores of all methods by layer"' in words(test)
    assert "Analysed: zoo/text-bert · 500 examples · seed 0" in words(test)
    assert "No layer is picked" in words(test)


def test_the_address_opens_a_layer_a_method_and_a_scale(open_page: Open) -> None:
    test = finished_page(open_page, layer="3", method="layer_ablation", view="rank")
    assert "Without layer 3, accuracy falls" in words(test)
    assert "Layer ablation, 95 % interval" in str(charts(test))
    assert any("removed=3" in query for query in links(test).values())
    heatmap = next(figure for alt, figure in charts(test).items() if "Heatmap" in alt)
    assert ">1<br>" in heatmap["data"][0]["text"][0][0]


def test_nonsense_in_the_address_is_passed_over(open_page: Open) -> None:
    test = finished_page(open_page, layer="99", method="fischer", view="sideways")
    assert not test.exception
    assert "No layer is picked" in words(test)


def test_picking_a_layer_from_the_list_writes_the_address(open_page: Open) -> None:
    test = finished_page(open_page)
    next(item for item in test.selectbox if item.label == "Layer").set_value(7).run()
    assert "Without layer 7" in words(test)
    assert test.query_params["layer"] == "7"


def test_a_method_that_does_not_apply_says_so(open_page: Open) -> None:
    report = synthetic.report()
    silent = filling.silent(report, "block_influence", "Every layer changes the shape.")
    run_id = filling.finished(filling.analysis(METHODS), silent)
    test = open_page("explore", run=run_id, method="block_influence")
    assert not test.exception
    assert "Every layer changes the shape." in words(test)


def test_an_unexpected_error_is_one_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> list[RunView]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(service, "runs", broken)
    test = open_page("explore")
    assert not test.exception
    assert "Something unexpected happened" in words(test)
    assert "a defect" not in words(test)
    assert "ZeroDivisionError" in caplog.text
