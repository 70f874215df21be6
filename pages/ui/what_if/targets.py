"""The order form for a search: who searches, for what goal, and for how long."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from analysis_core import service
from analysis_core.compression.plan import SEARCHES
from analysis_core.errors import LayerwiseError
from analysis_core.report import numbers
from analysis_core.report.figures.curve import strategy_title
from analysis_core.vocabulary import RatioOf
from pages.ui import address, language, markup, units
from pages.ui.strings import metric_name, text
from pages.ui.terms.entries import helped
from pages.ui.what_if import wishes
from pages.ui.what_if.choice import Source

COUNTED = {
    RatioOf.LAYERS: "search_layers",
    RatioOf.PARAMETERS: "search_parameters",
    RatioOf.FLOPS: "search_flops",
    RatioOf.LATENCY: "search_latency",
    RatioOf.MEMORY: "search_memory",
}
FIRST_RATIO, FIRST_SECONDS = 2.0, 60.0


class Names(NamedTuple):
    """Session-state keys, one set an analysis."""

    strategy: str
    ratio: str
    ratio_of: str
    drop: str
    seconds: str
    refused: str


def names(source: Source) -> Names:
    """The keys for this analysis."""
    return Names(*(f"search-{part}-{source.name}" for part in Names._fields))


def draw(source: Source, *, opened: bool = False) -> None:
    """The form; what was typed stays, also while a search is under way and after it was refused.

    Args:
        source: the analysis.
        opened: whether it is shown unfolded.
    """
    keys = names(source)
    refused = st.session_state.get(keys.refused)
    with st.expander(text("search"), expanded=opened or refused is not None):
        with st.form(f"search-form-{source.name}", border=False):
            _fields(source, keys)
            st.form_submit_button(
                text("search_start"),
                help=helped(text("search_start_help"), "frontier"),
                on_click=_ordered,
                args=(source, keys),
            )
        if refused is not None:
            markup.state(text("search_refused"), [refused], failed=True)


def _fields(source: Source, keys: Names) -> None:
    st.session_state.setdefault(keys.ratio, FIRST_RATIO)
    st.session_state.setdefault(keys.seconds, FIRST_SECONDS)
    who, long = st.columns([3, 2])
    with who:
        st.selectbox(
            text("search_strategy"), SEARCHES, key=keys.strategy,
            format_func=lambda name: strategy_title(name, language.phrases()),
            help=helped(text("search_strategy_help"), *SEARCHES), persist_state="session",
        )  # fmt: skip
    with long:
        st.number_input(
            text("search_seconds"), value=None, step=10.0, key=keys.seconds, format="%g",
            help=text("search_seconds_help"), persist_state="session",
        )  # fmt: skip
    far, what, loss = st.columns([2, 3, 3])
    with far:
        st.number_input(
            text("search_ratio"), value=None, step=0.1, key=keys.ratio, format="%.2f",
            help=helped(text("search_ratio_help"), "ratio"), persist_state="session",
        )  # fmt: skip
    with what:
        st.selectbox(
            text("search_of"), list(COUNTED), key=keys.ratio_of, format_func=lambda of: _counted(source, of),
            help=helped(text("search_of_help"), "parameters", "flops", "latency", "memory"), persist_state="session",
        )  # fmt: skip
    with loss:
        metric = source.report.metric
        st.number_input(
            text("search_drop_points" if metric in numbers.SHARES else "search_drop"), value=None, step=0.5,
            key=keys.drop, format="%g", help=helped(text("search_drop_help", metric=metric_name(metric)), "points"),
            persist_state="session",
        )  # fmt: skip


def _counted(source: Source, ratio_of: RatioOf) -> str:
    word = COUNTED[ratio_of]
    return units.words(source.report, word) if ratio_of is RatioOf.LAYERS else text(word)


def _ordered(source: Source, keys: Names) -> None:
    """Start the search; a goal that cannot be is refused in a sentence beside the form."""
    state = st.session_state
    state.pop(keys.refused, None)
    drop = state[keys.drop]
    points = 100 if source.report.metric in numbers.SHARES else 1
    try:
        config = wishes.searching(
            source,
            strategy=state[keys.strategy],
            target_ratio=state[keys.ratio],
            ratio_of=state[keys.ratio_of],
            largest_drop=None if drop is None else drop / points,
            search_seconds=state[keys.seconds],
        )
        address.write(job=service.find_finished(config) or service.start(config))
    except LayerwiseError as error:
        state[keys.refused] = f"{error.what} {error.remedy}".strip()
