"""Following a run: how far it is, what is already known, and a way to stop it."""

from __future__ import annotations

import time

import streamlit as st

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.methods import METHODS
from analysis_core.models.catalog import catalog
from analysis_core.report import figures, numbers
from analysis_core.results import MethodResult, RunView
from analysis_core.vocabulary import RunState
from pages.ui import language, markup, run_titles, theme, translated
from pages.ui.frame import guarded
from pages.ui.sentences import sentence
from pages.ui.strings import text

POLL_SECONDS = 0.5


def analysis(view: RunView) -> None:
    """An analysis under way, redrawn until it is over."""
    markup.kicker(run_titles.title(view))
    st.title(text("running_title"), anchor=False)
    _follow_analysis(view.id)


@st.fragment(run_every=POLL_SECONDS)
def _follow_analysis(run_id: str) -> None:
    with guarded():
        view = _followed(run_id)
        bar(view)
        steps, partial = st.columns([4, 8], gap="large")
        with steps:
            _steps(view)
        with partial:
            partial_heatmap(view)


@st.fragment(run_every=POLL_SECONDS)
def job(run_id: str) -> None:
    """A compression under way, in one line and a bar."""
    with guarded():
        bar(_followed(run_id))


def bar(view: RunView) -> None:
    """Share done, what is being done, time spent and left, and the button that stops it."""
    line, stop = st.columns([6, 1], vertical_alignment="center")
    with line:
        st.progress(min(1.0, max(0.0, view.progress)), text=_message(view))
    with stop:
        stopping = st.session_state.get(f"stopping-{view.id}", False)
        st.button(
            text("stopping" if stopping else "cancel"),
            key=f"cancel-{view.id}",
            disabled=stopping,
            on_click=_cancel,
            args=(view.id,),
            width="stretch",
        )


def partial_heatmap(view: RunView) -> None:
    """The heatmap as far as it goes; methods that are still to come stand in it as empty rows."""
    names = _methods_of(view)
    done = {item.method: translated.result(item) for item in view.partial}
    layers = len(view.partial[0].scores) if view.partial else _layers_of(view)
    if not layers:
        return
    empty = (None,) * layers
    rows = [
        done.get(name) or MethodResult(name, _title(name), empty, empty, "", not_applicable=text("still_to_come"))
        for name in names
    ]
    finding = text("partial_title", done=len(done), methods=len(names))
    figure = figures.heatmap(rows, theme.palette(), title=finding, phrases=language.phrases())
    theme.chart(figure, "partial-heatmap", figures.heatmap_text(rows, finding, language.phrases()))


def _followed(run_id: str) -> RunView:
    """Where the run stands; the whole page is drawn again once it is over."""
    view = service.follow(run_id)
    if RunState(view.state).is_over:
        st.session_state.pop(f"stopping-{run_id}", None)
        st.rerun()
    return view


def _cancel(run_id: str) -> None:
    service.cancel(run_id)
    st.session_state[f"stopping-{run_id}"] = True


def _message(view: RunView) -> str:
    parts = [sentence(view.message) if view.message else text(f"state_{view.state}")]
    if view.started_at is not None:
        parts.append(text("elapsed", time=numbers.seconds(max(0.0, time.time() - view.started_at))))
    if view.eta_seconds is not None:
        parts.append(text("time_left", time=numbers.seconds(view.eta_seconds)))
    return " · ".join(parts)


def _steps(view: RunView) -> None:
    done = {result.method: result for result in view.partial}
    items = []
    for name in _methods_of(view):
        result = done.get(name)
        remark = numbers.seconds(result.seconds) if result is not None else text("still_to_come")
        items.append((_title(name), remark, result is not None))
    markup.steps(items)


def _methods_of(view: RunView) -> list[str]:
    names = AnalysisConfig.from_dict(view.config).analysis_methods
    return list(METHODS) if names == ("all",) else list(names)


def _title(name: str) -> str:
    return translated.method_title(name)


def _layers_of(view: RunView) -> int:
    return next((card.layers for card in catalog() if card.id == view.config.get("model_name")), 0)
