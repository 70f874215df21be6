"""What stands around every page: title, header, styles, a worker in the background, and no raw traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from analysis_core.errors import LayerwiseError
from analysis_core.runs import paths
from pages.ui import address, chart_menu, language, markup, theme
from pages.ui.strings import text
from pages.ui.terms import tips
from pages.ui.terms.marks import part_of_a_page

HOME, EXPLORE, WHAT_IF, COMPARE = "app.py", "pages/1_Explore.py", "pages/2_What_if.py", "pages/3_Compare.py"
LIVE, RUNS, LEARN = "pages/4_Live.py", "pages/5_Runs.py", "pages/6_Learn.py"
PAGES = {
    "home": HOME,
    "explore": EXPLORE,
    "what_if": WHAT_IF,
    "compare": COMPARE,
    "live": LIVE,
    "runs": RUNS,
    "learn": LEARN,
}
WORKER_CHECK_SECONDS = 30
_LOG = logging.getLogger("layerwise.app")


def page(name: str, body: Callable[[], None]) -> None:
    """Draw a page: `name` is one of :data:`PAGES`, and what the body raises ends as a sentence."""
    st.set_page_config(
        page_title=text("page_title", page=text(f"nav_{name}")),
        page_icon=str(theme.ASSETS / "logo.svg"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    language.keep()
    address.tell()
    theme.styles()
    _header()
    with guarded():  # a store that cannot be opened stops both, and is told of once
        body()
        _worker_at_hand(str(paths.home()))


@contextmanager
def guarded() -> Iterator[None]:
    """Show an error as a sentence; fragments need it too, because they run without their page."""
    try:
        with language.settled(), part_of_a_page():
            yield
    except LayerwiseError as error:
        _LOG.info("shown to the reader: %s", error.sentence)
        what = f"{error.where}: {error.what}" if error.where else error.what
        markup.state(text("error_title"), [what, error.remedy], failed=True)
    except Exception:  # noqa: BLE001 - the last resort: the reader gets a sentence, the log the traceback
        _LOG.exception("unexpected error on a page")
        markup.state(text("unexpected_title"), [text("unexpected_hint")], failed=True)


def _header() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="lw-header"):
        st.html(f'<div class="lw-brand">{text("brand")}</div>', width="content")
        st.space("stretch")
        for name, path in PAGES.items():
            st.page_link(path, label=text(f"nav_{name}"))
        language.switch()
    language.announce()
    chart_menu.announce()
    tips.announce()


@st.cache_resource(ttl=WORKER_CHECK_SECONDS, max_entries=4, show_spinner=False)
def _worker_at_hand(home: str) -> bool:
    """Once per server and half minute, see to it that somebody is there to do the runs of this home.

    It comes after the page, and brings its imports with it: a first screen needs no store, and half a second less.
    """
    from analysis_core import service

    service.ensure_worker()
    return True
