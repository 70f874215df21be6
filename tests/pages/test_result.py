"""A finished analysis on Explore: what stands beside the scores, and what several methods say together."""

from __future__ import annotations

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.report.beside import BESIDE
from analysis_core.results import AnalysisReport
from tests.pages import beside, filling, synthetic
from tests.pages.clicking import click
from tests.pages.conftest import Open
from tests.pages.reading import charts, words


def opened(open_page: Open, report: AnalysisReport, **parameters: str) -> AppTest:
    run = filling.finished(filling.analysis(tuple(report.methods)), report)
    test = open_page("explore", run=run, **parameters)
    assert not test.exception
    return test


def chart(test: AppTest, beginning: str) -> dict[str, object]:
    return next(figure for alt, figure in charts(test).items() if alt.startswith(beginning))


@pytest.mark.parametrize("method", list(BESIDE))
def test_under_its_bars_a_method_shows_what_it_keeps(open_page: Open, method: str) -> None:
    test = opened(open_page, beside.full_report((method, "layer_ablation")), method=method, layer="3")
    drawn = list(charts(test))
    title = str(synthetic.TITLES.get(method, (method, ""))[0])
    assert sum(f"({title})" in alt for alt in drawn) == len(BESIDE[method])
    assert "Something unexpected" not in words(test)


def test_a_result_without_anything_beside_it_shows_its_bars(open_page: Open) -> None:
    test = opened(open_page, synthetic.report(("fisher_information",)))
    assert len(charts(test)) == 2
    assert "Which methods agree" not in words(test) + str([item.value for item in test.header])


def test_a_method_that_the_app_does_not_know_shows_its_bars(open_page: Open) -> None:
    test = opened(open_page, synthetic.report(("my_method",)), method="my_method")
    assert any(alt.startswith("Bar chart of my_method") for alt in charts(test))


def test_a_layer_that_cannot_be_drawn_gives_way_and_says_why(open_page: Open) -> None:
    report = beside.without_layer(
        beside.full_report(("spectral_analysis",)), "spectral_analysis", 3, "It is too small."
    )
    result = report["spectral_analysis"]
    spectra = [None if layer == 3 else found for layer, found in enumerate(result.extras["spectra"])]
    result = dataclasses.replace(result, extras={**result.extras, "spectra": spectra})
    report = dataclasses.replace(report, methods={"spectral_analysis": result})
    test = opened(open_page, report, layer="3")
    assert "Layer 3 has none: It is too small. Layer 11 is shown instead." in words(test)
    assert "Layer 11: alpha" in str(chart(test, "Spectrum"))


def test_the_layer_panel_says_why_there_is_no_score(open_page: Open) -> None:
    report = beside.without_layer(
        beside.full_report(("block_influence", "layer_ablation")), "block_influence", 3, "Odd."
    )
    assert "Block influence: Odd." in words(opened(open_page, report, layer="3"))
    assert "Block influence: Odd." not in words(opened(open_page, report, layer="4"))


def test_methods_are_compared_when_there_are_two(open_page: Open) -> None:
    test = opened(open_page, beside.full_report(("fisher_information", "block_influence", "layer_ablation")))
    assert "Which methods agree" in [item.value for item in test.header]
    assert chart(test, "Map of agreement")
    assert chart(test, "Rank correlation with measured ablation")
    assert "Not compared with ablation: Layer ablation. It is the measurement" in words(test)


def test_without_ablation_trust_says_that_it_is_missing(open_page: Open) -> None:
    test = opened(open_page, beside.full_report(("fisher_information", "block_influence")))
    assert not any(alt.startswith("Rank correlation") for alt in charts(test))
    assert "Fisher information and Block influence. Layer ablation was not run." in words(test)


def test_the_rule_of_consensus_can_be_chosen_and_travels_in_the_address(open_page: Open) -> None:
    report = beside.full_report(("fisher_information", "spectral_analysis", "layer_ablation"))
    test = opened(open_page, report, rule="median_rank")
    assert "Median rank over 3 methods" in str(chart(test, "Bar chart of Consensus"))
    next(item for item in test.button_group if item.label == "Rule of consensus").set_value("borda").run()
    assert "Borda count over 3 methods" in str(chart(test, "Bar chart of Consensus"))
    assert test.query_params["rule"] == "borda"


def test_a_report_of_an_earlier_version_still_opens(open_page: Open) -> None:
    test = opened(open_page, synthetic.report())
    assert "Mean rank over 5 methods" in str(chart(test, "Bar chart of Consensus"))
    assert not [item for item in test.button_group if item.label == "Rule of consensus"]


@pytest.mark.parametrize("key", ["result-heatmap", "result-bars", "result-consensus"])
def test_a_click_selects_the_layer_everywhere(open_page: Open, key: str) -> None:
    test = opened(open_page, beside.full_report(("fisher_information", "spectral_analysis", "layer_ablation")))
    click(test, key, 7, "spectral_analysis" if key == "result-bars" else "consensus")
    assert test.query_params["layer"] == "7"
    boxes = {item.label: item.value for item in test.selectbox}
    assert boxes["Layer"] == 7 and boxes["Picked layer"] == 7
    outline = chart(test, "Heatmap")["layout"]["shapes"][-1]  # type: ignore[index]
    assert (outline["x0"], outline["x1"]) == (6.5, 7.5)
    bars = chart(test, "Bar chart of " + ("spectral" if key == "result-bars" else "Fisher"))
    shades = bars["data"][0]["marker"]["color"]  # type: ignore[index]
    assert [place for place, shade in enumerate(shades) if "rgba" not in shade] == [7]
    assert words(test).count('class="is-marked"') == 1
    assert '<tr class="is-marked" aria-current="true"><td >Layer 7<' in words(test)


@pytest.mark.parametrize("key", ["result-trust", "result-agreement"])
def test_a_click_on_a_method_keeps_the_layer(open_page: Open, key: str) -> None:
    test = opened(open_page, beside.full_report(("fisher_information", "block_influence", "layer_ablation")), layer="3")
    click(test, key, None, "block_influence")
    assert (test.query_params["layer"], test.query_params["method"]) == ("3", "block_influence")


def test_the_list_beside_the_table_selects_too(open_page: Open) -> None:
    test = opened(open_page, synthetic.report())
    next(item for item in test.selectbox if item.label == "Picked layer").set_value(4).run()
    assert test.query_params["layer"] == "4"
    assert next(item for item in test.selectbox if item.label == "Layer").value == 4


def of_parts() -> AnalysisReport:
    report = synthetic.report()
    return dataclasses.replace(report, layers=synthetic.parts(), model={**report.model, "granularity": "sublayer"})


def test_parts_fold_into_blocks_and_the_address_keeps_it(open_page: Open) -> None:
    test = opened(open_page, of_parts())
    assert len(chart(test, "Heatmap")["layout"]["xaxis"]["ticktext"]) == 12  # type: ignore[index]
    assert "A attention, F feed-forward in each block" in str(chart(test, "Heatmap"))
    test.toggle[0].set_value(True).run()
    assert test.query_params["fold"] == "1"
    drawn = chart(test, "Heatmap")
    assert list(drawn["layout"]["xaxis"]["ticktext"]) == [str(number) for number in range(6)]  # type: ignore[index]
    assert "A block shows the highest of its parts" in str(drawn)
    assert len(chart(opened(open_page, of_parts(), fold="1"), "Heatmap")["layout"]["xaxis"]["ticktext"]) == 6  # type: ignore[index]


def test_blocks_have_nothing_to_fold(open_page: Open) -> None:
    assert not opened(open_page, synthetic.report()).toggle
