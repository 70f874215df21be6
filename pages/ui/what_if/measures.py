"""What a smaller model keeps and saves, as a row of figures: a solid frame is measured, a dashed one is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from analysis_core.report import frontier, numbers
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.phrases import sentence_case
from analysis_core.results import AnalysisReport, CompressionOutcome
from pages.ui.strings import metric_name, text
from pages.ui.terms import marks

KNOWN_BY = {True: "measured", False: "estimated", None: "counted"}
"""How a figure is known -> its term."""


@dataclass(frozen=True)
class Figure:
    """One figure: its term, its name, its value, what stands beside it; `measured` None means: counted exactly."""

    term: str
    name: str
    value: str
    beside: str
    measured: bool | None


def show(report: AnalysisReport, point: FrontierPoint, outcome: CompressionOutcome | None) -> None:
    """The figures of one smaller model: quality, speed, parameters, size on disk.

    Args:
        report: the analysis that it belongs to.
        point: the model on the curve.
        outcome: its measurement, if there is one.
    """
    figures = [_quality(report, point, outcome), _speed(point, outcome), _parameters(report, point, outcome)]
    figures.append(_size(report, point, outcome))
    st.html(f'<div class="lw-figures">{"".join(map(_markup, figures))}</div>')


def _quality(report: AnalysisReport, point: FrontierPoint, outcome: CompressionOutcome | None) -> Figure:
    kept, name = point.retention, report.metric
    span = f"{numbers.percent(kept.low)} {numbers.EN_DASH} {numbers.percent(kept.high)}"
    before = outcome.measurement.original if outcome else report.baseline[name]
    change = f"{numbers.metric(name, before)} → {numbers.metric(name, point.metric.value)}"
    title = text("quality_kept", metric=sentence_case(metric_name(name)))
    return Figure("retention", title, numbers.percent(kept.value), f"{span}\n{change}", point.measured)


def _speed(point: FrontierPoint, outcome: CompressionOutcome | None) -> Figure:
    title = text("speed_up")
    if outcome is not None:
        measurement = outcome.measurement
        times = (measurement.latency_original.median_ms, measurement.latency_compressed.median_ms)
        spent = " → ".join(map(numbers.milliseconds, times))
        span = f"{numbers.times(measurement.speedup.low)} {numbers.EN_DASH} {numbers.times(measurement.speedup.high)}"
        return Figure("speedup", title, numbers.times(measurement.speedup.value), f"{span}\n{spent}", True)
    if point.speedup is None:
        return Figure("speedup", title, numbers.EN_DASH, text("speed_unknown"), False)
    span = f"{numbers.times(point.speedup.low)} {numbers.EN_DASH} {numbers.times(point.speedup.high)}"
    return Figure("speedup", title, numbers.times(point.speedup.value), f"{span}\n{text('speed_guess')}", False)


def _parameters(report: AnalysisReport, point: FrontierPoint, outcome: CompressionOutcome | None) -> Figure:
    before, after = frontier.parameters_after(report, point.removed)
    if outcome is not None:  # low rank leaves fewer than the layers alone say
        before, after = outcome.measurement.parameters_original, outcome.measurement.parameters_compressed
    change = f"{numbers.percent(after / before)}\n{numbers.count(before)} → {numbers.count(after)}"
    return Figure("parameters", text("parameters"), numbers.times(before / after), change, None)


def _size(report: AnalysisReport, point: FrontierPoint, outcome: CompressionOutcome | None) -> Figure:
    title = text("size_on_disk")
    if outcome is not None:
        measurement = outcome.measurement
        before, after = measurement.bytes_original, measurement.bytes_compressed
        change = f"{numbers.percent(after / before)}\n{numbers.size(before)} → {numbers.size(after)}"
        return Figure("memory", title, numbers.times(before / after), change, True)
    counts = frontier.parameters_after(report, point.removed)
    return Figure("memory", title, numbers.times(counts[0] / counts[1]), text("size_guess"), False)


def _markup(figure: Figure) -> str:
    known = KNOWN_BY[figure.measured]
    mood = "is-estimated" if figure.measured is False else "is-measured"
    beside = "<br>".join(map(escape, figure.beside.splitlines()))
    return (
        f'<div class="lw-figure {mood}"><div class="lw-name"><span>{marks.mark(figure.term, figure.name)}</span>'
        f'<span class="lw-tag">{marks.mark(known, text(f"tag_{known}"))}</span></div>'
        f'<div class="lw-row"><div class="lw-value">{escape(figure.value)}</div>'
        f'<div class="lw-beside">{beside}</div></div></div>'
    )
