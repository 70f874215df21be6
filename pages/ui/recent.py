"""The latest runs, to open again."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.report import numbers
from analysis_core.results import RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, markup, moments, run_titles, showcase
from pages.ui.frame import EXPLORE, RUNS, WHAT_IF
from pages.ui.strings import text

SHOWN = 8
ICONS = {
    RunState.QUEUED: ":material/schedule:",
    RunState.RUNNING: ":material/progress_activity:",
    RunState.FINISHED: ":material/check_circle:",
    RunState.FAILED: ":material/error:",
    RunState.CANCELLED: ":material/cancel:",
}


def draw() -> None:
    """A list of links, newest first, or a line that says where runs will appear."""
    markup.kicker(text("recent"))
    views = service.runs(limit=SHOWN)
    if not views:
        markup.note(text("recent_empty"))
    for view in views:
        _link(view)
    if views:
        st.page_link(RUNS, label=text("recent_all"), icon=":material/list:")


def _link(view: RunView) -> None:
    state = RunState(view.state)
    spent = ""
    if view.ended_at and view.started_at:
        spent = f" · {numbers.seconds(view.ended_at - view.started_at)}"
    label = (
        f"{run_titles.title(view)}  \n:small[:gray[{text(f'state_{state}')} · {moments.ago(view.created_at)}{spent}]]"
    )
    page, parameters = target(view)
    st.page_link(page, label=label, icon=ICONS[state], query_params=parameters, width="stretch")


def beginning_with(part: str) -> list[RunView]:
    """Runs whose id begins like this, newest first."""
    return [view for view in service.runs(search=part) if view.id.startswith(part)]


def target(view: RunView) -> tuple[str, dict[str, str]]:
    """The page that shows a run, and the parameters that open it there."""
    if view.kind == RunKind.ANALYSIS:
        return EXPLORE, {"run": view.id}
    parameters = {"run": str(view.config.get("source_run") or showcase.NAME)}
    if view.config.get("remove") is not None:
        parameters["removed"] = address.layers_as_text(view.config["remove"])
    if view.state != RunState.FINISHED:
        parameters["job"] = view.id
    return WHAT_IF, parameters
