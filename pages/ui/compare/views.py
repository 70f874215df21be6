"""The figures of runs side by side, and the one selection that all of them show."""

from __future__ import annotations

import streamlit as st

from analysis_core.report.comparison import CONSENSUS, Comparison, silent_layers
from analysis_core.report.comparison_findings import chance_finding, measure_title
from analysis_core.report.figures.aligned import aligned, aligned_text
from analysis_core.report.figures.parallel import FEWEST_AXES, ColourBy, parallel, parallel_text
from analysis_core.report.figures.rank_differences import rank_differences, rank_differences_text
from analysis_core.report.layer_names import named_list
from analysis_core.report.palette import Palette
from analysis_core.report.scaling import Scale
from pages.ui import language, markup, theme
from pages.ui.choosing.method_picker import explanation
from pages.ui.compare import differs, ranks, state, tables
from pages.ui.compare.state import Selection
from pages.ui.frame import guarded
from pages.ui.strings import listed, text
from pages.ui.terms.entries import helped

ALIGNED, DIFFERENCES, PARALLEL = "compare-aligned", "compare-differences", "compare-parallel"


@st.fragment
def draw(comparison: Comparison) -> None:
    """Aligned lines, differences of ranks, parallel coordinates, tables."""
    with guarded():
        chosen = state.restore(comparison)
        shown = theme.palette()
        st.space("small")
        _aligned(comparison, chosen, shown)
        st.space("small")
        _differences(comparison, chosen, shown)
        st.space("small")
        _parallel(comparison, chosen, shown)
        tables.draw(comparison, chosen.measure, chosen.pair)
        differs.links(comparison)


def _aligned(comparison: Comparison, chosen: Selection, shown: Palette) -> None:
    st.header(text("compare_aligned"), anchor=False)
    wide, narrow = st.columns([8, 4], gap="large")
    with wide:
        _measure(comparison, chosen)
        figure = aligned(
            comparison, chosen.measure, shown, scale=chosen.scale, selected=chosen.place, phrases=language.phrases()
        )
        alt = aligned_text(comparison, chosen.measure, language.phrases())
        theme.chart(figure, ALIGNED, alt, lambda: chosen.mark(theme.clicked(ALIGNED)))
        markup.note(*_aligned_notes(comparison, chosen.measure))
    with narrow:
        ranks.draw(comparison, chosen)


def _measure(comparison: Comparison, chosen: Selection) -> None:
    """What the runs are compared by, and on which scale."""
    left, right = st.columns([6, 6], vertical_alignment="bottom")
    with left:
        st.selectbox(
            text("compare_measure"),
            comparison.measures,
            key=chosen.keys["measure"],
            format_func=lambda measure: _measure_label(comparison, measure),
            help=helped(text("compare_measure_help"), "mean_rank")
            if chosen.measure == CONSENSUS
            else explanation(chosen.measure),
            on_change=chosen.remember,
        )
    if chosen.measure != CONSENSUS:
        with right:
            st.segmented_control(
                text("compare_scale"),
                [scale.value for scale in Scale],
                key=chosen.keys["view"],
                required=True,
                format_func=lambda name: text(f"scale_{name}"),
                help=helped(text("compare_scale_help"), "normalised", "rank"),
                on_change=chosen.remember,
            )


def _measure_label(comparison: Comparison, measure: str) -> str:
    if measure != CONSENSUS:
        return measure_title(comparison, measure, language.phrases())
    if not comparison.shared:
        return text("compare_consensus_own")
    if len(comparison.shared) == 1:
        return text("compare_consensus_one")
    return text("compare_consensus", count=len(comparison.shared))


def _aligned_notes(comparison: Comparison, measure: str) -> list[str]:
    """How the runs were aligned, what chance alone gives, and who cannot be compared on what."""
    if comparison.same_depth:
        lines = [text("compare_same_depth", count=comparison.shallowest.layers)]
    else:
        counts = listed([f"{side.letter} {side.layers}" for side in comparison.sides])
        places = len(comparison.depths)
        lines = [text("compare_other_depth", counts=counts, places=places, run=comparison.shallowest.letter)]
    lines += [chance_finding(comparison, measure, language.phrases())]
    kinds = differs.kinds(comparison)
    if len(set(kinds)) > 1:
        lines.append(text("compare_parts_mixed", kinds=listed(list(dict.fromkeys(kinds)))))
    if measure == CONSENSUS and not comparison.shared:
        lines.append(text("compare_none_shared"))
    lines += ranks.without_interval(comparison, measure)
    lines += ranks.lacking(comparison, [measure])
    return [line for line in lines if line]


def _differences(comparison: Comparison, chosen: Selection, shown: Palette) -> None:
    st.header(text("compare_ranks"), anchor=False, help=text("compare_ranks_help"))
    if len(comparison.pairs) > 1:
        st.segmented_control(
            text("compare_which_pair"),
            list(state.pairs(comparison)),
            key=chosen.keys["pair"],
            required=True,
            format_func=lambda name: text("compare_versus", one=name[0], other=name[1]),
            on_change=chosen.remember,
            label_visibility="collapsed",
        )
    one, other = chosen.pair
    figure = rank_differences(comparison, one, other, shown, selected=chosen.place, phrases=language.phrases())
    alt = rank_differences_text(comparison, one, other, language.phrases())
    theme.chart(figure, DIFFERENCES, alt, lambda: chosen.mark(theme.clicked(DIFFERENCES)))
    markup.note(
        text("compare_ranks_note", places=len(comparison.depths)),
        *ranks.lacking(comparison, comparison.all_methods),
    )


def _parallel(comparison: Comparison, chosen: Selection, shown: Palette) -> None:
    st.header(text("compare_parallel"), anchor=False, help=helped(text("compare_parallel_help"), "parallel"))
    if len(comparison.shared) < FEWEST_AXES:
        some = [comparison.title(method) for method in comparison.all_methods if method not in comparison.shared]
        lines = [text("compare_parallel_few", count=len(comparison.shared), methods=listed(some))]
        markup.state(text("compare_parallel_few_title"), lines)
        return
    st.segmented_control(
        text("compare_colour_by"),
        [way.value for way in ColourBy],
        key=chosen.keys["colour"],
        required=True,
        format_func=lambda name: text(f"compare_by_{name}"),
        on_change=chosen.remember,
        label_visibility="collapsed",
    )
    figure = parallel(comparison, shown, by=chosen.colour, selected=chosen.place, phrases=language.phrases())
    alt = parallel_text(comparison, language.phrases())
    theme.chart(figure, PARALLEL, alt, lambda: chosen.mark(theme.clicked(PARALLEL)))
    left_out = {side: silent_layers(side, comparison.shared) for side in comparison.sides}
    markup.note(
        text(f"compare_parallel_note_{chosen.colour}"),
        *(
            text("compare_left_out", layers=named_list(layers, side.report.layers, language.phrases()), run=side.letter)
            for side, layers in left_out.items()
            if layers
        ),
    )
