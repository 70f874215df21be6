"""The first screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts, words


@pytest.mark.usefixtures("shipped")
def test_it_shows_the_shipped_result(open_page: Open) -> None:
    test = open_page("home")
    assert not test.exception
    said = words(test)
    assert "Which layers matter" in said
    assert "Bring your own model" in said
    heatmap, curve = charts(test).values()
    assert heatmap["layout"]["title"]["text"] == "Any one of layers 4–8 can go; 0, 1 and 11 cannot"
    assert "keeps" in curve["layout"]["title"]["text"]
    assert "1 torch thread" in said, "provenance is missing"


@pytest.mark.usefixtures("shipped")
def test_the_slider_moves_the_figures_and_the_address(open_page: Open) -> None:
    test = open_page("home")
    before = words(test)
    test.select_slider[0].set_value(3).run()
    after = words(test)
    kept = synthetic.outcome(synthetic.GREEDY_ORDER[:9]).measurement.retention.value
    assert f"{100 * kept:.1f}" in after
    assert before != after
    assert test.query_params["ratio"] == "4.00"
    assert "is-estimated" not in after, "everything on Home was measured"


@pytest.mark.usefixtures("shipped")
def test_the_address_opens_the_same_view(open_page: Open) -> None:
    assert open_page("home", ratio="3.00").select_slider[0].value == 4
    assert open_page("home", ratio="nonsense").select_slider[0].value == 8


def test_without_a_shipped_result_the_ways_in_remain(open_page: Open) -> None:
    test = open_page("home")
    assert not test.exception
    assert not charts(test)
    assert "Rank the layers of a model" in words(test)


def test_a_damaged_result_is_a_sentence(shipped: Path, open_page: Open) -> None:
    (shipped / "outcomes.json").write_text("[{]", encoding="utf-8")
    test = open_page("home")
    assert not test.exception
    assert "This did not work" in words(test)
    assert "Install the project again" in words(test)
