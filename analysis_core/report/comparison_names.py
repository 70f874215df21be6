"""Names that tell runs apart: a model's title, and what differs where two runs have one title."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.results import AnalysisReport

Fact = Callable[[AnalysisReport], object]


def data_name(report: AnalysisReport) -> str:
    """What the examples are called; empty where nobody wrote it down."""
    data = report.provenance.get("data")
    return str(data.get("name") or "") if isinstance(data, Mapping) else ""


def granularity(report: AnalysisReport) -> str:
    """What counted as one layer."""
    return str(report.model.get("granularity", "block"))


FACTS: Mapping[str, Fact] = {
    "compared_seed": lambda report: report.provenance.get("seed"),
    "compared_examples": lambda report: report.provenance.get("examples"),
    "": data_name,
    "compared_parts": granularity,
    "compared_methods": lambda report: len(report.methods),
}
"""Phrase -> what a run is told apart by; no phrase where it speaks for itself. The most telling comes first."""


def names_of(reports: Sequence[AnalysisReport], phrases: Phrases = ENGLISH) -> tuple[str, ...]:
    """One name a run, each unlike the others."""
    titles = [title_of_model(report) for report in reports]
    found: list[str] = []
    for report, title in zip(reports, titles, strict=True):
        alike = [other for other, name in zip(reports, titles, strict=True) if name == title]
        name = _with_differences(report, alike, title, phrases)
        again = sum(earlier == name or earlier.startswith(f"{name} #") for earlier in found)
        found.append(f"{name} #{again + 1}" if again else name)
    return tuple(found)


def title_of_model(report: AnalysisReport) -> str:
    """A model's name for people."""
    return str(report.model.get("title") or report.model.get("id") or "")


def _with_differences(report: AnalysisReport, alike: Sequence[AnalysisReport], title: str, phrases: Phrases) -> str:
    said = []
    for phrase, fact in FACTS.items():
        value = fact(report)
        if value not in (None, "") and any(fact(other) != value for other in alike):
            said.append(phrases[phrase].format(value=value) if phrase else str(value))
    if not said:
        return title
    return phrases["compared_of_title"].format(title=title, differences=phrases.get("comma", ", ").join(said))
