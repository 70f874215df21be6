"""The Runs page: every run of the store, to find, open, repeat, share, export and delete."""

from __future__ import annotations

import streamlit as st

from pages.ui import markup, recent
from pages.ui.strings import text


def draw() -> None:
    """The whole page."""
    st.title(text("runs_title"), anchor=False)
    markup.lead(text("runs_lead"))
    recent.draw()
