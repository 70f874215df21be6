"""Everything that the figures show as tables, and all scores as a file."""

from __future__ import annotations

import numpy as np
import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.comparison import Comparison
from analysis_core.report.comparison_findings import measure_title, pair_words, ranks_of_pair
from analysis_core.report.comparison_table import comparison_csv
from analysis_core.report.figures.rank_differences import measures_of, written_difference
from pages.ui import language, markup
from pages.ui.compare import ranks
from pages.ui.compare.ranks import place_words
from pages.ui.compare.state import Pair
from pages.ui.strings import text

FILE_NAME = "layerwise-comparison.csv"


def draw(comparison: Comparison, measure: str, pair: Pair) -> None:
    """Closed at first: a table a figure, and the download."""
    with st.expander(text("compare_tables")):
        _places(comparison, measure)
        _ranks(comparison, pair)
        _agreement(comparison)
        st.download_button(
            text("compare_download"),
            data=lambda: comparison_csv(comparison),
            file_name=FILE_NAME,
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _places(comparison: Comparison, measure: str) -> None:
    """Score and rank of the layer of each run that lies nearest to each place."""
    sides = comparison.with_method(measure)
    title = text("compare_table_places", measure=measure_title(comparison, measure, language.phrases()))
    head = [text("compare_place")]
    for side in sides:
        head += [f"{side.letter} · {text('compare_score')}", f"{side.letter} · {text('compare_rank')}"]
    rows = []
    for place, depth in enumerate(comparison.depths.tolist()):
        row = [place_words(comparison, place)]
        for side in sides:
            layer = round(depth * (side.layers - 1))
            row += ranks.scored(comparison, side, measure, layer)
        rows.append(row)
    markup.kicker(title)
    markup.table(head, rows, title)


def _ranks(comparison: Comparison, pair: Pair) -> None:
    one, other = pair
    measures = measures_of(comparison, one, other)
    versus = text("compare_versus", one=one.letter, other=other.letter)
    title = text("compare_table_ranks", pair=versus, one=one.letter)
    columns = []
    for measure in measures:
        first, second = ranks_of_pair(comparison, one, other, measure)
        columns.append([written_difference(value) or numbers.EN_DASH for value in np.subtract(second, first).tolist()])
    head = [text("compare_place"), *(measure_title(comparison, name, language.phrases()) for name in measures)]
    rows = [[place_words(comparison, place), *cells] for place, cells in enumerate(zip(*columns, strict=True))]
    markup.kicker(title)
    markup.table(head, rows, title)


def _agreement(comparison: Comparison) -> None:
    """Every measure by every pair; a dash where a run lacks the method."""
    title = text("compare_table_agreement")
    pairs = [pair_words(item, language.phrases()) for item in comparison.agreements(comparison.measures[0])]
    rows = []
    for measure in comparison.measures:
        found = {pair_words(item, language.phrases()): item for item in comparison.agreements(measure)}
        cells = [
            numbers.EN_DASH
            if pair not in found
            else f"{numbers.significant(found[pair].value, 2)} ({ranks.interval(found[pair])})"
            for pair in pairs
        ]
        rows.append([measure_title(comparison, measure, language.phrases()), *cells])
    markup.kicker(title)
    markup.table([text("compare_measure"), *pairs], rows, title)
