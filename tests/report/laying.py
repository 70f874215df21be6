"""Runs laid side by side, made for tests: with scores of one's own, and as few layers as these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis_core.report.comparison import Comparison, lay_out
from analysis_core.report.comparison_names import names_of
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
