"""Runs side by side: ranks against slow references, findings that name what was built in, figures, the file."""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from analysis_core.insight.consensus import mean_rank, rank_shares
from analysis_core.insight.trust import spearman
from analysis_core.report import comparison_findings as findings
from analysis_core.report import comparison_phrases
from analysis_core.report.comparison import CONSENSUS, Comparison, lay_out, missing, silent_layers
from analysis_core.report.comparison_names import names_of
from analysis_core.report.comparison_ranks import (
    at_depths,
    chance_level,
    places,
    rank_agreement,
    relative_depths,
    shares,
)
from analysis_core.report.comparison_table import COLUMNS, comparison_csv
from analysis_core.report.figures.aligned import aligned, aligned_text
from analysis_core.report.figures.parallel import MARKED, STROKES, ColourBy, parallel, parallel_text
from analysis_core.report.figures.rank_differences import measures_of, rank_differences, rank_differences_text
from analysis_core.report.figures.side_marks import run_colour
from analysis_core.report.palette import DARK, LIGHT
from analysis_core.report.phrases import CHINESE, ENGLISH
from analysis_core.report.scaling import Scale
from analysis_core.results import AnalysisReport
from tests.pages import synthetic

FISHER, GRADIENT, ABLATION = "fisher_information", "gradient_based", "layer_ablation"


def laid(*reports: AnalysisReport) -> Comparison:
    return lay_out([(f"run{place}", report) for place, report in enumerate(reports)], names_of(reports))


def with_scores(
    report: AnalysisReport, method: str, scores: Sequence[float | None], error: float | None = None
) -> AnalysisReport:
    """The report with other scores of one method; of another number of layers where these are fewer."""
    errors = tuple(None if score is None else error for score in scores)
    changed = replace(report[method], scores=tuple(scores), std_errors=errors)
    return replace(report, layers=report.layers[: len(scores)], methods={**report.methods, method: changed})


def only(method: str, scores: Sequence[float | None], error: float | None = None) -> AnalysisReport:
    return with_scores(synthetic.report((method,)), method, scores, error)


def scores_of(report: AnalysisReport, method: str) -> list[float]:
    return [report[method][index] for index in range(len(report.layers))]


@pytest.mark.parametrize("seed", range(5))
def test_ranks_and_their_correlation_are_those_of_the_reference(seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = generator.integers(0, 5, (2, 40, 9)).astype(float)  # few values: many ties
    assert np.allclose(places(one), 10 - rankdata(one, axis=-1))
    assert np.allclose(rank_agreement(one, other), spearman(one, other), equal_nan=True)
    reference = rank_shares(one[0].tolist(), 9)
    assert reference is not None and np.allclose(shares(one[0]), reference)


def test_places_without_a_score_are_passed_over() -> None:
    one = np.array([3.0, np.nan, 1.0, 2.0, 9.0])
    other = np.array([30.0, 7.0, 10.0, 20.0, np.nan])
    assert places(one).tolist()[:1] == [2.0]
    assert np.isnan(places(one)[1])
    assert rank_agreement(one, other) == pytest.approx(1.0)
    assert np.isnan(rank_agreement(one[:2], other[:2])), "one shared place is no ranking"
    assert np.isnan(rank_agreement(np.ones(5), other)), "all alike is no ranking"


def test_reading_off_at_depths_is_linear_and_exact_on_the_layers() -> None:
    values = np.array([1.0, 5.0, 2.0, 8.0])
    assert at_depths(values, relative_depths(4)).tolist() == values.tolist()
    slope = np.linspace(0, 11, 12)
    assert np.allclose(at_depths(slope, relative_depths(5)), np.linspace(0, 11, 5))
    gap = np.array([1.0, np.nan, 3.0])
    assert at_depths(gap, np.array([0.0, 0.25, 1.0])).tolist() == pytest.approx([1.0, np.nan, 3.0], nan_ok=True)
    assert relative_depths(1).tolist() == [0.5]


def test_chance_is_that_of_the_printed_tables() -> None:
    assert chance_level(12) == pytest.approx(0.587, abs=0.03)
    assert chance_level(20) == pytest.approx(0.447, abs=0.03)
    assert chance_level(2) == 1.0


def test_the_consensus_is_that_of_the_report_where_all_methods_are_shared() -> None:
    report = synthetic.report()
    comparison = laid(report, report)
    expected = mean_rank(report.methods.values(), len(report.layers))
    reading = comparison.reading(comparison.sides[0], CONSENSUS)
    assert reading.values.tolist() == pytest.approx(list(expected))
    assert reading.drawn is not None


def test_the_consensus_is_over_the_shared_methods_only() -> None:
    one = synthetic.report((FISHER, GRADIENT, ABLATION))
    other = synthetic.report((FISHER, GRADIENT))
    comparison = laid(one, other)
    assert comparison.shared == (FISHER, GRADIENT)
    expected = mean_rank([one[FISHER], one[GRADIENT]], len(one.layers))
    assert comparison.reading(comparison.sides[0], CONSENSUS).values.tolist() == pytest.approx(list(expected))


def test_a_run_beside_itself_agrees_in_everything_but_its_examples() -> None:
    report = synthetic.report()
    comparison = laid(report, report)
    (agreement,) = comparison.agreements(FISHER)
    assert agreement.value == pytest.approx(1.0)
    assert agreement.low is not None and agreement.low < 1.0, "two runs have examples of their own"
    assert "they rank every place alike" in findings.comparison_finding(comparison, FISHER)
    assert findings.parting(comparison, *comparison.pairs[0], measures_of(comparison, *comparison.pairs[0])) is None
    assert (
        findings.difference_finding(comparison, *comparison.pairs[0], [FISHER]) == "No method ranks any place otherwise"
    )


def test_the_finding_names_the_layer_whose_rank_was_moved() -> None:
    report = synthetic.report((FISHER,))
    scores = scores_of(report, FISHER)
    scores[7] = max(scores) + 1
    comparison = laid(report, with_scores(report, FISHER, scores))
    assert findings.comparison_finding(comparison, FISHER).endswith("they disagree most about layer 7")
    found = findings.parting(comparison, *comparison.pairs[0], [FISHER])
    assert found is not None and (found.place, found.other) == (7, 1.0)
    assert "layer 7" in findings.difference_finding(comparison, *comparison.pairs[0], [FISHER])


def test_the_finding_tells_which_third_is_on_top() -> None:
    rising, falling = [float(index) for index in range(9)], [float(-index) for index in range(9)]
    both = laid(only(FISHER, rising), only(FISHER, rising))
    assert findings.comparison_finding(both, FISHER).startswith("Both put the last third on top")
    split = laid(only(FISHER, rising), only(FISHER, falling), only(FISHER, falling))
    said = findings.comparison_finding(split, FISHER)
    assert said.startswith("A puts the last third, B and C put the first third on top")
    pair = laid(only(FISHER, rising), only(FISHER, falling))
    (agreement,) = pair.agreements(FISHER)
    assert agreement.value == pytest.approx(-1.0)
    assert "opposite direction" in findings.chance_finding(pair, FISHER)


def test_few_layers_are_said_honestly() -> None:
    tiny = laid(only(FISHER, [1.0, 2.0]), only(FISHER, [1.0, 2.0]))
    assert findings.correlation_finding(tiny, FISHER).startswith("No rank correlation")
    assert findings.chance_finding(tiny, FISHER) == ""
    assert findings.comparison_finding(tiny, FISHER).startswith("Too few layers")
    four = laid(only(FISHER, [4.0, 3.0, 2.0, 1.0]), only(FISHER, [4.0, 3.0, 2.0, 1.0]))
    assert "may be chance" in findings.chance_finding(four, FISHER)


def test_without_standard_errors_there_is_no_interval() -> None:
    comparison = laid(only(FISHER, [3.0, 2.0, 1.0, 0.0]), only(FISHER, [3.0, 1.0, 2.0, 0.0], error=0.1))
    (agreement,) = comparison.agreements(FISHER)
    assert agreement.value == pytest.approx(0.8)
    assert (agreement.low, agreement.high) == (None, None)


def test_wide_errors_make_wide_intervals() -> None:
    scores = [9.0, 7.0, 5.0, 3.0, 1.0]

    def width(error: float) -> float:
        (found,) = laid(only(FISHER, scores, error), only(FISHER, scores, error)).agreements(FISHER)
        assert found.low is not None and found.high is not None
        return found.high - found.low

    assert width(0.01) < 0.05 < width(3.0)


def test_runs_of_other_depth_meet_at_the_depths_of_the_shallowest() -> None:
    deep, flat = synthetic.report((FISHER,)), only(FISHER, [6.0, 5.0, 4.0, 3.0])
    comparison = laid(deep, flat)
    assert not comparison.same_depth
    assert comparison.shallowest.letter == "B"
    assert comparison.depths.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    own = scores_of(deep, FISHER)
    middle = own[3] + (11 / 3 - 3) * (own[4] - own[3])
    assert comparison.aligned(comparison.sides[0], FISHER)[1] == pytest.approx(middle)
    assert "relative depth" in findings.comparison_finding(comparison, FISHER)
    assert "4 relative depths" in findings.correlation_finding(comparison, FISHER)


def test_what_a_run_lacks_is_named_with_the_reason() -> None:
    full = synthetic.report((FISHER, GRADIENT))
    nothing = (None,) * len(full.layers)
    mute = replace(full[GRADIENT], scores=nothing, std_errors=nothing, not_applicable="It has no weights.")
    comparison = laid(full, replace(full, methods={**full.methods, GRADIENT: mute}), synthetic.report((FISHER,)))
    (lacking,) = missing(comparison).items()
    assert lacking[0] == GRADIENT
    assert [(side.letter, reason) for side, reason in lacking[1]] == [("B", "It has no weights."), ("C", None)]
    assert comparison.measures == (CONSENSUS, FISHER), "one run alone is no comparison"


def test_names_tell_runs_apart_by_what_differs() -> None:
    report = synthetic.report()
    other = replace(report, provenance={**report.provenance, "seed": 4})
    assert names_of([report, other]) == ("BERT on docstrings (seed 0)", "BERT on docstrings (seed 4)")
    assert names_of([report, report]) == ("BERT on docstrings", "BERT on docstrings #2")
    vit = replace(report, model={**report.model, "title": "ViT"})
    assert names_of([report, vit]) == ("BERT on docstrings", "ViT")


def test_one_run_or_five_are_no_comparison() -> None:
    report = synthetic.report()
    for count in (1, 5):
        with pytest.raises(ValueError, match="runs"):
            laid(*[report] * count)


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


def test_parallel_lines_are_the_layers_of_all_runs() -> None:
    report = synthetic.report((FISHER, GRADIENT))
    comparison = laid(report, report)
    for by in ColourBy:
        (trace,) = parallel(comparison, DARK, by=by, selected=2).data
        assert [axis.label for axis in trace.dimensions] == ["Fisher information", "Gradient (Taylor)", "Consensus"]
        assert len(trace.dimensions[0]["values"]) == 2 * 12 * len(STROKES)
        colours = list(trace.line.color)
        assert colours.count(1.0) == 2 * len(STROKES), "layer 2 of both runs is marked"
        assert colours[-1] == 1.0 and max(colours[: -2 * len(STROKES)]) <= MARKED


def test_a_silent_layer_has_no_line() -> None:
    report = synthetic.report((FISHER, GRADIENT))
    holed = with_scores(report, GRADIENT, [None, *scores_of(report, GRADIENT)[1:]])
    comparison = laid(report, holed)
    assert silent_layers(comparison.sides[1], comparison.shared) == [0]
    (trace,) = parallel(comparison, LIGHT).data
    assert len(trace.dimensions[0]["values"]) == 23 * len(STROKES)


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


def test_both_languages_say_the_same_things() -> None:
    english, chinese = comparison_phrases.ENGLISH, comparison_phrases.CHINESE
    assert set(english) == set(chinese)
    for key, phrase in chinese.items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (phrase, english[key])
        ]
        assert fields[0] <= fields[1], key
