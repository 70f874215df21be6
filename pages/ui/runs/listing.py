"""The list of runs: a line each, which opens it beside the list, and follows it as long as it goes on."""

from __future__ import annotations

import time
from html import escape

import streamlit as st

from analysis_core.models import catalog
from analysis_core.report import numbers
from analysis_core.results import RunView
from analysis_core.vocabulary import RunState
from pages.ui import markup, moments, recent, run_titles, translated
from pages.ui.frame import EXPLORE, RUNS, guarded
from pages.ui.runs import filters
from pages.ui.runs.filters import Filter
from pages.ui.strings import text

POLL_SECONDS = 1.5
CELLS = ("state", "model", "kind", "owner", "when", "took")
IN_SHORT = ("state", "when")
"""What is said of a run where the list shares the page with one of them."""


def draw(asked: Filter, chosen: str | None) -> None:
    """The list; it draws itself anew while one of its runs goes on."""
    views, more = asked.find()
    if not views:
        _nothing(asked)
    elif any(not RunState(view.state).is_over for view in views):
        _live(asked, chosen, [(views, more)])
    else:
        _rows(asked, views, chosen)
        _turn(asked, more)


def took(view: RunView) -> str:
    """How long a run took, or takes already; an en dash for one that never began."""
    if view.started_at is None:
        return numbers.EN_DASH
    return numbers.seconds(max(0.0, (view.ended_at or time.time()) - view.started_at))


def model_title(view: RunView) -> str:
    """The model's name for people: that of its card, else the last part of where it lies."""
    name = str(view.config.get("model_name", ""))
    card = catalog.card_of(name)
    return translated.model_title(card) if card is not None else name.rpartition("/")[2]


@st.fragment(run_every=POLL_SECONDS)
def _live(asked: Filter, chosen: str | None, found: list[tuple[list[RunView], bool]]) -> None:
    """The list while one of its runs goes on; `found` is what was asked for just now, taken when it is first drawn."""
    with guarded():
        views, more = found.pop() if found else asked.find()
        if all(RunState(view.state).is_over for view in views):
            st.rerun()
        _rows(asked, views, chosen)
        _turn(asked, more)


def _rows(asked: Filter, views: list[RunView], chosen: str | None) -> None:
    cells = IN_SHORT if chosen else CELLS
    with st.container(gap=None, key=f"lw-runs-{'short' if chosen else 'wide'}"):
        if not chosen:
            with st.container(horizontal=True, gap=None, key="lw-run-head"):
                heads = "".join(f"<span>{escape(text(f'runs_head_{cell}'))}</span>" for cell in ("title", *cells))
                st.html(f'<div class="lw-run-cells is-head">{heads}</div>')
        for view in views:
            mark = "chosen" if view.id == chosen else "row"
            with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"lw-run-{mark}-{view.id}"):
                st.page_link(
                    RUNS,
                    label=run_titles.title(view),
                    icon=recent.ICONS[RunState(view.state)],
                    query_params=asked.parameters(run=view.id),
                )
                facts = _facts(view)
                spans = "".join(f'<span class="is-{cell}">{escape(facts[cell])}</span>' for cell in cells)
                st.html(f'<div class="lw-run-cells is-{escape(view.state)}">{spans}</div>')


def _facts(view: RunView) -> dict[str, str]:
    state = text(f"state_{view.state}")
    if view.state == RunState.RUNNING:
        state += f" {100 * view.progress:.0f}{numbers.NARROW_SPACE}%"
    return {
        "state": state,
        "model": model_title(view),
        "kind": text(f"runs_one_{view.kind}"),
        "owner": view.owner or numbers.EN_DASH,
        "when": moments.ago(view.created_at),
        "took": took(view),
    }


def _turn(asked: Filter, more: bool) -> None:
    """Links to the pages of the list before and after this one."""
    if asked.page == 1 and not more:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if asked.page > 1:
            newer = asked.parameters(page=asked.page - 1)
            st.page_link(RUNS, label=text("runs_newer"), icon=":material/chevron_left:", query_params=newer)
        markup.note(text("runs_page", page=asked.page))
        if more:
            older = asked.parameters(page=asked.page + 1)
            st.page_link(RUNS, label=text("runs_older"), icon=":material/chevron_right:", query_params=older)


def _nothing(asked: Filter) -> None:
    """An empty store, or a question that no run answers."""
    if asked.page > 1:
        markup.state(text("runs_no_page_title"), [text("runs_no_page")])
        st.page_link(RUNS, label=text("runs_first_page"), query_params=asked.parameters(page=None))
    elif asked.narrows:
        markup.state(text("runs_none_title"), [text("runs_none")])
        st.button(text("runs_clear"), icon=":material/close:", on_click=filters.clear)
    else:
        markup.state(text("runs_empty_title"), [text("runs_empty")])
        st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
