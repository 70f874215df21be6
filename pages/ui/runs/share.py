"""Whole addresses of views, to be copied and sent."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from pages.ui.frame import HOME


def link(page: str, parameters: dict[str, str], here: str) -> str:
    """The address of a page as the reader's browser would write it.

    Args:
        page: file of the page.
        parameters: what follows the question mark.
        here: file of the page that is shown now; the server's own address is what stands before its name.
    """
    url = (st.context.url or "").rstrip("/")
    base = url.removesuffix(path_of(here)).rstrip("/")
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{base}{path_of(page)}{query}"


def path_of(page: str) -> str:
    """A page's place below the app's own address: Streamlit leaves out the number and the ending of its file."""
    return "/" if page == HOME else f"/{Path(page).stem.partition('_')[2]}"
