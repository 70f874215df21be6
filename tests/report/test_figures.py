"""Figures: what is drawn, what a click carries, and that measured and estimated look different."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from analysis_core.report import figures, findings
from analysis_core.report.figures.heatmap import BRIGHT_FROM
from analysis_core.report.frontier import FrontierPoint, measured_point
from analysis_core.report.palette import DARK, LIGHT, Palette, colour_of, faded, is_bright
from analysis_core.report.scaling import Scale
from analysis_core.results import Interval
from tests.pages import synthetic

REPORT = synthetic.report()
METHODS = list(REPORT.methods.values())


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("scale", list(Scale))
def test_every_cell_of_the_heatmap_can_be_clicked(palette: Palette, scale: Scale) -> None:
    drawn = figures.heatmap(METHODS, palette, consensus=REPORT.consensus, scale=scale, numbers_in_cells=True)
    targets = drawn.data[-1]
    clicks = {tuple(item) for item in targets.customdata}
    assert clicks == {(layer, name) for layer in range(12) for name in [*REPORT.methods, "consensus"]}
    assert targets.marker.opacity == 0
    assert drawn.layout.clickmode == "event+select"


def test_cells_show_the_scale_that_was_asked_for() -> None:
    def texts(scale: Scale) -> list[str]:
        drawn = figures.heatmap(METHODS, LIGHT, scale=scale, numbers_in_cells=True)
        return [re.sub(r"<span style=\"color:#000\">(.*)</span>", r"\1", text) for text in drawn.data[0].text[0]]

    assert texts(Scale.RANK)[0] == "1"
    assert texts(Scale.NORMALISED)[0] == "1.00"
    assert float(texts(Scale.RAW)[0]) == pytest.approx(METHODS[0].scores[0], rel=0.005)


@pytest.mark.parametrize(("colour", "bright"), [
    ("#FFFFFF", True), ("#000000", False), ("#FDB863", True), ("rgb(84, 39, 136)", False), ("rgb(253, 184, 99)", True),
    ("#757575", False), ("#777777", True),
])  # fmt: skip
def test_bright_colours_are_those_on_which_black_has_more_contrast(colour: str, bright: bool) -> None:
    assert is_bright(colour) is bright


def test_numbers_are_black_on_bright_cells_only() -> None:
    row = figures.heatmap(METHODS, LIGHT, numbers_in_cells=True).data[0]
    assert {"#000" in text for text in row.text[0]} == {True, False}
    assert all(("#000" in text) is (shade >= BRIGHT_FROM) for text, shade in zip(row.text[0], row.z[0], strict=True))


def test_hover_gives_value_interval_and_rank() -> None:
    text = figures.heatmap(METHODS, LIGHT).data[-1].text[0]
    assert "±" in text
    assert "rank 1 of 12" in text
    assert METHODS[0].unit in text


def test_a_method_that_does_not_apply_says_why() -> None:
    silent = dataclasses.replace(
        METHODS[0], scores=(None,) * 12, std_errors=(None,) * 12, not_applicable="Every layer changes the shape."
    )
    drawn = figures.heatmap([silent, METHODS[1]], LIGHT)
    assert "Every layer changes the shape." in drawn.data[-1].text[0]
    assert set(drawn.data[0].z[0]) == {None}


def test_removed_layers_are_veiled_and_the_selected_one_is_outlined() -> None:
    shapes = figures.heatmap(METHODS, LIGHT, removed=[5, 4, 7], selected=2).layout.shapes
    spans = [(round(shape.x0), round(shape.x1)) for shape in shapes[:2]]
    assert spans == [(4, 5), (7, 7)], "neighbours share one veil"
    assert (shapes[-1].x0, shapes[-1].x1) == (1.5, 2.5)
    assert shapes[-1].line.color == LIGHT.accent


def test_titles_are_findings() -> None:
    assert figures.method_bars(METHODS[0], LIGHT).layout.title.text == findings.method_finding(METHODS[0])
    points = [measured_point(outcome) for outcome in synthetic.greedy_path()]
    assert figures.curve(points, "accuracy", LIGHT).layout.title.text == findings.curve_finding(points, "accuracy")


def test_bars_carry_95_percent_intervals() -> None:
    trace = figures.method_bars(METHODS[0], LIGHT).data[0]
    assert trace.error_y.array[0] == pytest.approx(1.96 * METHODS[0].std_errors[0], rel=1e-3)
    bare = dataclasses.replace(METHODS[0], std_errors=(None,) * 12)
    assert set(figures.method_bars(bare, LIGHT).data[0].error_y.array) == {None}


def test_the_ranking_is_in_order() -> None:
    trace = figures.consensus_bars(REPORT, LIGHT).data[0]
    assert list(trace.x) == sorted(trace.x)
    assert [layer for layer, _ in trace.customdata][-1] == 0


def test_measured_and_estimated_points_look_different() -> None:
    kept = Interval(0.9, 0.85, 0.95)
    guess = FrontierPoint((1, 2), 1.2, kept, kept, None, measured=False, strategy="greedy")
    drawn = figures.curve([measured_point(synthetic.outcome([4])), guess], "accuracy", LIGHT)
    estimated, measured = drawn.data
    assert estimated.line.dash == "dot"
    assert measured.line.dash == "solid"
    assert estimated.marker.color == LIGHT.paper
    assert measured.marker.color == colour_of("greedy")
    assert "estimated" in estimated.text[0]
    assert "measured" in measured.text[0]


def test_many_estimates_share_a_band_instead_of_bars() -> None:
    kept = Interval(0.9, 0.85, 0.95)
    guesses = [
        FrontierPoint((1,) * gone, 12 / (12 - gone), kept, kept, None, measured=False, strategy="consensus")
        for gone in (1, 2, 3)
    ]
    band, series = figures.curve(guesses, "accuracy", LIGHT).data
    assert band.fill == "toself"
    assert (min(band.y), max(band.y)) == (pytest.approx(85), pytest.approx(95))
    assert not series.error_y.visible


def test_the_strip_shows_what_goes_and_takes_clicks() -> None:
    drawn = figures.strip(REPORT.layers, REPORT.consensus, [4], LIGHT, protected=[0, 11])
    trace = drawn.data[0]
    assert [item[0] for item in trace.customdata] == list(range(12))
    assert [symbol for symbol in trace.marker.symbol if symbol == "x-thin"] == ["x-thin"]
    assert sum(shape.type == "line" for shape in drawn.layout.shapes) == 2


def test_text_alternatives_carry_the_finding() -> None:
    finding = findings.layers_finding(REPORT)
    assert finding in figures.heatmap_text(METHODS, finding)
    assert "12 layers" in figures.method_text(METHODS[0])
    assert "removed: 4 and 5" in figures.strip_text(REPORT.layers, [4, 5])
    assert "(measured)" in figures.curve_text([measured_point(synthetic.outcome([4]))], "accuracy")


def test_long_titles_are_broken_and_make_room() -> None:
    short = figures.heatmap(METHODS, LIGHT, title="Short")
    long = figures.heatmap(METHODS, LIGHT, title="A finding that goes on and on, word by word, " * 3)
    assert "<br>" in long.layout.title.text
    assert long.layout.height > short.layout.height


def test_colours_are_stable() -> None:
    assert colour_of("layer_ablation") == colour_of("layer_ablation")
    assert colour_of("a method of my own") == colour_of("a method of my own")
    assert faded("#D55E00", 0.5) == "rgba(213,94,0,0.5)"


def test_figures_need_neither_torch_nor_streamlit() -> None:
    code = (
        "import sys, analysis_core.report.figures\n"
        "assert not {'torch', 'transformers', 'timm', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
