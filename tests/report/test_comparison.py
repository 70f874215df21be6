"""Runs side by side: ranks against slow references, findings that name what was built in."""

from __future__ import annotations

import string
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from analysis_core.insight.consensus import mean_rank, rank_shares
from analysis_core.insight.trust import spearman
from analysis_core.report import comparison_findings as findings
from analysis_core.report import comparison_phrases
from analysis_core.report.comparison import CONSENSUS, missing
from analysis_core.report.comparison_names import names_of
from analysis_core.report.comparison_ranks import (
    at_depths,
    chance_level,
    places,
    rank_agreement,
    relative_depths,
    shares,
)
from analysis_core.report.figures.rank_differences import measures_of
from tests.pages import synthetic
from tests.report.laying import ABLATION, FISHER, GRADIENT, laid, only, scores_of, with_scores


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


def test_both_languages_say_the_same_things() -> None:
    english, chinese = comparison_phrases.ENGLISH, comparison_phrases.CHINESE
    assert set(english) == set(chinese)
    for key, phrase in chinese.items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (phrase, english[key])
        ]
        assert fields[0] <= fields[1], key
