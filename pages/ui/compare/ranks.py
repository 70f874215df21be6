"""How far the runs agree, pair by pair, and what each says of the marked place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.comparison import CONSENSUS, Agreement, Comparison, Side, missing
from analysis_core.report.comparison_findings import common_layers, pair_words
from analysis_core.report.comparison_lines import line_of
from analysis_core.report.comparison_ranks import places, relative_depths
from analysis_core.report.figures.aligned import nearest_place
from analysis_core.report.layer_names import named
from analysis_core.report.scaling import Scale
from pages.ui import language, markup
from pages.ui.compare.state import Selection
from pages.ui.strings import listed, text


def draw(comparison: Comparison, chosen: Selection) -> None:
    """The panel beside the lines."""
    st.subheader(text("compare_agreement"), anchor=False, help=text("compare_agreement_help"))
    head = [text("compare_pair"), text("compare_correlation"), text("compare_interval")]
    rows = [
        [pair_words(item, language.phrases()), numbers.significant(item.value, 2), interval(item)]
        for item in comparison.agreements(chosen.measure)
    ]
    markup.table(head, rows, text("compare_agreement_caption"))
    st.selectbox(
        text("compare_place"),
        range(len(comparison.depths)),
        key=chosen.keys["layer"],
        index=None,
        format_func=lambda place: place_words(comparison, place),
        placeholder=text("compare_place_none"),
        on_change=chosen.remember,
    )
    if chosen.place is None:
        markup.note(text("compare_nothing_marked"))
    else:
        _marked(comparison, chosen.measure, chosen.place)


def place_words(comparison: Comparison, place: int) -> str:
    """A place of the comparison as a reader chooses it."""
    if comparison.same_depth:
        return text("compare_place_layer", layer=named(place, common_layers(comparison), language.phrases()))
    return text("compare_place_depth", depth=f"{comparison.depths[place]:.2f}")


def interval(agreement: Agreement) -> str:
    """The interval of a rank correlation; a dash where there is none."""
    if agreement.low is None or agreement.high is None:
        return numbers.EN_DASH
    bounds = {"low": numbers.significant(agreement.low, 2), "high": numbers.significant(agreement.high, 2)}
    return text("compare_interval_of", **bounds)


def lacking(comparison: Comparison, methods: Sequence[str]) -> list[str]:
    """Which runs cannot be compared by which of these methods, and why."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for method, sides in missing(comparison).items():
        if method not in methods:
            continue
        reasons: dict[str, list[str]] = {}
        for side, reason in sides:
            reasons.setdefault(reason or _why(side, method), []).append(side.letter)
        for why, letters in reasons.items():
            by_reason.setdefault((listed(letters), why), []).append(comparison.title(method))
    return [
        text("compare_lacks", runs=runs, methods=listed(titles), why=why) for (runs, why), titles in by_reason.items()
    ]


def without_interval(comparison: Comparison, measure: str) -> list[str]:
    """Runs whose line has no band."""
    bare = [side.letter for side in comparison.with_method(measure) if comparison.reading(side, measure).drawn is None]
    return [text("compare_no_interval", runs=listed(bare))] if bare else []


def scored(comparison: Comparison, side: Side, measure: str, layer: int) -> tuple[str, str]:
    """A layer's raw score with its interval, and its rank among the run's own layers."""
    line = line_of(comparison, side, measure, Scale.RAW)
    value, low, high = (float(row[layer]) for row in (line.values, line.low, line.high))
    ranked = places(line.values)
    if math.isnan(value):
        return numbers.EN_DASH, numbers.EN_DASH
    known = int((~np.isnan(ranked)).sum())
    rank = text("compare_rank_of", rank=numbers.rank(float(ranked[layer])), known=known)
    if math.isnan(low):
        return numbers.significant(value), rank
    if measure == CONSENSUS:  # ranks are skewed: a single ± would be wrong
        span = text("compare_interval_of", low=numbers.significant(low, 2), high=numbers.significant(high, 2))
        return f"{numbers.significant(value)} ({span})", rank
    return f"{numbers.significant(value)} ± {numbers.significant(high - value, 2)}", rank


def _marked(comparison: Comparison, measure: str, place: int) -> None:
    """Every layer of every run that lies nearest to the marked place."""
    head = [text("compare_run"), text("compare_score"), text("compare_rank")]
    rows = [
        [f"{side.letter} · {_layer_words(side, layer)}", *scored(comparison, side, measure, layer)]
        for side in comparison.with_method(measure)
        for layer, depth in enumerate(relative_depths(side.layers).tolist())
        if nearest_place(comparison, depth) == place
    ]
    markup.table(head, rows, text("compare_place_caption"))


def _layer_words(side: Side, layer: int) -> str:
    return text("compare_place_layer", layer=named(layer, side.report.layers, language.phrases()))


def _why(side: Side, method: str) -> str:
    return text("compare_no_scores" if method in side.report else "compare_not_run")
