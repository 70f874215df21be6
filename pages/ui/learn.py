"""The Learn page: a list of lessons, or the one that the address names."""

from __future__ import annotations

import streamlit as st

from pages.ui import markup
from pages.ui.strings import text


def draw() -> None:
    """The whole page."""
    st.title(text("learn_title"), anchor=False)
    markup.lead(text("learn_lead"))
