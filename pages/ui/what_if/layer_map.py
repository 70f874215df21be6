"""All methods by all layers on What if: a heatmap on which a click takes a layer out or puts it back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analysis_core.report import figures
from analysis_core.report.columns import parts_key
from analysis_core.results import CompressionPlan
from pages.ui import address, language, markup, theme
from pages.ui.strings import text
from pages.ui.what_if.choice import Source

MAP = "what-if-map"
ROW_HEIGHT, LOW_ROW_HEIGHT, FEW_METHODS = 26, 19, 8
OPEN = "1"


def draw(source: Source, plan: CompressionPlan, title: str, on_click: Callable[[], None]) -> None:
    """The map, computed only while it is unfolded.

    Args:
        source: the analysis.
        plan: the layers that go; they are veiled.
        title: what stays.
        on_click: called after a click on a cell.
    """
    key = f"what-if-map-open-{source.name}"
    opened = st.session_state.get(key, address.read("map") == OPEN)
    with st.expander(text("map_title"), expanded=opened, key=key, on_change=lambda: _remember(key)) as unfolded:
        if not unfolded.open:
            return
        report, phrases = source.report, language.phrases()
        methods = [result for result in report.methods.values() if result.not_applicable is None]
        figure = figures.heatmap(
            methods,
            theme.palette(),
            consensus=report.consensus,
            consensus_on_top=True,
            removed=plan.remove,
            layers_of=report.layers,
            row_height=ROW_HEIGHT if len(methods) <= FEW_METHODS else LOW_ROW_HEIGHT,
            phrases=phrases,
        )
        theme.chart(figure, MAP, figures.heatmap_text(methods, title, phrases), on_click)
        markup.note(*(line for line in (text("map_note"), parts_key(report.layers, phrases)) if line))


def _remember(key: str) -> None:
    address.write(map=OPEN if st.session_state[key] else None)
