"""The Compare page: two to four runs side by side, aligned by relative depth."""

from __future__ import annotations

import streamlit as st

from pages.ui import markup
from pages.ui.strings import text


def draw() -> None:
    """The whole page."""
    st.title(text("compare_title"), anchor=False)
    markup.lead(text("compare_lead"))
