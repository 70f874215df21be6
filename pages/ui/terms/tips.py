"""What shows and hides the explanation of a marked term, in the browser."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

SCRIPT = Path(__file__).resolve().parents[3] / "assets" / "scripts" / "terms.js"


def announce() -> None:
    """Put the script onto the page; a second one changes nothing."""
    with st.container(key="lw-term-script"):
        st.html(f"<script>{_script()}</script>", unsafe_allow_javascript=True)


@lru_cache(maxsize=1)
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")
