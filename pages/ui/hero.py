"""The result that the first screen opens with: a heatmap, a slider that takes layers out, and what goes with them."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import figures, findings, frontier, numbers
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.layer_names import named_list
from analysis_core.results import AnalysisReport, CompressionOutcome
from pages.ui import address, language, markup, provenance, theme
from pages.ui.frame import guarded
from pages.ui.showcase import Showcase
from pages.ui.strings import text
from pages.ui.terms.entries import helped
from pages.ui.what_if import measures

SLIDER = "home-ratio"
FIRST_RATIO = 1.5


@st.fragment
def draw(shown: Showcase) -> None:
    """The heatmap of the shipped result, and one slider that takes layers out of it."""
    with guarded():
        outcomes = _one_a_size(shown.outcomes)
        chart_side, figure_side = st.columns([7, 5], gap="medium")
        with chart_side:
            place = st.container()
            outcome = _slider(outcomes)
        with place:
            _heatmap(shown.report, outcome)
        with figure_side:
            points = [frontier.measured_point(item) for item in outcomes]
            here = frontier.measured_point(outcome)
            measures.show(shown.report, here, outcome)
            _curve(points, shown.report.metric, here)
        markup.note(provenance.line(shown.report) + " " + provenance.measured_line(outcome.measurement))


def _slider(outcomes: list[CompressionOutcome]) -> CompressionOutcome:
    """The measured model that the slider points to; the address keeps its ratio."""
    sizes = {outcome.plan.compressed_layers: outcome for outcome in outcomes}
    if SLIDER not in st.session_state:
        asked = address.read_number("ratio") or FIRST_RATIO
        st.session_state[SLIDER] = min(sizes, key=lambda kept: abs(sizes[kept].plan.ratio - asked))
    kept = st.select_slider(
        text("home_slider"),
        options=list(sizes),
        key=SLIDER,
        format_func=lambda size: text("ratio_of", ratio=numbers.times(sizes[size].plan.ratio), kept=size),
        help=helped(text("home_slider_help"), "ratio"),
        on_change=_remember,
        args=({size: outcome.plan.ratio for size, outcome in sizes.items()},),
    )
    return sizes[kept]


def _remember(ratios: dict[int, float]) -> None:
    address.write(ratio=f"{ratios[st.session_state[SLIDER]]:.2f}")


def _one_a_size(outcomes: tuple[CompressionOutcome, ...]) -> list[CompressionOutcome]:
    """The first strategy's model of every size, the largest first.

    Not the best of each size: choosing by the test examples would flatter the figures that they give.
    """
    strategy = outcomes[0].plan.strategy
    chosen = {item.plan.compressed_layers: item for item in outcomes if item.plan.strategy == strategy}
    return [chosen[size] for size in sorted(chosen, reverse=True)]


def _heatmap(report: AnalysisReport, outcome: CompressionOutcome) -> None:
    phrases = language.phrases()
    methods, finding = list(report.methods.values()), findings.layers_finding(report, phrases)
    gone = outcome.plan.remove
    subtitle = text("home_veiled", layers=named_list(gone, report.layers, phrases)) if gone else text("home_all_layers")
    figure = figures.heatmap(
        methods,
        theme.palette(),
        consensus=report.consensus,
        title=finding,
        subtitle=subtitle,
        removed=gone,
        row_height=34,
        layers_of=report.layers,
        phrases=phrases,
    )
    theme.chart(figure, "home-heatmap", figures.heatmap_text(methods, finding, phrases))


def _curve(points: list[FrontierPoint], metric: str, here: FrontierPoint) -> None:
    phrases = language.phrases()
    figure = figures.curve(points, metric, theme.palette(), here=here, height=190, phrases=phrases)
    theme.chart(figure, "home-curve", figures.curve_text(points, metric, phrases))
