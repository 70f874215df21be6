"""Compare: what is proposed, what differs, one selection in all figures, the tables beside them."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.config import AnalysisConfig
from analysis_core.report.figures.parallel import THICK
from tests.pages import filling, synthetic
from tests.pages.comparing import CELLS, LINES, METHODS, PARALLEL, analysed, chart, marked, opened, shown, title
from tests.pages.conftest import Open
from tests.pages.reading import charts, links, words


def test_an_empty_store_says_what_to_do(open_page: Open) -> None:
    test = opened(open_page)
    assert "There is nothing to compare yet" in words(test)
    assert "Start an analysis" in links(test)
    assert not charts(test)


def test_one_analysis_alone_is_named_and_can_be_looked_at(open_page: Open) -> None:
    run = analysed()
    test = opened(open_page, runs=run)
    assert "One finished analysis is here" in words(test)
    (alone,) = [query for label, query in links(test).items() if label.startswith("Look at")]
    assert alone == f"run={run}"
    assert not charts(test)


@pytest.mark.usefixtures("shipped")
def test_the_shipped_result_alone_is_not_enough(open_page: Open) -> None:
    test = opened(open_page)
    assert "One finished analysis is here: The result that ships with the app" in words(test)
    assert links(test)["Start an analysis"] == "model=zoo%2Ftext-bert", "a second one of the same model is at hand"


@pytest.mark.usefixtures("shipped")
def test_a_single_analysis_is_proposed_beside_the_shipped_result(open_page: Open) -> None:
    run = analysed()
    test = opened(open_page)
    assert shown(test) == [run, "showcase"]
    assert test.query_params["runs"] == f"{run},showcase", "the link that is copied opens the same view"
    assert "beside the result that ships" in words(test)
    assert {alt[:8] for alt in charts(test)} == {"Lines of", "Heatmap ", "Parallel"}


def test_two_newest_analyses_of_one_model_are_proposed_before_newer_ones_of_several(open_page: Open) -> None:
    older, newer = analysed(seed=1), analysed(seed=2)
    analysed(model="zoo/vision-vit")
    test = opened(open_page)
    assert shown(test) == [newer, older]
    assert "two newest analyses of one model" in words(test)
    assert len(test.multiselect[0].options) == 3


def test_else_the_two_newest(open_page: Open) -> None:
    first, second = analysed(), analysed(model="zoo/vision-vit")
    test = opened(open_page)
    assert shown(test) == [second, first]
    assert "Proposed: the two newest analyses." in words(test)


def test_the_address_chooses_the_runs_and_their_order(open_page: Open) -> None:
    first, second, third = (analysed(seed=seed) for seed in range(3))
    test = opened(open_page, runs=f"{third},{first},{second}")
    assert shown(test) == [third, first, second]
    assert "C · BERT on docstrings (seed 1)" in str(charts(test).keys())
    assert "Proposed" not in words(test)


@pytest.mark.usefixtures("shipped")
def test_one_run_as_other_pages_name_it_gets_company(open_page: Open) -> None:
    mate, run = analysed(seed=1), analysed(seed=2)
    for parameters in ({"run": run}, {"runs": run}):
        test = opened(open_page, **parameters)
        assert shown(test) == [run, mate], "one of the same model comes before the shipped one"
        assert "Beside it, as a proposal" in words(test)
        assert test.query_params["runs"] == f"{run},{mate}"
        assert "run" not in test.query_params


@pytest.mark.usefixtures("shipped")
def test_without_a_mate_the_shipped_result_keeps_company(open_page: Open) -> None:
    run = analysed(model="zoo/vision-vit")
    assert shown(opened(open_page, run=run)) == [run, "showcase"]
    assert shown(opened(open_page, runs="showcase")) == ["showcase", run]


def test_what_differs_stands_out_and_what_does_not_is_said_once(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(METHODS[:3], seed=2)
    said = words(opened(open_page, runs=f"{one},{other}"))
    assert said.count("the same: 500") == 1
    assert '<tr class="is-different"><th scope="row">Seed</th><td>1</td><td>2</td></tr>' in said
    assert "3 shared and Layer correlation and Layer ablation" in said
    assert "Docstrings (11111111)" in said, "data of one name that differ are told apart"


def test_the_findings_are_titles(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs=f"{one},{other}", measure="fisher_information")
    assert title(test, LINES) == "Both put the first third on top; they rank every place alike"
    assert title(test, CELLS) == "No method ranks any place otherwise"
    assert "rank correlation 1.0" in str(chart(test, LINES)["layout"]["title"])  # type: ignore[index]


def test_runs_of_other_depth_are_compared_by_relative_depth(open_page: Open) -> None:
    deep, flat = analysed(), analysed(model="zoo/vision-vit", layers=8)
    test = opened(open_page, runs=f"{deep},{flat}", layer="7")
    said = words(test)
    assert "The runs have A 12 and B 8 layers." in said
    assert "8 relative depths of B" in said
    assert next(box for box in test.selectbox if box.label == "Layer or depth").value == 7
    assert "A · Layer 11" in marked(test) and "B · Layer 7" in marked(test)


def test_the_marked_place_is_seen_everywhere(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs=f"{one},{other}")
    assert not chart(test, LINES)["layout"].get("shapes")  # type: ignore[attr-defined]
    assert "A · Layer 4" not in marked(test)
    test = opened(open_page, runs=f"{one},{other}", layer="4", measure="layer_ablation")
    (band,) = chart(test, LINES)["layout"]["shapes"]  # type: ignore[index]
    assert (band["x0"] + band["x1"]) / 2 == pytest.approx(4 / 11)
    (outline,) = chart(test, CELLS)["layout"]["shapes"]  # type: ignore[index]
    assert outline["x0"] == 3.5
    thick = [trace for trace in chart(test, PARALLEL)["data"] if trace.get("line", {}).get("width") == THICK]  # type: ignore[attr-defined]
    assert [trace["y"].count(None) for trace in thick] == [2], "layer 4 of both runs is marked"
    assert "A · Layer 4" in marked(test)


def test_a_click_marks_place_and_measure_and_writes_the_address() -> None:
    test = AppTest.from_function(_clicking, default_timeout=60)
    test.query_params["layer"] = "2"
    test.run()
    assert not test.exception
    before, after, nothing = (item.value for item in test.text)
    assert before == "2 consensus"
    assert after == "4 layer_ablation"
    assert nothing == "4 layer_ablation", "a click beside the points changes nothing"
    assert (test.query_params["layer"], test.query_params["measure"]) == ("4", "layer_ablation")


def _clicking() -> None:
    import streamlit as st

    from analysis_core.report.comparison import lay_out
    from pages.ui.compare import state
    from tests.pages import synthetic

    report = synthetic.report()
    chosen = state.restore(lay_out([("one", report), ("other", report)], ["One", "Other"]))
    st.text(f"{chosen.place} {chosen.measure}")
    chosen.mark([4, "layer_ablation"])
    st.text(f"{chosen.place} {chosen.measure}")
    chosen.mark(None)
    st.text(f"{chosen.place} {chosen.measure}")


def test_a_place_can_be_marked_without_a_mouse(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs=f"{one},{other}")
    next(box for box in test.selectbox if box.label == "Layer or depth").set_value(9).run()
    assert test.query_params["layer"] == "9"
    assert "A · Layer 9" in marked(test)


def test_measure_scale_pair_and_colour_travel_in_the_address(open_page: Open) -> None:
    runs = ",".join(analysed(seed=seed) for seed in range(3))
    test = opened(open_page, runs=runs)
    test.selectbox[0].set_value("gradient_based").run()
    buttons = {item.label: item for item in test.button_group}
    buttons["Scale"].set_value("rank").run()
    next(item for item in test.button_group if item.label == "Which two runs").set_value("BC").run()
    next(item for item in test.button_group if item.label == "Colour by").set_value("depth").run()
    held = {name: test.query_params[name] for name in ("measure", "view", "pair", "colour")}
    assert held == {"measure": "gradient_based", "view": "rank", "pair": "BC", "colour": "depth"}
    again = opened(open_page, runs=runs, **held)
    assert "between B and C" in str(charts(again).keys())
    assert "Relative rank" in str(chart(again, LINES)["layout"]["yaxis"])  # type: ignore[index]
    lost = opened(open_page, runs=runs, measure="fischer", view="x", pair="AZ", colour="blue", layer="99")
    assert lost.selectbox[0].value == "consensus"


def test_a_method_that_one_run_lacks_is_named(open_page: Open) -> None:
    one, other = analysed(METHODS[:3]), analysed(METHODS[1:4], seed=1)
    test = opened(open_page, runs=f"{one},{other}")
    said = words(test)
    assert "B cannot be compared by Fisher information: not run there." in said
    assert "A cannot be compared by Layer correlation: not run there." in said
    assert "fisher_information" not in test.selectbox[0].options


def test_a_method_that_does_not_apply_gives_its_reason(open_page: Open) -> None:
    one = analysed(METHODS[:3])
    config = AnalysisConfig(model_name="zoo/text-bert", analysis_methods=METHODS[:3], seed=5)
    mute = filling.silent(synthetic.report(METHODS[:3]), METHODS[0], "It has no weights.")
    other = filling.finished(config, mute)
    assert "B cannot be compared by Fisher information: It has no weights." in words(
        opened(open_page, runs=f"{one},{other}")
    )


def test_runs_without_a_common_method_say_so_and_show_what_there_is(open_page: Open) -> None:
    one, other = analysed(METHODS[:1]), analysed(METHODS[1:2], seed=1)
    test = opened(open_page, runs=f"{one},{other}")
    said = words(test)
    assert "No method was run by all" in said
    assert "Too few methods in common" in said
    assert not any(alt.startswith(PARALLEL) for alt in charts(test))
    assert chart(test, LINES)


def test_a_list_that_is_being_made_is_not_filled_up(open_page: Open) -> None:
    first, second, third = (analysed(seed=seed) for seed in range(3))
    test = opened(open_page, runs=f"{first},{second}")
    test.multiselect[0].set_value([first]).run()
    assert "One more" in words(test)
    assert shown(test) == [first]
    assert not charts(test)
    test.multiselect[0].set_value([first, third]).run()
    assert test.query_params["runs"] == f"{first},{third}"
    assert charts(test)


def test_tables_hold_what_the_figures_show(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs=f"{one},{other}")
    said = words(test)
    for caption in ("Consensus, place by place", "Differences of ranks, A against B", "Rank agreement by measure"):
        assert f'aria-label="{caption}' in said
    assert [item.proto.label for item in test.get("download_button")] == ["All scores as CSV"]


def test_chinese_readers_find_their_words(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(METHODS[:3], seed=2)
    test = opened(open_page, runs=f"{one},{other}", lang="zh", layer="3")
    said = words(test)
    assert "有何不同" in said and "A · 第 3 层" in said
    titles = [figure["layout"]["title"]["text"] for figure in charts(test).values()]
    assert "两次运行都认为前三分之一的层最重要；它们对每个位置的排名完全一致" in titles
    assert any("平行坐标图" in alt for alt in charts(test))


def test_explore_leads_here(open_page: Open) -> None:
    run = analysed()
    found = [(link.proto.label, link.proto.query_string) for link in open_page("explore", run=run).get("page_link")]
    assert ("Compare", f"runs={run}") in found
