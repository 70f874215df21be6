"""Following a run: how far it is, what is already known, and a way to stop it."""

from __future__ import annotations

import time

import streamlit as st

from analysis_core import service
from analysis_core.report import numbers
from analysis_core.results import RunView
from analysis_core.vocabulary import RunState
from pages.ui import markup, run_titles, translated
from pages.ui.explore import under_way
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
            under_way.heatmap(view, alone=True)


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
    for name in under_way.methods_of(view):
        result = done.get(name)
        remark = numbers.seconds(result.seconds) if result is not None else text("still_to_come")
        items.append((translated.method_title(name), remark, result is not None))
    markup.steps(items)
