"""The page of an analysis: one file, nothing fetched, every number from the report, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from analysis_core.report import findings
from analysis_core.report.page import page
from analysis_core.report.page_phrases import CHINESE as PAGE_CHINESE
from analysis_core.report.page_phrases import ENGLISH as PAGE_ENGLISH
from analysis_core.report.page_pictures import bar_picture, heat_picture
from analysis_core.report.phrases import CHINESE, ENGLISH
from analysis_core.results import MethodResult
from tests.pages import synthetic


class Walker(HTMLParser):
    """Every tag and attribute; void tags aside, tags close in the order in which they opened."""

    VOID = frozenset({"meta", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pictures(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]  # noqa: S314


def test_it_stands_alone() -> None:
    walked = Walker(page(synthetic.report(run="r1"), outcomes=synthetic.greedy_path()))
    assert walked.open == []
    tags = {tag for tag, _ in walked.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    addresses = [
        value for _, attributes in walked.seen for name, value in attributes.items() if name in ("src", "href")
    ]
    assert addresses == []


def test_it_says_what_was_found_and_where_it_comes_from() -> None:
    report = synthetic.report(run="r1")
    text = page(report, settings={"model_name": "zoo/text-bert", "seed": 0, "data": None})
    assert findings.layers_finding(report) in text
    for word in ("BERT on docstrings", "71.8", "x86_64, 2 cores", "<dd>r1</dd>", "model_name=&#39;zoo/text-bert&#39;"):
        assert word in text
    assert "data=" not in text
    for result in report.methods.values():
        assert f"<h3>{result.title}</h3>" in text


def test_the_heatmap_has_a_cell_for_every_score_and_the_consensus() -> None:
    report = synthetic.report()
    heatmap = pictures(page(report))[0]
    cells = [rect for rect in heatmap.iter("rect") if rect.get("fill")]
    assert len(cells) == 6 * synthetic.LAYERS
    picture = heat_picture(report)
    ablation = report["layer_ablation"]
    row = [cell for cell in picture.cells if cell.hover.startswith("Layer ablation")]
    darkest = min(range(synthetic.LAYERS), key=lambda index: ablation[index])
    brightest = max(range(synthetic.LAYERS), key=lambda index: ablation[index])
    assert (row[darkest].fill, row[brightest].fill) == ("#00224e", "#fee838")
    assert (row[darkest].text, row[brightest].text) == ("0.00", "1.00")
    assert row[darkest].ink != row[brightest].ink


def test_cells_stay_inside_the_picture_also_of_a_deep_model() -> None:
    scores = tuple(float(index) for index in range(80))
    deep = MethodResult("deep", "A method with quite a long name", scores, (None,) * 80, "score")
    layer = synthetic.layers()[0]
    layers = tuple(replace(layer, index=index) for index in range(80))
    report = replace(synthetic.report(), layers=layers, methods={"deep": deep}, consensus=scores, measured=())
    picture = heat_picture(report)
    assert max(cell.x + picture.cell_width for cell in picture.cells) <= picture.width
    assert {cell.text for cell in picture.cells} == {""}
    assert len(picture.layers) <= 26


def test_bars_reach_from_zero_to_their_value_and_intervals_around_it() -> None:
    picture = bar_picture([2.0, -1.0, None], [1.0, -2.0, None], [3.0, 0.0, None], ["a", "b", "c"], width=300)
    assert picture is not None
    up, down = picture.bars
    assert up.y + up.height == pytest.approx(picture.zero) == pytest.approx(down.y)
    assert up.height == pytest.approx(2 * down.height)
    assert up.high is not None and up.low is not None and up.high < up.y < up.low < picture.zero
    assert picture.top == pytest.approx(up.high)
    assert picture.top_text == "3.00"
    assert bar_picture([None], [None], [None], [""]) is None


def test_costs_are_drawn_only_where_they_were_measured() -> None:
    assert ENGLISH["page_costs"] in page(synthetic.report())
    assert ENGLISH["page_costs"] not in page(synthetic.report(("block_influence",)))


def test_a_silent_method_gives_its_reason_and_no_picture() -> None:
    report = synthetic.report(("block_influence", "layer_ablation"))
    nothing = (None,) * synthetic.LAYERS
    mute = replace(report["block_influence"], scores=nothing, std_errors=nothing, not_applicable="No <shape> fits.")
    text = page(replace(report, methods={**report.methods, "block_influence": mute}))
    assert "No &lt;shape&gt; fits." in text
    assert len(pictures(text)) == 3  # heatmap, costs, the other method


def test_what_comes_from_outside_is_escaped() -> None:
    report = synthetic.report()
    text = page(replace(report, model={**report.model, "title": "<script>alert(1)</script>"}))
    assert "<script>" not in text


def test_smaller_models_are_listed_with_their_intervals() -> None:
    text = page(synthetic.report(), outcomes=[synthetic.outcome([4, 5], "manual")])
    kept = synthetic.outcome([4, 5]).measurement.retention.value
    assert f"{100 * kept:.1f}" in text
    assert '<th scope="row">4 and 5</th>' in text


def test_it_speaks_chinese() -> None:
    text = page(synthetic.report(), CHINESE, outcomes=synthetic.greedy_path())
    assert '<html lang="zh-Hans">' in text
    assert "去掉单独一层的代价" in text
    assert ENGLISH["page_costs"] not in text


def test_methods_are_explained_in_the_words_that_are_given() -> None:
    report = synthetic.report(("block_influence",))
    own = page(report)
    given = page(report, explained={"block_influence": {"question": "多大？", "paper": "Li 2026"}})
    assert "<dt>Caveat</dt>" in own and "<dt>Caveat</dt>" not in given
    assert "<dd>多大？</dd>" in given and "<dd>Li 2026</dd>" in given


def test_both_languages_have_the_same_phrases() -> None:
    assert set(PAGE_CHINESE) == set(PAGE_ENGLISH)
    for key, phrase in PAGE_ENGLISH.items():
        assert set(re.findall(r"{\w+}", PAGE_CHINESE[key])) == set(re.findall(r"{\w+}", phrase)), key
