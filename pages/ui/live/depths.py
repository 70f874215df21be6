"""The depth slider of the Live page, the layers that run, and what a depth is worth."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.phrases import sentence_case
from pages.ui import address, markup
from pages.ui.live.model import LiveModel
from pages.ui.strings import layer_list, metric_name, text
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
    said = text("live_kept_all", layers=model.layers)
    if skipped:
        said = text("live_kept", depth=depth, layers=model.layers, skipped=layer_list(skipped))
    cells = "".join(
        f'<span class="{"" if layer in kept else "is-gone"}">{layer}</span>' for layer in range(model.layers)
    )
    st.html(f'<div class="lw-live-layers" role="img" aria-label="{escape(said)}">{cells}</div>')
    markup.note(said)
