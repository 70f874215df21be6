"""What if: choosing layers, estimates, measurements, export."""

from __future__ import annotations

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.vocabulary import Granularity, RunKind
from tests.pages import filling, synthetic
from tests.pages.clicking import click
from tests.pages.conftest import Open
from tests.pages.reading import charts, links, words

METHODS = tuple(synthetic.TITLES)


def analysed(methods: tuple[str, ...] = METHODS) -> str:
    return filling.finished(filling.analysis(methods), synthetic.report(methods))


def searched(source: str, steps: int = 6) -> str:
    found = synthetic.outcome(synthetic.GREEDY_ORDER[:steps])
    return filling.finished(filling.compression(source, target_ratio=12 / (12 - steps)), found)


def labels(test: AppTest) -> list[str]:
    return [item.label for item in test.button]


def press(test: AppTest, label: str) -> AppTest:
    return next(item for item in test.button if item.label == label).click().run()


def strip(test: AppTest) -> dict[str, object]:
    return next(figure for alt, figure in charts(test).items() if alt.startswith("Strip"))


def test_nothing_analysed_yet(open_page: Open) -> None:
    test = open_page("what_if")
    assert not test.exception
    assert "Nothing has been analysed yet" in words(test)
    assert "New analysis" in links(test)


def test_it_opens_the_newest_analysis_with_an_estimate(open_page: Open) -> None:
    analysed()
    test = open_page("what_if")
    assert not test.exception
    assert "is-estimated" in words(test)
    assert "Measure it" in labels(test)
    assert strip(test)["layout"]["title"]["text"] == "8 of 12 layers stay"  # type: ignore[index]
    assert "0 and 11 alone" in words(test), "the protected ends are not shown"


@pytest.mark.usefixtures("shipped")
def test_the_shipped_result_is_offered_when_there_is_no_run(open_page: Open) -> None:
    test = open_page("what_if")
    assert not test.exception
    assert "The result that ships with the app" in test.selectbox[0].options
    assert "is-estimated" not in words(test), "the greedy path of the shipped result was measured"


@pytest.mark.usefixtures("shipped")
def test_measuring_the_shipped_result_starts_a_run_of_its_model(open_page: Open) -> None:
    test = press(open_page("what_if", run="showcase", removed="2-9"), "Measure it")
    (view,) = service.runs(kind=RunKind.COMPRESSION)
    assert view.config["model_name"] == "zoo/text-bert"
    assert view.config["source_run"] is None
    assert view.config["remove"] == [2, 9]
    assert test.query_params["job"] == view.id


def test_the_slider_chooses_by_strategy_and_writes_the_address(open_page: Open) -> None:
    test = open_page("what_if", run=analysed())
    test.select_slider[0].set_value(6).run()
    assert strip(test)["layout"]["title"]["text"] == "6 of 12 layers stay"  # type: ignore[index]
    assert test.query_params["ratio"] == "2.00"
    assert test.query_params["strategy"] == "consensus"


def test_a_copied_link_opens_the_same_view(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source, ratio="3.00", strategy="layer_ablation")
    assert test.select_slider[0].value == 4
    assert test.selectbox[1].value == "layer_ablation"
    test = open_page("what_if", run=source, removed="2-5-6")
    assert "removed: 2, 5 and 6" in str(charts(test).keys())
    assert test.selectbox[1].value == "manual"
    test = open_page("what_if", run=source, removed="2-99", strategy="fischer", ratio="x")
    assert not test.exception


def test_layers_can_be_chosen_without_a_mouse(open_page: Open) -> None:
    test = open_page("what_if", run=analysed())
    test.multiselect[0].set_value([1, 2]).run()
    assert "removed: 1 and 2" in str(charts(test).keys())
    assert test.query_params["removed"] == "1-2"
    assert "ratio" not in test.query_params
    test.select_slider[0].set_value(8).run()
    assert test.selectbox[1].value == "consensus", "moving the ratio gives the choice back to a strategy"
    assert "removed" not in test.query_params


def test_by_hand_keeps_the_layers_as_they_are(open_page: Open) -> None:
    test = open_page("what_if", run=analysed())
    before = strip(test)["layout"]["shapes"]  # type: ignore[index]
    test.selectbox[1].set_value("manual").run()
    assert strip(test)["layout"]["shapes"] == before  # type: ignore[index]


def test_a_measurement_takes_the_estimates_place(open_page: Open) -> None:
    source = analysed()
    assert "is-estimated" in words(open_page("what_if", run=source, removed="4-5"))
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5], "manual"))
    test = open_page("what_if", run=source, removed="4-5")
    said = words(test)
    assert "is-estimated" not in said
    assert "Measured: 700 test examples" in said
    assert "Measure it" not in labels(test)
    assert "Export the smaller model" in labels(test)


def test_a_greedy_search_becomes_a_strategy(open_page: Open) -> None:
    source = analysed()
    searched(source)
    test = open_page("what_if", run=source)
    assert test.selectbox[1].value == "greedy"
    assert test.select_slider[0].value == 8


def test_a_finished_search_is_followed_at_once(open_page: Open) -> None:
    source = analysed()
    job = searched(source)
    test = open_page("what_if", run=source, ratio="2.00", strategy="layer_ablation", job=job)
    assert not test.exception
    assert test.selectbox[1].value == "greedy"
    assert test.select_slider[0].value == 6
    assert "job" not in test.query_params
    assert "is-estimated" not in words(test)


def test_measure_starts_a_run_with_the_settings_of_the_analysis(open_page: Open) -> None:
    source = analysed()
    test = press(open_page("what_if", run=source, removed="4-5"), "Measure it")
    assert not test.exception
    (view,) = service.runs(kind=RunKind.COMPRESSION)
    assert view.config["remove"] == [4, 5]
    assert view.config["source_run"] == source
    assert view.config["max_samples"] == 500
    assert view.config["export"] is False
    assert test.query_params["job"] == view.id
    assert "Cancel" in labels(test)
    press(test, "Cancel")
    assert service.follow(view.id).state == "cancelled"


def test_an_order_that_failed_says_why(open_page: Open) -> None:
    source = analysed()
    job = filling.failed(filling.compression(source, (4, 5)), "The disk is full. Free some space.")
    test = open_page("what_if", run=source, removed="4-5", job=job)
    assert "The disk is full. Free some space." in words(test)
    assert "Measure it" in labels(test)


def test_an_order_that_is_gone_is_forgotten(open_page: Open) -> None:
    test = open_page("what_if", run=analysed(), job="0000000000gone")
    assert not test.exception
    assert "job" not in test.query_params


def test_the_download_is_offered_only_after_an_equal_reload(open_page: Open) -> None:
    source = analysed()
    good = synthetic.outcome([4, 5], "manual", exported=True)
    filling.finished(filling.compression(source, (4, 5), export=True), good, b"{}")
    test = open_page("what_if", run=source, removed="4-5")
    assert not test.exception
    assert "10-layer model" in test.get("download_button")[0].proto.label
    assert "computed the same" in words(test)
    assert filling.LOADING in [block.value for block in test.code], "it is loaded as its own README says"


def test_an_unequal_export_is_withheld(open_page: Open) -> None:
    source = analysed()
    bad = filling.unequal(synthetic.outcome([4, 5], "manual", exported=True))
    filling.finished(filling.compression(source, (4, 5), export=True), bad, b"{}")
    test = open_page("what_if", run=source, removed="4-5")
    assert "The export is not offered" in words(test)
    assert not test.get("download_button")


def test_without_ablation_there_is_no_estimate_but_a_way(open_page: Open) -> None:
    test = open_page("what_if", run=analysed(("fisher_information",)))
    assert not test.exception
    assert "There is nothing to estimate from" in words(test)
    assert "Measure it" in labels(test)


@pytest.mark.parametrize("state", ["gone", "failed"])
def test_a_run_without_a_result_is_a_helpful_page(open_page: Open, state: str) -> None:
    run_id = "0000000000gone"
    if state == "failed":
        run_id = filling.failed(filling.analysis(METHODS), "The loss is not a number.")
    test = open_page("what_if", run=run_id)
    assert not test.exception
    assert "It cannot be opened" in words(test)
    assert "Open in Explore" in links(test)


def test_nothing_removed_has_nothing_to_measure(open_page: Open) -> None:
    test = open_page("what_if", run=analysed(), removed="none")
    assert not test.exception
    assert "Nothing is taken out" in words(test)
    assert "Measure it" not in labels(test)


def of_parts(methods: tuple[str, ...] = METHODS) -> str:
    """An analysis of twelve parts of six blocks."""
    config = dataclasses.replace(filling.analysis(methods), granularity=Granularity.SUBLAYER)
    report = synthetic.report(methods)
    model = {**report.model, "granularity": "sublayer"}
    return filling.finished(config, dataclasses.replace(report, model=model, layers=synthetic.parts()))


def test_parts_of_blocks_can_be_taken_out(open_page: Open) -> None:
    test = open_page("what_if", run=of_parts(), removed="5-6")
    assert not test.exception
    drawn = strip(test)["layout"]
    assert drawn["title"]["text"] == "10 of 12 parts stay"  # type: ignore[index]
    assert list(drawn["xaxis"]["ticktext"]) == ["A", "F"] * 6  # type: ignore[index]
    assert test.select_slider[0].label == "Compression ratio (parts before / after)"
    assert "parts 0A and 5F alone" in words(test) and "A attention, F feed-forward" in words(test)
    assert any("(parts before / after)" in alt for alt in charts(test))
    assert "is-estimated" in words(test)


def test_the_order_of_parts_is_a_run_from_their_analysis(open_page: Open) -> None:
    source = of_parts()
    press(open_page("what_if", run=source, removed="5-6"), "Measure it")
    (view,) = service.runs(kind=RunKind.COMPRESSION)
    assert view.config["source_run"] == source and view.config["remove"] == [5, 6]


def test_no_patch_is_offered_where_parts_go(open_page: Open) -> None:
    def ways(test: AppTest) -> list[str]:
        return list(next(item for item in test.selectbox if item.label == "Mend the gap").options)

    blocks, parts = open_page("what_if", run=analysed()), open_page("what_if", run=of_parts(), heal="linear")
    assert "Linear patch" in ways(blocks)
    assert "Linear patch" not in ways(parts) and "not offered where parts" in words(parts)


def test_a_click_on_the_map_takes_a_layer_out_and_puts_it_back(open_page: Open) -> None:
    test = open_page("what_if", run=analysed(), removed="4-5", map="1")
    assert any(alt.startswith("Heatmap of 5 methods") for alt in charts(test))
    click(test, "what-if-map", 2, "fisher_information")
    assert test.query_params["removed"] == "2-4-5"
    click(test, "what-if-map", 4, "consensus")
    assert test.query_params["removed"] == "2-5"


def test_the_map_costs_nothing_while_it_is_folded(open_page: Open) -> None:
    assert not any(alt.startswith("Heatmap") for alt in charts(open_page("what_if", run=analysed())))


def test_a_layer_that_cannot_go_says_why_and_stays(open_page: Open) -> None:
    report = dataclasses.replace(synthetic.report(METHODS), layers=synthetic.layers(fixed=[3]))
    test = open_page("what_if", run=filling.finished(filling.analysis(METHODS), report), removed="4")
    click(test, "what-if-strip", 3)
    assert test.query_params["removed"] == "4"
    assert "Cannot be removed: it changes the shape of its input." in words(test)
    assert "lw-remark" not in words(test.run()), "it is said once"


def test_a_protected_layer_goes_by_hand_and_says_that_it_is_protected(open_page: Open) -> None:
    test = click(open_page("what_if", run=analysed(), removed="4"), "what-if-strip", 0)
    assert test.query_params["removed"] == "0-4"
    assert "Layer 0 is protected" in words(test)


def curve(test: AppTest) -> dict[str, object]:
    return next(figure for alt, figure in charts(test).items() if alt.startswith("Quality against"))


def names(test: AppTest) -> list[str]:
    return [trace["name"] for trace in curve(test)["data"] if trace.get("showlegend", True)]  # type: ignore[attr-defined]


def test_strategies_stand_side_by_side_and_travel_in_the_address(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source, strategy="consensus")
    assert {"Consensus", "Layer ablation"} <= set(names(test))
    test.multiselect(key=f"what-if-beside-{source}").set_value(["fisher_information"]).run()
    assert test.query_params["beside"] == "fisher_information"
    assert "Fisher information" in names(test) and "Layer ablation" not in names(test)
    again = open_page("what_if", run=source, strategy="fisher_information", beside="none")
    assert names(again) == ["Fisher information"]


def test_what_stands_beside_is_faint_and_has_no_bars(open_page: Open) -> None:
    drawn = curve(open_page("what_if", run=analysed(), strategy="consensus", beside="layer_ablation"))
    faint = next(trace for trace in drawn["data"] if trace.get("name") == "Layer ablation")  # type: ignore[attr-defined]
    chosen = next(trace for trace in drawn["data"] if trace.get("name") == "Consensus")  # type: ignore[attr-defined]
    assert faint["line"]["width"] < chosen["line"]["width"] and "error_y" not in faint
    assert len(faint["x"]) == len(chosen["x"]) + 1, "it begins at the whole model"


def test_the_estimate_hands_over_to_the_measurement(open_page: Open) -> None:
    source = analysed()
    guessed = words(open_page("what_if", run=source, removed="4-5"))
    assert "without this measurement" not in guessed
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5], "manual"))
    test = open_page("what_if", run=source, removed="4-5")
    said = words(test)
    guess = guessed.split('lw-value">')[1].split("<")[0]
    assert f"Estimated {guess}" in said, "it is the estimate that stood there before"
    assert "without this measurement, measured" in said and "90 % error bar" in said
    assert "Estimate before measuring" in names(test)
