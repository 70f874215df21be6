"""The menu of every chart: it saves the chart as a PNG or an SVG, and fills the screen with it."""

from __future__ import annotations

import json
from functools import lru_cache

import streamlit as st

from pages.ui.strings import text
from pages.ui.theme import ASSETS


def announce() -> None:
    """Tell the browser what the menus hold, and how their buttons are called."""
    words = {name: text(f"chart_{name}") for name in ("png", "svg", "full", "close")}
    # In a string of a script, "</" would end the script.
    script = _script().replace("WORDS", json.dumps(words, ensure_ascii=False).replace("</", "<\\/"))
    with st.container(key="lw-chart-menu"):
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


@lru_cache(maxsize=1)
def _script() -> str:
    return (ASSETS / "scripts" / "chart_menu.js").read_text(encoding="utf-8")
