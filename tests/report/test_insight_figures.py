"""Agreement, trust and the rules of consensus, drawn."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analysis_core.report import figures, findings
from analysis_core.report.figures.insight import ROOMY_METHODS
from analysis_core.report.insight_findings import agreement_finding, trust_finding
from analysis_core.report.palette import DARK, DIVERGING, LIGHT, Palette
from analysis_core.results import Agreement, Trust
from tests.pages import beside as made

NAMES = ("fisher_information", "block_influence", "layer_ablation")
REPORT = made.full_report(NAMES)
TAU = ((1.0, 0.9, -0.2), (0.9, 1.0, None), (-0.2, None, 1.0))
LOW = ((1.0, 0.7, None), (0.7, 1.0, None), (None, None, 1.0))
AGREEMENT = Agreement(NAMES, TAU, LOW, ((1.0, 0.95, None), (0.95, 1.0, None), (None, None, 1.0)))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_pair_stands_once_in_the_map(palette: Palette) -> None:
    figure = figures.agreement_map(REPORT, AGREEMENT, palette)
    trace = figure.data[0]
    assert [list(row) for row in trace.z] == [[0.9, None], [-0.2, None]]
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert "tau 0.90 (0.70 to 0.95, 95 %)" in trace.customdata[0][0]
    assert "Block influence</b> and <b>Fisher information" in trace.customdata[0][0]
    assert trace.customdata[1][0].endswith("tau −0.20")
    assert DIVERGING == "PuOr"
    assert trace.colorscale[0][1] != trace.colorscale[-1][1]


def test_many_methods_leave_room_for_one_decimal() -> None:
    names, size = [f"m{place}" for place in range(ROOMY_METHODS + 1)], ROOMY_METHODS + 1
    tau = tuple(tuple(1.0 if one == other else -0.03 for other in range(size)) for one in range(size))
    many = dataclasses.replace(AGREEMENT, methods=tuple(names), tau=tau, low=tau, high=tau)
    written = figures.agreement_map(REPORT, many, LIGHT).data[0].text[0][0]
    assert re.sub(r"<[^>]*>", "", written) == "0.0", "no sign before nothing"
    assert "0.90" in figures.agreement_map(REPORT, AGREEMENT, LIGHT).data[0].text[0][0]


def test_the_map_names_both_ends() -> None:
    said = agreement_finding(REPORT, AGREEMENT)
    assert said == (
        "Fisher information and Block influence agree most (tau 0.90), "
        "Fisher information and Layer ablation least (−0.20)"
    )
    pair = Agreement(NAMES[:2], ((1.0, 0.5), (0.5, 1.0)), ((1.0, None), (None, 1.0)), ((1.0, None), (None, 1.0)))
    assert agreement_finding(REPORT, pair) == "Fisher information and Block influence: tau 0.50"
    lonely = Agreement(NAMES[:1], ((1.0,),), ((1.0,),), ((1.0,),))
    assert agreement_finding(REPORT, lonely).startswith("No two methods")


def test_trust_is_sorted_and_carries_its_interval() -> None:
    trust = {
        "fisher_information": Trust("fisher_information", 0.4, 0.1, 0.6, 12),
        "block_influence": Trust("block_influence", 0.8, None, None, 12),
        "layer_ablation": Trust.unknown("layer_ablation", "It is the measurement."),
    }
    report = dataclasses.replace(REPORT, trust=trust)
    trace = figures.trust_bars(report, LIGHT).data[0]
    assert list(trace.x) == [0.4, 0.8]
    assert list(trace.error_x.array) == pytest.approx([0.2, 0.0])
    assert list(trace.error_x.arrayminus) == pytest.approx([0.3, 0.0])
    assert trust_finding(report) == "Block influence comes closest to measured ablation (rank correlation 0.80)"
    assert "Fisher information 0.40" in figures.trust_text(report)


def test_each_rule_ranks_by_itself() -> None:
    rules = {"mean_rank": REPORT.consensus, "median_rank": tuple(reversed(REPORT.consensus))}
    report = dataclasses.replace(REPORT, consensus_by_rule=rules)
    first = {rule: figures.consensus_bars(report, LIGHT, rule=rule).data[0].customdata[-1][0] for rule in rules}
    assert first["mean_rank"] == 0
    assert first["median_rank"] == 11
    median = figures.consensus_bars(report, LIGHT, rule="median_rank")
    assert median.layout.title.subtitle.text == "Median rank over 3 methods"
    old = dataclasses.replace(REPORT, consensus_by_rule={})
    assert figures.consensus_of(old, "borda") == old.consensus


def test_a_layer_without_a_score_says_why_where_it_is_pointed_at() -> None:
    report = made.without_layer(REPORT, "block_influence", 3, "Its output has another shape than its input.")
    result = report["block_influence"]
    assert figures.method_bars(result, LIGHT).data[0].text[3].endswith("another shape than its input.")
    cells = figures.heatmap([result], LIGHT).data[-1]
    assert cells.text[3].endswith("another shape than its input.")
    kept = dataclasses.replace(result, reasons=(None, None, None, "It did not run."))
    assert findings.silence(kept, 3) == "It did not run."
    assert findings.silence(kept, 4) == "does not apply"
