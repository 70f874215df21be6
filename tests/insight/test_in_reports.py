"""What insight computes stands in every report, and reports of earlier versions still load."""

from __future__ import annotations

import json

import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.insight.consensus import RULES
from analysis_core.methods import METHODS
from analysis_core.results import AnalysisReport
from analysis_core.workflow.analysis import analyze
from tests.toys import tiny_bert, token_batches

NAMES = ("layer_ablation", "fisher_information", "block_influence")


@pytest.fixture(scope="module")
def report() -> AnalysisReport:
    config = AnalysisConfig(analysis_methods=NAMES)
    return analyze(tiny_bert(), token_batches(), config, {name: METHODS.get(name) for name in NAMES})


def test_report_holds_consensus_agreement_and_trust(report: AnalysisReport) -> None:
    assert set(report.consensus_by_rule) == set(RULES)
    assert report.consensus == report.consensus_by_rule["mean_rank"]
    assert report.agreement is not None and report.agreement.methods == NAMES
    assert set(report.trust) == set(NAMES)
    assert report.trust["block_influence"].correlation is not None
    assert report.trust["layer_ablation"].why_not is not None


def test_json_round_trip(report: AnalysisReport) -> None:
    stored = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    loaded = AnalysisReport.from_dict(stored)
    assert loaded.agreement == report.agreement
    assert dict(loaded.trust) == dict(report.trust)
    assert dict(loaded.consensus_by_rule) == dict(report.consensus_by_rule)


def test_a_report_of_an_earlier_version_loads(report: AnalysisReport) -> None:
    stored = json.loads(json.dumps(report.to_dict()))
    for name in ("consensus_by_rule", "agreement", "trust"):
        del stored[name]
    loaded = AnalysisReport.from_dict(stored)
    assert loaded.consensus == report.consensus
    assert loaded.agreement is None and loaded.trust == {} and loaded.consensus_by_rule == {}
