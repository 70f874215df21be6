"""What agreement between methods and their trust say, in one sentence each."""

from __future__ import annotations

from analysis_core.report import numbers
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.results import Agreement, AnalysisReport, Trust


def agreement_finding(report: AnalysisReport, agreement: Agreement, phrases: Phrases = ENGLISH) -> str:
    """Which two methods rank the layers most alike, and which least."""
    names = [title_of(report, method) for method in agreement.methods]
    pairs = [
        (tau, names[one], names[other])
        for one, row in enumerate(agreement.tau)
        for other, tau in enumerate(row[:one])
        if tau is not None
    ]
    if not pairs:
        return phrases["agreement_none"]
    tau, other, one = max(pairs)
    words = {"one": one, "other": other, "tau": numbers.significant(tau, 2)}
    if len(pairs) == 1:
        return phrases["agreement_pair"].format(**words)
    least_tau, least_other, least_one = min(pairs)
    least = {"least_one": least_one, "least_other": least_other, "least_tau": numbers.significant(least_tau, 2)}
    return phrases["agreement_finding"].format(**words, **least)


def trusted(report: AnalysisReport) -> list[Trust]:
    """Methods with a rank correlation with measured ablation, the highest first."""
    known = [trust for trust in report.trust.values() if trust.correlation is not None]
    return sorted(known, key=lambda trust: -(trust.correlation or 0.0))


def trust_finding(report: AnalysisReport, phrases: Phrases = ENGLISH) -> str:
    """Which method comes closest to measured ablation."""
    known = trusted(report)
    if not known:
        return phrases["trust_none"]
    value = numbers.significant(known[0].correlation, 2)
    return phrases["trust_finding"].format(method=title_of(report, known[0].method), value=value)


def title_of(report: AnalysisReport, method: str) -> str:
    """A method's name for people."""
    return report[method].title if method in report else method


def interval_words(low: float | None, high: float | None, phrases: Phrases = ENGLISH) -> str:
    """An interval in brackets; nothing where there is none."""
    if low is None or high is None:
        return ""
    return phrases["interval_words"].format(low=numbers.significant(low, 2), high=numbers.significant(high, 2))
