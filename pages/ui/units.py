"""What an analysis counts: blocks, parts of blocks or whole stages; words and phrases that go with it."""

from __future__ import annotations

from types import MappingProxyType

from analysis_core.compression.plan import granularity_of
from analysis_core.report.phrases import Phrases
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import Granularity
from pages.ui import language
from pages.ui.strings import text

_ENDINGS = {Granularity.BLOCK: "", Granularity.SUBLAYER: "_parts", Granularity.STAGE: "_stages"}
_AXES = {Granularity.SUBLAYER: "axis_parts", Granularity.STAGE: "axis_stages"}


def words(report: AnalysisReport, key: str, /, **values: object) -> str:
    """A phrase in the form that speaks of what this analysis counts."""
    return text(f"{key}{_ENDINGS[granularity_of(report)]}", **values)


def phrases(report: AnalysisReport) -> Phrases:
    """The words of figures, whose ratio and numbers count what this analysis counts."""
    known, axis = language.phrases(), _AXES.get(granularity_of(report))
    if axis is None:
        return known
    return MappingProxyType({**known, "axis_layers": known[axis], "numbers_alone": known["numbers_bare"]})


def counts_blocks(report: AnalysisReport) -> bool:
    """Whether its layers are whole blocks."""
    return granularity_of(report) is Granularity.BLOCK
