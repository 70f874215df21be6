"""What the frontier holds quality against: the choice of its horizontal axis."""

from __future__ import annotations

import streamlit as st

from analysis_core.report.dominance import FrontierAxis
from pages.ui import address, units
from pages.ui.strings import text
from pages.ui.what_if.choice import Source

WORDS = {
    FrontierAxis.LAYERS: "against_layers",
    FrontierAxis.SPEEDUP: "against_speedup",
    FrontierAxis.PARAMETERS: "against_parameters",
    FrontierAxis.MEMORY: "against_memory",
}


def pick(source: Source) -> FrontierAxis:
    """The chosen axis; the address is its memory."""
    key = f"what-if-axis-{source.name}"
    if key not in st.session_state:
        asked = address.read("axis")
        st.session_state[key] = FrontierAxis(asked) if asked in list(FrontierAxis) else FrontierAxis.LAYERS
    chosen = st.segmented_control(
        text("quality_against"),
        list(FrontierAxis),
        key=key,
        required=True,
        format_func=lambda axis: _word(source, axis),
        on_change=lambda: _changed(key),
    )
    return FrontierAxis(chosen or FrontierAxis.LAYERS)


def _word(source: Source, axis: FrontierAxis) -> str:
    word = WORDS[axis]
    return units.words(source.report, word) if axis is FrontierAxis.LAYERS else text(word)


def _changed(key: str) -> None:
    chosen = st.session_state[key]
    address.write(axis=None if chosen in (None, FrontierAxis.LAYERS) else str(chosen))
