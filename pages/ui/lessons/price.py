"""Lesson 4: what a compression ratio costs, from the result that ships with the app."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import frontier, numbers
from analysis_core.report.figures.lesson_price import price_plot, price_text
from analysis_core.report.lessons import price
from analysis_core.report.phrases import sentence_case
from analysis_core.results import CompressionOutcome
from pages.ui import language, markup, provenance, showcase, theme
from pages.ui.frame import WHAT_IF, guarded
from pages.ui.lessons import control, parts
from pages.ui.showcase import Showcase
from pages.ui.strings import listed, metric_name, text
from pages.ui.what_if import measures

NAME = "price"
RATIO = "learn-price-ratio"
TITLE_RATIO = 2.5
FORMULA = r"\frac{P + n\,p}{P + n'\,p} \;<\; \frac{n}{n'} \qquad (P > 0,\; n' < n)"


def draw(shown: Showcase) -> None:
    """The lesson."""
    outcomes = price.sizes(shown.outcomes)
    words = parts.Words(
        text=text(
            "learn_price_text",
            layers=len(shown.report.layers),
            near=listed([numbers.times(ratio) for ratio in price.neighbours(outcomes, TITLE_RATIO)]),
            rest=numbers.percent(price.rest(outcomes[0])),
        ),
        terms=text("learn_price_terms"),
        formulas=(FORMULA,),
        papers="",
        page=WHAT_IF,
        label=text("learn_price_do"),
        parameters={
            "run": showcase.NAME,
            "strategy": outcomes[0].plan.strategy,
            "ratio": control.written(_chosen(outcomes)),
        },
    )
    parts.lay_out(words, lambda: _figure_side(shown, outcomes))
    parts.ask(NAME, price.question(outcomes, language.phrases()))


def _ratios(outcomes: list[CompressionOutcome]) -> list[float]:
    return [round(outcome.plan.ratio, 2) for outcome in outcomes]


def _chosen(outcomes: list[CompressionOutcome]) -> float:
    """The ratio that the control stands at; at first the one nearest to the lesson's title."""
    ratios = _ratios(outcomes)
    control.restore(RATIO, "ratio", ratios, min(ratios, key=lambda ratio: abs(ratio - TITLE_RATIO)))
    return float(st.session_state[RATIO])


@st.fragment
def _figure_side(shown: Showcase, outcomes: list[CompressionOutcome]) -> None:
    with guarded():
        _chosen(outcomes)
        ratios = _ratios(outcomes)
        ratio = st.select_slider(
            text("learn_price_control"),
            ratios,
            key=RATIO,
            format_func=numbers.times,
            on_change=control.remember,
            args=(RATIO, "ratio"),
        )
        here = outcomes[ratios.index(ratio)]
        phrases = language.phrases()
        figure = price_plot(outcomes, here, theme.palette(), phrases)
        theme.chart(figure, "learn-price-chart", price_text(here, phrases))
        measures.show(shown.report, frontier.measured_point(here), here)
        markup.note(provenance.measured_line(here.measurement))
        with st.expander(text("learn_table")):
            _table(outcomes)


def _table(outcomes: list[CompressionOutcome]) -> None:
    rows = [
        [
            numbers.times(item.plan.ratio),
            numbers.times(item.measurement.speedup.value),
            numbers.times(price.parameters(item)),
            numbers.times(price.memory(item)),
            numbers.percent(frontier.retained(item.measurement).value),
        ]
        for item in outcomes
    ]
    kept = text("quality_kept", metric=sentence_case(metric_name(outcomes[0].measurement.metric)))
    head = [text("learn_price_ratio"), text("speed_up"), text("parameters"), text("size_on_disk"), kept]
    markup.table(head, rows, text("learn_table"))
