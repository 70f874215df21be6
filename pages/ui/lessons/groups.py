"""Lesson 6: reading a map of CKA, from the result that ships with the app."""

from __future__ import annotations

import streamlit as st

from analysis_core.errors import StorageError
from analysis_core.methods import METHODS
from analysis_core.report import numbers
from analysis_core.report.figures.lesson_groups import group_map, group_text
from analysis_core.report.lessons import groups
from analysis_core.report.lessons.groups import Table
from analysis_core.results import AnalysisReport
from pages.ui import language, markup, theme
from pages.ui.frame import EXPLORE, guarded
from pages.ui.lessons import control, parts
from pages.ui.showcase import Showcase
from pages.ui.strings import layer_list, text

NAME = "cka"
THRESHOLD = "learn-groups-threshold"
THRESHOLDS = [round(0.75 + 0.01 * step, 2) for step in range(25)]
FIRST_THRESHOLD = 0.9
FORMULAS = (
    r"\mathrm{CKA} \;=\; \frac{\mathrm{HSIC}(K, L)}{\sqrt{\mathrm{HSIC}(K, K)\;\mathrm{HSIC}(L, L)}}",
    r"\mathrm{HSIC} = \frac{1}{n(n-3)} \Big( \mathrm{tr}(KL) + \tfrac{1^{\!\top} K 1 \; 1^{\!\top} L 1}{(n-1)(n-2)}"
    r" - \tfrac{2}{n-2}\, 1^{\!\top} K L 1 \Big)",
)


def draw(shown: Showcase) -> None:
    """The lesson.

    Raises:
        StorageError: the shipped result has no map of CKA.
    """
    table = groups.similarities(shown.report)
    if table is None:
        raise StorageError(
            "The result that ships with the app has no map of CKA.", remedy="Make it again: `layerwise zoo showcase`."
        )
    words = parts.Words(
        text=text("learn_groups_text"),
        terms=text("learn_groups_terms"),
        formulas=FORMULAS,
        papers=f"{METHODS.get(groups.METHOD).paper.rstrip('.')}; {text('learn_groups_davari')}",
        page=EXPLORE,
        label=text("learn_groups_do"),
        parameters={"model": str(shown.report.model["id"])},
    )
    parts.lay_out(words, lambda: _figure_side(shown.report, table))
    parts.ask(NAME, groups.question(table, language.phrases()))


@st.fragment
def _figure_side(report: AnalysisReport, table: Table) -> None:
    with guarded():
        control.restore(THRESHOLD, "threshold", THRESHOLDS, FIRST_THRESHOLD)
        threshold = st.select_slider(
            text("learn_groups_control"),
            THRESHOLDS,
            key=THRESHOLD,
            format_func=lambda value: numbers.significant(value, 2),
            on_change=control.remember,
            args=(THRESHOLD, "threshold"),
        )
        phrases = language.phrases()
        figure = group_map(table, threshold, theme.palette(), phrases)
        theme.chart(figure, "learn-groups-chart", group_text(table, threshold, phrases))
        markup.note(groups.costs_line(report, table, threshold, phrases))
        with st.expander(text("learn_table")):
            _table(table, threshold)


def _table(table: Table, threshold: float) -> None:
    rows = []
    for group in groups.groups(table, threshold):
        values = [table[one][other] for one in group for other in group if one < other]
        least = min((value for value in values if value is not None), default=None)
        rows.append([layer_list(group), numbers.significant(least)])
    markup.table([text("learn_groups_group"), text("learn_groups_least")], rows, text("learn_table"))
