"""Which language the reader sees: the address's `lang`, else the one chosen before, else the browser's."""

from __future__ import annotations

import streamlit as st

from pages.ui import address

LANGUAGES = ("en", "zh")
_KEY = "language"


def current() -> str:
    """Code of the language, one of :data:`LANGUAGES`."""
    asked = address.read("lang")
    if asked in LANGUAGES:
        st.session_state[_KEY] = asked
    elif _KEY not in st.session_state:
        st.session_state[_KEY] = "zh" if (st.context.locale or "").startswith("zh") else "en"
    return str(st.session_state[_KEY])
