"""Lesson 3: one-shot against search."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.figures.lesson_sets import set_costs, set_costs_text
from analysis_core.report.lessons import sets
from analysis_core.report.lessons.data import LessonData
from pages.ui import language, markup, showcase, theme
from pages.ui.frame import WHAT_IF, guarded
from pages.ui.lessons import control, parts
from pages.ui.strings import layer_list, text

NAME = "search"
COUNT = "learn-sets-count"
FIRST_COUNT = 5
FORMULA = r"\Delta L(S) \;\neq\; \sum_{l \in S} \Delta L(\{l\})"


def draw(data: LessonData) -> None:
    """The lesson."""
    words = parts.Words(
        text=text("learn_sets_text", layers=data.layers, sets=2**data.layers - 1),
        terms=text("learn_sets_terms"),
        formulas=(FORMULA,),
        papers="",
        page=WHAT_IF,
        label=text("learn_sets_do"),
        parameters={"run": showcase.NAME, "strategy": sets.GREEDY, "ratio": "2"},
    )
    parts.lay_out(words, lambda: _figure_side(data))
    parts.ask(NAME, sets.question(data, language.phrases()))


@st.fragment
def _figure_side(data: LessonData) -> None:
    with guarded():
        counts = range(1, data.layers)
        control.restore(COUNT, "count", counts, min(FIRST_COUNT, counts[-1]))
        count = st.select_slider(
            text("learn_sets_control"), counts, key=COUNT, on_change=control.remember, args=(COUNT, "count")
        )
        phrases = language.phrases()
        figure = set_costs(data, count, theme.palette(), phrases)
        theme.chart(figure, "learn-sets-chart", set_costs_text(data, count, phrases))
        with st.expander(text("learn_table")):
            _table(data, count)


def _table(data: LessonData, count: int) -> None:
    rows = [
        [
            choice.title,
            layer_list(choice.removed),
            numbers.significant(choice.cost),
            numbers.significant(choice.sum_of_singles),
        ]
        for choice in sets.choices(data, count, language.phrases())
    ]
    head = [text("learn_sets_way"), text("learn_sets_layers"), text("learn_sets_cost"), text("learn_sets_sum")]
    markup.table(head, rows, text("learn_table"))
