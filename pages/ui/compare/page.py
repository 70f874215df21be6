"""The Compare page: two to four runs side by side, aligned by relative depth."""

from __future__ import annotations

import streamlit as st

from analysis_core.report.comparison import FEWEST, Comparison, lay_out
from analysis_core.report.comparison_names import names_of
from analysis_core.results import AnalysisReport
from pages.ui import language, markup
from pages.ui.compare import differs, picker, views
from pages.ui.strings import text


def draw() -> None:
    """The whole page."""
    st.title(text("compare_title"), anchor=False)
    markup.lead(text("compare_lead"))
    runs = picker.pick()
    if len(runs) < FEWEST:
        return
    names = names_of(list(runs.values()), language.phrases())
    comparison = _laid_out(tuple(runs), names, language.current(), tuple(runs.values()))
    differs.draw(comparison)
    views.draw(comparison)


@st.cache_resource(max_entries=32, show_spinner=False)
def _laid_out(
    keys: tuple[str, ...], names: tuple[str, ...], language_of_names: str, _reports: tuple[AnalysisReport, ...]
) -> Comparison:
    """One comparison for all who open these runs: what is drawn and counted for it is kept in it."""
    return lay_out(list(zip(keys, _reports, strict=True)), names)
