"""The heatmap of an analysis with its scale and, where layers are parts of blocks, the way to fold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from plotly.graph_objects import Figure

from analysis_core.report import figures, findings
from analysis_core.report.columns import has_parts, parts_key
from analysis_core.report.palette import Palette
from analysis_core.report.scaling import Scale, Scores
from analysis_core.results import AnalysisReport, Layer, MethodResult
from pages.ui import language, theme
from pages.ui.explore import selection
from pages.ui.strings import text
from pages.ui.terms.entries import helped

HEATMAP = "result-heatmap"
ROW_HEIGHT, LOW_ROW_HEIGHT, FEW_METHODS = 46, 34, 7


def draw(report: AnalysisReport, names: dict[str, str], shown: Palette) -> None:
    """Controls and figure; `names` are those of :func:`pages.ui.explore.selection.keys`."""
    scale, folded = controls(report.layers, names, selection.remember)
    methods, finding = list(report.methods.values()), findings.layers_finding(report, language.phrases())
    consensus = figures.consensus_of(report, st.session_state[names["rule"]])
    figure = heatmap(methods, report.layers, shown, names, finding, scale=scale, folded=folded, consensus=consensus)
    alt = figures.heatmap_text(methods, finding, language.phrases())
    theme.chart(figure, HEATMAP, alt, lambda: selection.clicked(report, names, HEATMAP))


def heatmap(
    methods: Sequence[MethodResult],
    layers: Sequence[Layer],
    shown: Palette,
    names: dict[str, str],
    finding: str,
    *,
    scale: Scale,
    folded: bool,
    consensus: Scores | None = None,
) -> Figure:
    """The figure, with the words that say how it is used; of an analysis under way it has no consensus."""
    phrases = language.phrases()
    key = text("fold_note") if folded else parts_key(layers, phrases)
    return figures.heatmap(
        methods,
        shown,
        consensus=consensus,
        scale=scale,
        title=finding,
        subtitle=phrases["full_stop"].join(line for line in (text("click_a_cell"), key) if line),
        selected=st.session_state[names["layer"]],
        numbers_in_cells=True,
        layers_of=layers,
        folded=folded,
        row_height=ROW_HEIGHT if len(methods) <= FEW_METHODS else LOW_ROW_HEIGHT,
        phrases=phrases,
    )


def controls(
    layers: Sequence[Layer], names: dict[str, str], remember: Callable[[dict[str, str]], None]
) -> tuple[Scale, bool]:
    """The scale, and whether blocks are folded; `remember` hears of another scale."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        scale = st.segmented_control(
            text("scale"),
            [scale.value for scale in Scale],
            key=names["view"],
            required=True,
            format_func=lambda name: text(f"scale_{name}"),
            help=helped(text("scale_help"), "score", "normalised", "rank"),
            label_visibility="collapsed",
            on_change=remember,
            args=(names,),
        )
        folded = has_parts(layers) and st.toggle(
            text("fold_parts"),
            key=names["fold"],
            help=text("fold_help"),
            on_change=selection.remember_fold,
            args=(names,),
        )
    return Scale(scale or Scale.NORMALISED), folded
