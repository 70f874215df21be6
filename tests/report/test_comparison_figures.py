"""Figures of runs side by side, their text alternatives, and the file beside them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest

from analysis_core.report.comparison import CONSENSUS, silent_layers
from analysis_core.report.comparison_table import COLUMNS, comparison_csv
from analysis_core.report.figures.aligned import aligned, aligned_text
from analysis_core.report.figures.parallel import ColourBy, parallel, parallel_text
from analysis_core.report.figures.rank_differences import rank_differences, rank_differences_text
from analysis_core.report.figures.side_marks import run_colour
from analysis_core.report.findings import Z_95
from analysis_core.report.numbers import significant
from analysis_core.report.palette import DARK, LIGHT, Palette
from analysis_core.report.phrases import CHINESE, ENGLISH
from analysis_core.report.scaling import Scale
from tests.pages import synthetic
from tests.report.laying import ABLATION, FISHER, GRADIENT, laid, only, scores_of, with_scores


@pytest.mark.parametrize("scale", list(Scale))
def test_aligned_lines_run_from_the_first_layer_to_the_last(scale: Scale) -> None:
    comparison = laid(synthetic.report((FISHER,)), only(FISHER, [6.0, 5.0, 4.0, 3.0]))
    drawn = aligned(comparison, FISHER, LIGHT, scale=scale, selected=1)
    lines = [trace for trace in drawn.data if trace.mode == "lines+markers"]
    assert [(len(line.x), line.x[0], line.x[-1]) for line in lines] == [(12, 0, 1), (4, 0, 1)]
    assert [line.line.color for line in lines] == [run_colour(side) for side in comparison.sides]
    assert lines[0].customdata[4][0] == 1, "a click on layer 4 of 12 marks the second of four places"
    if scale is not Scale.RAW:
        assert max(lines[1].y) == 1 and min(lines[1].y) == 0
    (band,) = drawn.layout.shapes
    assert (band.x0 + band.x1) / 2 == pytest.approx(1 / 3)
    assert "±" not in str(lines[1].text) and "–" in str(lines[0].text), "an interval only where there is one"


def test_a_layer_without_a_score_leaves_a_gap() -> None:
    comparison = laid(only(FISHER, [5.0, None, 3.0, 2.0, 1.0], 0.1), only(FISHER, [5.0, 4.0, 3.0, 2.0, 1.0], 0.1))
    drawn = aligned(comparison, FISHER, DARK, scale=Scale.RAW)
    line = next(trace for trace in drawn.data if trace.mode == "lines+markers")
    assert line.y[1] is None
    bands = [trace for trace in drawn.data if trace.fill == "toself"]
    assert sorted(len(band.x) for band in bands) == [6, 10]


def test_differences_count_ranks_and_are_positive_where_the_first_run_puts_more() -> None:
    one, other = only(FISHER, [4.0, 3.0, 2.0, 1.0]), only(FISHER, [1.0, 3.0, 2.0, 4.0])
    comparison = laid(one, other)
    drawn = rank_differences(comparison, *comparison.pairs[0], LIGHT, selected=3)
    rows = [list(trace.z[0]) for trace in drawn.data if trace.type == "heatmap"]
    assert rows == [[3, 0, 0, -3]] * 2, "the consensus of one method is that method"
    targets = drawn.data[-1]
    assert list(targets.customdata[3]) == [3, FISHER]
    assert "rank 4 of 4 in A<br>rank 1 of 4 in B" in targets.text[3]
    assert (drawn.layout.shapes[0].x0, drawn.layout.shapes[0].x1) == (2.5, 3.5)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_differences_can_be_read_on_their_cells(palette: Palette) -> None:
    one, other = only(FISHER, [4.0, 3.0, 2.0, 1.0]), only(FISHER, [1.0, 3.0, 2.0, 4.0])
    comparison = laid(one, other)
    row = next(trace for trace in rank_differences(comparison, *comparison.pairs[0], palette).data if trace.text)
    most, none = row.text[0][0], row.text[0][1]
    assert "+3" in most and "−3" in row.text[0][3]
    assert ("#000" in none) is (palette is LIGHT), "the middle of the scale is bright on paper only"
    assert ("#000" in most) is (palette is DARK)


def test_parallel_lines_are_the_layers_of_all_runs() -> None:
    report = synthetic.report((FISHER, GRADIENT))
    comparison = laid(report, report)
    for by in ColourBy:
        drawn = parallel(comparison, DARK, by=by, selected=2)
        assert [name.text for name in drawn.layout.annotations] == [
            "Fisher information",
            "Gradient (Taylor)",
            "Consensus",
        ]
        strokes = [trace for trace in drawn.data if trace.mode == "lines"]
        assert sum(list(trace.y).count(None) for trace in strokes) == 2 * 12, "a gap behind each layer's line"
        assert strokes[-1].line.color == DARK.accent and list(strokes[-1].y).count(None) == 2, "layer 2 of both runs"
        dots = [trace for trace in drawn.data if trace.mode == "markers"]
        assert [len(trace.x) for trace in dots] == [12 * 3, 12 * 3]


def test_a_crossing_tells_its_exact_score_and_takes_a_click() -> None:
    report = synthetic.report((FISHER, GRADIENT))
    comparison = laid(report, report)
    dots = next(trace for trace in parallel(comparison, LIGHT).data if trace.mode == "markers")
    at = 3 * 4 + 1  # layer 4 on the second axis
    score, error = report[GRADIENT][4], report[GRADIENT].std_errors[4]
    assert error is not None
    interval = f"({significant(score - Z_95 * error)} – {significant(score + Z_95 * error)})"
    assert list(dots.customdata[at]) == [4, GRADIENT]
    assert "Gradient (Taylor)" in dots.text[at] and "Layer 4" in dots.text[at]
    assert f"{significant(score)} {interval} {report[GRADIENT].unit}" in dots.text[at]
    assert re.search(r"rank \d+ of 12", dots.text[at])


def test_a_silent_layer_has_no_line() -> None:
    report = synthetic.report((FISHER, GRADIENT))
    holed = with_scores(report, GRADIENT, [None, *scores_of(report, GRADIENT)[1:]])
    comparison = laid(report, holed)
    assert silent_layers(comparison.sides[1], comparison.shared) == [0]
    dots = [trace for trace in parallel(comparison, LIGHT).data if trace.mode == "markers"]
    assert [len(trace.x) for trace in dots] == [12 * 3, 11 * 3]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("by", list(ColourBy))
def test_what_is_sent_to_the_browser_is_what_plotly_checked(palette: Palette, by: ColourBy) -> None:
    comparison = laid(synthetic.report(), only(FISHER, [6.0, 5.0, None, 3.0], 0.2), synthetic.report())
    for drawn in (
        aligned(comparison, CONSENSUS, palette, selected=1),
        rank_differences(comparison, *comparison.pairs[1], palette, selected=1),
        parallel(laid(synthetic.report(), synthetic.report()), palette, by=by, selected=1),
    ):
        sent = json.loads(json.dumps(drawn.to_dict(), allow_nan=False))
        checked = json.loads(go.Figure(sent).to_json())
        assert scales(sent) == scales(checked)
        assert len(sent["data"]) == len(checked["data"])


def scales(figure: dict[str, Any]) -> list[object]:
    """The colour scale that a figure brings along."""
    return [figure["layout"].get("coloraxis", {}).get("colorscale")]


def test_a_very_wide_interval_is_cut_rather_than_flatten_the_lines() -> None:
    comparison = laid(only(FISHER, [4.0, 3.0, 2.0, 1.0], 50.0), only(FISHER, [4.0, 3.0, 2.0, 1.0], 0.01))
    low, high = aligned(comparison, FISHER, LIGHT).layout.yaxis.range
    assert -1 < low < 0 and 1 < high < 2


def test_every_figure_has_words_for_those_who_do_not_see_it() -> None:
    comparison = laid(*[synthetic.report()] * 3)
    for words in (CHINESE, ENGLISH):
        said = [
            aligned_text(comparison, CONSENSUS, words),
            rank_differences_text(comparison, *comparison.pairs[0], words),
            parallel_text(comparison, words),
        ]
        assert all(len(text) > 40 and "{" not in text for text in said)


def test_the_file_holds_every_score_with_its_rank() -> None:
    report, flat = synthetic.report((FISHER, ABLATION)), only(FISHER, [1.0, None, 3.0])
    comparison = laid(report, flat)
    rows = list(csv.DictReader(io.StringIO(comparison_csv(comparison).decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 12 * 3 + 3 * 2
    third = next(row for row in rows if row["run"] == "A" and row["measure"] == ABLATION and row["layer"] == "2")
    assert float(third["value"]) == report[ABLATION][2]
    assert float(third["high_95"]) == pytest.approx(
        report[ABLATION][2] + 1.959964 * (report[ABLATION].std_errors[2] or 0)
    )
    silent = next(row for row in rows if row["run"] == "B" and row["measure"] == FISHER and row["layer"] == "1")
    assert silent["value"] == silent["rank"] == ""
    assert {row["ranked_layers"] for row in rows if row["run"] == "B" and row["measure"] == FISHER} == {"2"}
