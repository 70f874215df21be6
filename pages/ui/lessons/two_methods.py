"""Lesson 2: when methods disagree."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.figures.lesson_pair import pair_plot, pair_text
from analysis_core.report.lessons import two_methods
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.scaling import ranks
from pages.ui import language, markup, theme
from pages.ui.frame import EXPLORE, guarded
from pages.ui.lessons import control, parts
from pages.ui.strings import text

NAME = "two-methods"
ONE, OTHER = "learn-pair-one", "learn-pair-other"
FIRST = ("gradient_based", "neuron_activation")
FORMULA = r"\rho \;=\; 1 - \frac{6 \sum_l d_l^{\,2}}{n\,(n^2 - 1)}"


def draw(data: LessonData) -> None:
    """The lesson."""
    words = parts.Words(
        text=text("learn_pair_text"),
        terms=text("learn_pair_terms"),
        formulas=(FORMULA,),
        papers="Spearman 1904, The Proof and Measurement of Association between Two Things",
        page=EXPLORE,
        label=text("learn_pair_do"),
        parameters={"model": str(data.report.model["id"])},
    )
    parts.lay_out(words, lambda: _figure_side(data))
    parts.ask(NAME, two_methods.question(data, language.phrases()))


@st.fragment
def _figure_side(data: LessonData) -> None:
    with guarded():
        left, right = st.columns(2)
        with left:
            one = _picker(data, ONE, "one", text("learn_pair_one"), FIRST[0])
        with right:
            other = _picker(data, OTHER, "two", text("learn_pair_other"), FIRST[1])
        if one == other:
            markup.state(data.report[one].title, [text("learn_pair_same")])
            return
        phrases = language.phrases()
        figure = pair_plot(data, one, other, theme.palette(), phrases)
        theme.chart(figure, "learn-pair-chart", pair_text(data, one, other, phrases))
        markup.note(two_methods.verdict(data, one, other, phrases))
        with st.expander(text("learn_table")):
            _table(data, one, other)


def _picker(data: LessonData, key: str, parameter: str, label: str, first: str) -> str:
    options = [*data.scores, two_methods.JUDGE]
    control.restore(key, parameter, options, first)
    return str(
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda name: data.report[name].title,
            on_change=control.remember,
            args=(key, parameter),
        )
    )


def _table(data: LessonData, one: str, other: str) -> None:
    measured = ranks(data.singles())
    rows = [
        [str(layer), numbers.rank(first), numbers.rank(second), numbers.rank(measured[layer])]
        for layer, first, second in two_methods.rank_points(data, one, other)
    ]
    titles = [data.report[name].title for name in (one, other)]
    markup.table([text("learn_pair_layer"), *titles, text("learn_pair_measured")], rows, text("learn_table"))
