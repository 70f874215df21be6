"""A link to a run that is not here: what may have happened, and the runs that may have been meant."""

from __future__ import annotations

import re

import streamlit as st

from analysis_core.errors import RunError
from analysis_core.results import RunView
from analysis_core.vocabulary import RunState
from pages.ui import markup, moments, recent, run_titles
from pages.ui.frame import RUNS
from pages.ui.runs.filters import Filter
from pages.ui.strings import text

SHORTEST_PART, WHOLE = 4, 14
OFFERED = 5


def draw(asked: str, error: RunError, listed: Filter) -> None:
    """What is said in the place of a run.

    Args:
        asked: what the address names.
        error: why it was not opened.
        listed: the list beside it.
    """
    near = nearest(asked)
    if near:
        markup.state(text("runs_part_title"), [text("runs_part", part=asked)])
    else:
        markup.state(text("gone_title"), [error.what, text("runs_gone_hint")])
    for view in near:
        facts = f"{text(f'state_{view.state}')} · {moments.clock(view.created_at)}"
        label = f"{run_titles.title(view)}  \n:small[:gray[{facts}]]"
        st.page_link(
            RUNS, label=label, icon=recent.ICONS[RunState(view.state)], query_params=listed.parameters(run=view.id)
        )
    st.page_link(RUNS, label=text("runs_back"), icon=":material/list:", query_params=listed.parameters(run=None))


def nearest(asked: str) -> list[RunView]:
    """Runs whose id begins as the link does: it was cut off, or something was pasted behind it."""
    part = re.sub(r"[^0-9a-z].*", "", asked.strip().lower())[:WHOLE]
    if len(part) < SHORTEST_PART:
        return []
    return recent.beginning_with(part)[:OFFERED]
