"""Lesson 1: why the first layer looks unimportant and is not."""

from __future__ import annotations

import streamlit as st

from analysis_core.methods import METHODS
from analysis_core.report import numbers
from analysis_core.report.figures.lesson_places import places, places_text
from analysis_core.report.lessons import first_layer
from analysis_core.report.lessons.data import LessonData
from pages.ui import language, markup, theme
from pages.ui.frame import EXPLORE, guarded
from pages.ui.lessons import control, parts
from pages.ui.strings import listed, text

NAME = "first-layer"
LAYER = "learn-first-layer"
FORMULAS = (
    r"\Delta L_l \;=\; L(f_{\setminus l}) - L(f)",
    r"T_l \;=\; \sum_{w \in l} \left|\, w \, \frac{\partial L}{\partial w} \,\right|",
)


def draw(data: LessonData) -> None:
    """The lesson."""
    beside = parts.Words(
        text=words(data),
        terms=text("learn_first_terms"),
        formulas=FORMULAS,
        papers=METHODS.get("gradient_based").paper,
        page=EXPLORE,
        label=text("learn_first_do"),
        parameters={"model": str(data.report.model["id"])},
    )
    parts.lay_out(beside, lambda: _figure_side(data))
    parts.ask(NAME, first_layer.question(data, language.phrases()))


def words(data: LessonData) -> str:
    """The lesson's text, with the scores that it is about."""
    return text("learn_first_text", low=listed(first_layer.underrating(data)))


def chart(data: LessonData, layer: int, key: str) -> None:
    """The figure for one layer."""
    phrases = language.phrases()
    theme.chart(places(data, layer, theme.palette(), phrases), key, places_text(data, layer, phrases))


@st.fragment
def _figure_side(data: LessonData) -> None:
    with guarded():
        control.restore(LAYER, "layer", range(data.layers), 0)
        layer = st.select_slider(
            text("learn_first_control"),
            range(data.layers),
            key=LAYER,
            on_change=control.remember,
            args=(LAYER, "layer"),
        )
        chart(data, layer, "learn-first-chart")
        with st.expander(text("learn_table")):
            _table(data, layer)


def _table(data: LessonData, layer: int) -> None:
    rows = [first_layer.measured_place(data, layer, language.phrases()), *first_layer.score_places(data, layer)]
    head = [text("learn_first_score"), text("learn_first_place")]
    markup.table(head, [[row.title, numbers.rank(row.rank)] for row in rows], text("learn_table"))
