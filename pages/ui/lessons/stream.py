"""Lesson 5: residual streams."""

from __future__ import annotations

import streamlit as st

from analysis_core.methods import METHODS
from analysis_core.report import numbers
from analysis_core.report.figures.lesson_stream import stream_plot, stream_text
from analysis_core.report.lessons import stream
from analysis_core.report.lessons.data import LessonData
from pages.ui import language, markup, theme
from pages.ui.frame import LIVE, guarded
from pages.ui.lessons import control, parts
from pages.ui.strings import text

NAME = "stream"
LAYER = "learn-stream-layer"
FIRST_LAYER = 1
STEP = r"h_{l+1} \;=\; h_l + f_l(h_l) \qquad \text{%s}\;\; h_{l+1} = h_l"
BLOCK_INFLUENCE = r"\mathrm{BI}_l \;=\; 1 - \cos\angle(h_l,\, h_{l+1})"


def draw(data: LessonData) -> None:
    """The lesson."""
    words = parts.Words(
        text=text("learn_stream_text"),
        terms=text("learn_stream_terms"),
        formulas=(STEP % text("learn_stream_skipped"), BLOCK_INFLUENCE),
        papers=METHODS.get("block_influence").paper,
        page=LIVE,
        label=text("learn_stream_do"),
        parameters={"model": str(data.report.model["id"]), "depth": str(data.layers - 1)},
    )
    parts.lay_out(words, lambda: _figure_side(data))
    parts.ask(NAME, stream.question(data, language.phrases()))


@st.fragment
def _figure_side(data: LessonData) -> None:
    with guarded():
        control.restore(LAYER, "layer", range(data.layers), min(FIRST_LAYER, data.layers - 1))
        layer = st.select_slider(
            text("learn_stream_control"),
            range(data.layers),
            key=LAYER,
            on_change=control.remember,
            args=(LAYER, "layer"),
        )
        phrases = language.phrases()
        figure = stream_plot(data, layer, theme.palette(), phrases)
        theme.chart(figure, "learn-stream-chart", stream_text(data, layer, phrases))
        with st.expander(text("learn_table")):
            _table(data)


def _table(data: LessonData) -> None:
    rows = [
        [
            str(step.layer),
            stream.length(step.share, language.phrases()),
            numbers.significant(step.turn, 2),
            numbers.significant(data.without(step.layer).loss_increase),
        ]
        for step in data.stream
    ]
    keys = ("learn_stream_block", "learn_stream_share", "learn_stream_turn", "learn_stream_cost")
    markup.table([text(key) for key in keys], rows, text("learn_table"))
