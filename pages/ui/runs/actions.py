"""What can be done with a run: open it, change it, repeat it, share it, take its figures along, delete it."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.config import config_from_dict
from analysis_core.errors import LayerwiseError
from analysis_core.results import RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, markup, recent, run_titles
from pages.ui.frame import EXPLORE, RUNS
from pages.ui.runs import clone, share
from pages.ui.strings import text

TOLD, DONE = "runs-told", "runs-done"


def draw(view: RunView) -> None:
    """All actions in a row; what went wrong with the last one below them."""
    page, parameters = recent.target(view)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lw-run-actions"):
        st.page_link(
            page, label=text("runs_open_explore" if page == EXPLORE else "runs_open_what_if"),
            icon=":material/arrow_forward:", query_params=parameters,
        )  # fmt: skip
        if view.kind == RunKind.ANALYSIS:
            st.page_link(
                EXPLORE, label=text("runs_clone"), icon=":material/tune:",
                query_params={clone.PARAMETER: view.id}, help=text("runs_clone_help"),
            )  # fmt: skip
        st.button(
            text("runs_repeat"), key=f"repeat-{view.id}", icon=":material/refresh:", type="tertiary",
            help=text("runs_repeat_help"), on_click=_repeat, args=(view,),
        )  # fmt: skip
        _share(view)
        _delete(view)
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        markup.state(text("error_title"), [told], failed=True)


def tell() -> None:
    """Say what was done last; a toast out of a callback would take the place of the page's styles."""
    done = st.session_state.pop(DONE, None)
    if done is not None:
        st.toast(done, icon=":material/check:")


def _share(view: RunView) -> None:
    page, parameters = recent.target(view)
    with st.popover(text("runs_share"), icon=":material/link:", type="tertiary"):
        markup.note(text("runs_share_view"))
        st.code(share.link(page, parameters, RUNS), language=None, wrap_lines=True)
        markup.note(text("runs_share_details"))
        st.code(share.link(RUNS, {"run": view.id}, RUNS), language=None, wrap_lines=True)
        markup.note(text("runs_share_hint"))


def _delete(view: RunView) -> None:
    """Behind a question; a run that goes on cannot be deleted, and says so."""
    with st.popover(text("runs_delete"), icon=":material/delete:", type="tertiary"):
        if not RunState(view.state).is_over:
            markup.note(text("runs_delete_not_yet"))
            return
        words = "runs_delete_analysis" if view.kind == RunKind.ANALYSIS else "runs_delete_compression"
        markup.note(text(words, run=run_titles.title(view)))
        st.button(
            text("runs_delete_sure"), key=f"delete-{view.id}", type="primary", icon=":material/delete:",
            on_click=_forget, args=(view,),
        )  # fmt: skip


def _repeat(view: RunView) -> None:
    try:
        started = service.start(config_from_dict(view.kind, view.config), owner=view.owner)
    except LayerwiseError as error:
        st.session_state[TOLD] = f"{error.what} {error.remedy}".strip()
        return
    address.write(run=started, search=None, kind=None, state=None, page=None)
    st.session_state[DONE] = text("runs_repeated", run=run_titles.title(view))


def _forget(view: RunView) -> None:
    try:
        service.delete(view.id)
    except LayerwiseError as error:
        st.session_state[TOLD] = f"{error.what} {error.remedy}".strip()
        return
    address.write(run=None)
    st.session_state[DONE] = text("runs_deleted", run=run_titles.title(view))
