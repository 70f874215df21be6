"""The Runs page: every run of the store, to find, open, change, repeat, share, take along and delete."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.errors import RunError
from pages.ui import address, markup
from pages.ui.runs import actions, detail, filters, listing, missing
from pages.ui.strings import text


def draw() -> None:
    """The whole page: the list, and beside it the run that the address names."""
    st.title(text("runs_title"), anchor=False)
    markup.lead(text("runs_lead"))
    actions.tell()
    asked = filters.read()
    filters.draw(asked)
    chosen = address.read("run")
    if chosen is None:
        listing.draw(asked, None)
        return
    listed, beside = st.columns([5, 7], gap="large")
    with listed:
        listing.draw(asked, chosen)
    with beside:
        try:
            view = service.follow(chosen)
        except RunError as error:
            missing.draw(chosen, error, asked)
        else:
            detail.draw(view)
