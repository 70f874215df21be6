"""The depth slider of the Live page, the layers that run, and what a depth is worth."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.columns import columns_of, plain
from analysis_core.report.layer_names import named_list
from analysis_core.report.phrases import sentence_case
from pages.ui import address, known_layers, language, markup
from pages.ui.live.model import LiveModel
from pages.ui.strings import metric_name, text
from pages.ui.terms.entries import helped


def slider(model: LiveModel) -> int:
    """The slider with the strip of layers below it; returns the chosen depth."""
    chosen = int(
        st.select_slider(
            text("live_depth"),
            options=list(model.depths),
            value=st.session_state.setdefault(model.key("first-depth"), model.depth()),
            key=model.key("depth"),
            format_func=lambda depth: text("live_depth_of", depth=depth, layers=model.layers),
            help=helped(text("live_depth_help"), "depth"),
        )
    )
    address.write(depth=None if chosen == model.layers else chosen)
    _strip(model, chosen)
    return chosen


def quality_line(model: LiveModel, depth: int) -> str:
    """What was measured of this depth, in a sentence."""
    metric = sentence_case(metric_name(model.metric))
    if depth not in model.qualities or model.layers not in model.qualities:
        return text("live_quality_pending", metric=metric)
    return text(
        "live_quality",
        metric=metric,
        here=numbers.metric(model.metric, model.qualities[depth]),
        whole=numbers.metric(model.metric, model.qualities[model.layers]),
        examples=model.quality_examples,
    )


def _strip(model: LiveModel, depth: int) -> None:
    kept = set(model.keep_sets[depth])
    skipped = [layer for layer in range(model.layers) if layer not in kept]
    layers = known_layers.of_card({"model_name": model.id})
    layers = layers if len(layers) == model.layers else ()
    columns = columns_of(layers, language.phrases()) if layers else plain(model.layers)
    said = text("live_kept_all", layers=model.layers)
    if skipped:
        said = text(
            "live_kept", depth=depth, layers=model.layers, skipped=named_list(skipped, layers, language.phrases())
        )
    starts = {panel.first for panel in columns.panels[1:]}
    cells = "".join(
        f'<span class="{"" if layer in kept else "is-gone"}{" is-first" if column.x in starts else ""}" '
        f'title="{escape(column.title)}">{escape(column.tick)}</span>'
        for layer, column in enumerate(columns.columns)
    )
    st.html(f'<div class="lw-live-layers" role="img" aria-label="{escape(said)}">{cells}</div>')
    markup.note(said)
