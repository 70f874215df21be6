"""One run beside the list: where it stands, what it found, its settings, where its figures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from analysis_core import service
from analysis_core.report import figures, findings, numbers
from analysis_core.report.layer_names import named_list
from analysis_core.report.origin import origin
from analysis_core.report.phrases import sentence_case
from analysis_core.results import AnalysisReport, CompressionOutcome, Layer, RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import (
    address,
    downloads,
    known_layers,
    language,
    markup,
    moments,
    progress,
    provenance,
    run_titles,
    theme,
    translated,
)
from pages.ui.explore import under_way
from pages.ui.frame import guarded
from pages.ui.runs import actions, listing
from pages.ui.strings import metric_name, text

ROW_HEIGHT = 26


def draw(view: RunView) -> None:
    """The whole panel."""
    head, close = st.columns([9, 1], vertical_alignment="top")
    with head:
        markup.kicker(f"{text(f'runs_one_{view.kind}')} · {text(f'state_{view.state}')}")
        st.subheader(run_titles.title(view), anchor=False)
    with close:
        st.button(
            text("runs_close"), key="runs-close", icon=":material/close:", type="tertiary", help=text("runs_close"),
            on_click=address.write, kwargs={"run": None},
        )  # fmt: skip
    markup.note(_line(view))
    actions.draw(view)
    with guarded():
        _body(view)
    _settings(view.config)


def _line(view: RunView) -> str:
    """Model, owner, when, how long, how many examples: what is known of it, in one line."""
    parts = [listing.model_title(view), moments.clock(view.created_at)]
    if view.owner:
        parts.append(text("runs_owner", owner=view.owner))
    if view.started_at is not None:
        parts.append(text("runs_took", time=listing.took(view)))
    if "max_samples" in view.config:
        parts.append(text("runs_examples", count=view.config["max_samples"]))
    return " · ".join([*parts, view.id])


def _body(view: RunView) -> None:
    state = RunState(view.state)
    if state is RunState.FINISHED and view.kind == RunKind.ANALYSIS:
        _analysis(translated.report(service.report(view.id)))
    elif state is RunState.FINISHED:
        _compression(service.outcome(view.id), known_layers.of_compression(view.config))
    elif state.is_over:
        _ended(view)
    else:
        _going(view.id)


@st.fragment(run_every=progress.POLL_SECONDS)
def _going(run_id: str) -> None:
    """How far it is and what is known already, drawn anew until it is over; then the whole page is."""
    with guarded():
        view = service.follow(run_id)
        if RunState(view.state).is_over:
            st.rerun()
        progress.bar(view)
        if view.partial:
            under_way.heatmap(view)


def _ended(view: RunView) -> None:
    """Failed or cancelled: why, and what it had found by then."""
    if view.state == RunState.FAILED:
        hint = [text("runs_failed_again")] if view.input_at_fault else []
        markup.state(text("failed_title"), [view.error or text("failed_unknown"), *hint], failed=True)
    else:
        markup.state(text("cancelled_title"), [text("cancelled_text")])
    if view.partial:
        under_way.heatmap(view)


def _analysis(report: AnalysisReport) -> None:
    phrases, finding = language.phrases(), findings.layers_finding(report, language.phrases())
    methods = list(report.methods.values())
    figure = figures.heatmap(
        methods,
        theme.palette(),
        consensus=report.consensus,
        title=finding,
        layers_of=report.layers,
        row_height=ROW_HEIGHT,
        phrases=phrases,
    )
    theme.chart(figure, f"runs-heatmap-{report.run}", figures.heatmap_text(methods, finding, phrases))
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.menu(report)
        measured = service.outcomes_of(str(report.run))
        if measured:
            downloads.outcomes(measured, f"from-{report.run}", text("runs_measured_from", count=len(measured)))
    _origin(str(report.run), report.provenance)


def _compression(outcome: CompressionOutcome, layers: Sequence[Layer]) -> None:
    found, plan = outcome.measurement, outcome.plan
    metric = sentence_case(metric_name(found.metric))
    kept, speed = found.retention, found.speedup
    st.html(
        markup.facts(
            [
                (f"{text('quality_kept', metric=metric)} ({numbers.percent(kept.low)} {numbers.EN_DASH} "
                 f"{numbers.percent(kept.high)})", numbers.percent(kept.value)),
                (f"{text('speed_up')} ({numbers.times(speed.low)} {numbers.EN_DASH} {numbers.times(speed.high)})",
                 numbers.times(speed.value)),
                (text("parameters"), numbers.percent(found.parameters_compressed / found.parameters_original)),
            ]
        )
    )  # fmt: skip
    removed = named_list(plan.remove, layers, language.phrases())
    markup.note(
        text("runs_without", layers=removed, kept=plan.compressed_layers) if removed else text("runs_whole"),
        provenance.measured_line(found),
    )
    downloads.outcomes([outcome], str(outcome.run))
    _origin(str(outcome.run), outcome.provenance)


def _origin(run: str, facts: Mapping[str, Any]) -> None:
    with st.expander(text("runs_origin")):
        pairs = origin(run, facts, language.phrases())
        markup.table([text("runs_fact"), text("runs_value")], pairs, text("runs_origin"), words=(1,))


def _settings(settings: Mapping[str, Any]) -> None:
    with st.expander(text("runs_settings")):
        pairs = [(name, _written(value)) for name, value in settings.items() if value not in (None, "", {}, [])]
        markup.table([text("runs_setting"), text("runs_value")], pairs, text("runs_settings"), words=(1,))


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_written(item)}" for name, item in value.items())
    return str(value)
