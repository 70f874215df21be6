"""The Explore page: a new analysis, or the run that the address names, in whatever state it is."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.errors import RunError
from analysis_core.results import RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, markup, progress, recent, run_titles, translated
from pages.ui.choosing import pickers
from pages.ui.explore import result, under_way
from pages.ui.frame import EXPLORE
from pages.ui.runs import clone
from pages.ui.strings import text
from pages.ui.terms.entries import helped


def draw() -> None:
    """The whole page."""
    run_id = address.read("run")
    if run_id is None:
        _new_analysis()
        return
    try:
        view = service.follow(run_id)
    except RunError as error:
        _gone(error)
        return
    _run(view)


def start(config: AnalysisConfig) -> None:
    """Start an analysis and turn the page to it."""
    run_id = service.start(config)
    st.query_params.from_dict({"run": run_id})
    st.rerun()


def _new_analysis() -> None:
    st.title(text("explore_title"), anchor=False, help=helped("", "score", "rank"))
    markup.lead(text("explore_lead"))
    clone.apply()
    picking, others = st.columns([8, 4], gap="large")
    with picking:
        config = pickers.draw()
        if config is not None:
            start(config)
    with others:
        recent.draw()


def _run(view: RunView) -> None:
    state = RunState(view.state)
    if view.kind == RunKind.COMPRESSION:
        markup.state(text("is_compression_title", title=run_titles.title(view)), [text("is_compression")])
        page, parameters = recent.target(view)
        st.page_link(page, label=text("open_there"), query_params=parameters)
    elif not state.is_over:
        progress.analysis(view)
    elif state is RunState.FINISHED:
        result.draw(translated.report(service.report(view.id)))
    else:
        _ended(view)


def _ended(view: RunView) -> None:
    """Failed or cancelled: what happened, what is left, how to go on."""
    failed = view.state == RunState.FAILED
    markup.kicker(run_titles.title(view))
    st.title(text("failed_title" if failed else "cancelled_title"), anchor=False)
    lines = [view.error or text("failed_unknown")] if failed else [text("cancelled_text")]
    if view.partial:
        lines.append(text("partial_kept", count=len(view.partial)))
    markup.state(text("what_happened"), lines, failed=failed)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(text("start_again"), type="primary", icon=":material/refresh:"):
            start(AnalysisConfig.from_dict(view.config))
        st.page_link(EXPLORE, label=text("new_analysis"))
    if view.partial:
        under_way.heatmap(view, alone=True)


def _gone(error: RunError) -> None:
    st.title(text("gone_title"), anchor=False)
    markup.state(text("gone_what"), [error.what, text("gone_hint")])
    st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
    recent.draw()
