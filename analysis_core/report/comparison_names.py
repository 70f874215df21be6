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
    "compared_parts": granularity,
    "compared_seed": lambda report: report.provenance.get("seed"),
    "compared_examples": lambda report: report.provenance.get("examples"),
    "compared_data": data_name,
    "compared_methods": lambda report: len(report.methods),
}
"""Phrase -> what runs are told apart by, the most telling first."""


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
    """The title with as many differences as it takes to tell this run from those of the same title."""
    said, left = [], [other for other in alike if other is not report]
    for phrase, fact in FACTS.items():
        value = fact(report)
        apart = [other for other in left if fact(other) != value]
        if apart and value not in (None, ""):
            key = f"{phrase}_{value}"  # a word of our own has a phrase of its own
            said.append(phrases[key] if key in phrases else phrases[phrase].format(value=value))
            left = [other for other in left if other not in apart]
    if not said:
        return title
    return phrases["compared_of_title"].format(title=title, differences=phrases["comma"].join(said))
