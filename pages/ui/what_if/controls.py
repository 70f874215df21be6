"""The controls of the What if page: strategy, ratio, and layers clicked out. The address is their memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from analysis_core.compression.plan import MANUAL, protected_layers
from analysis_core.methods import METHODS
from analysis_core.report import numbers
from analysis_core.report.figures.curve import strategy_title
from analysis_core.report.layer_names import named
from analysis_core.report.stack_names import places
from analysis_core.results import CompressionPlan
from pages.ui import address, language, markup, theme, units
from pages.ui.explore.layer import layer_title
from pages.ui.strings import text
from pages.ui.terms.entries import helped
from pages.ui.what_if import choice, history
from pages.ui.what_if.choice import Source
from pages.ui.what_if.history import Step

STRIP = "what-if-strip"
FIRST_RATIO = 1.5


class Names(NamedTuple):
    """Session-state keys, one set an analysis."""

    strategy: str
    kept: str
    removed: str
    keyboard: str


def names(source: Source) -> Names:
    """The keys for this analysis."""
    return Names(*(f"what-if-{part}-{source.name}" for part in Names._fields))


def restore(source: Source, names: Names) -> None:
    """Fill the controls from the address when the page is opened, and keep them possible afterwards."""
    state = st.session_state
    if names.strategy not in state:
        removed = address.read_layers("removed", source.layers)
        asked = address.read("strategy")
        usable = choice.strategies(source)
        state[names.removed] = removed or ()
        state[names.strategy] = MANUAL if removed is not None else asked if asked in usable else usable[0]
        ratio = address.read_number("ratio") or FIRST_RATIO
        if removed is not None:
            ratio = source.layers / max(1, source.layers - len(removed))
        state[names.kept] = choice.size_near(source, state[names.strategy], ratio)
        _remember(source, names)
    if state[names.strategy] not in choice.strategies(source):
        state[names.strategy] = choice.strategies(source)[0]
    possible = choice.sizes(source, state[names.strategy])
    if state[names.kept] not in possible:
        state[names.kept] = min(possible, key=lambda size: abs(size - state[names.kept]))


def plan(source: Source, names: Names) -> CompressionPlan:
    """The plan that the controls describe.

    Raises:
        PlanError: it is impossible.
    """
    state = st.session_state
    if state[names.strategy] == MANUAL:
        return choice.by_hand(source, state[names.removed])
    return choice.plan_for(source, state[names.strategy], state[names.kept])


def draw(source: Source, names: Names) -> None:
    """Strategy and ratio."""
    how, far = st.columns([2, 3], gap="medium")
    with how:
        st.selectbox(
            text("strategy"),
            choice.strategies(source),
            key=names.strategy,
            format_func=lambda name: strategy_name(source, name),
            help=helped(text("strategy_help"), "one_shot", "greedy", "consensus", *_chosen_method(names)),
            on_change=_strategy_changed,
            args=(source, names),
        )
    with far:
        st.select_slider(
            units.words(source.report, "ratio"),
            options=choice.sizes(source, st.session_state[names.strategy]),
            key=names.kept,
            format_func=lambda kept: units.words(
                source.report, "ratio_of", ratio=numbers.times(source.layers / kept), kept=kept
            ),
            help=helped(units.words(source.report, "ratio_help"), "ratio", "protected"),
            on_change=_ratio_changed,
            args=(source, names),
        )


def _chosen_method(names: Names) -> list[str]:
    """The method by whose scores layers go, if it is one."""
    strategy = st.session_state[names.strategy]
    return [strategy] if strategy in METHODS else []


def steps(source: Source, names: Names) -> None:
    """Undo and redo."""
    history.draw(source.name, lambda step: _show(source, names, step))


def keyboard(source: Source, names: Names, plan: CompressionPlan) -> None:
    """The layers that go, as a list that can be changed without a mouse."""
    st.session_state[names.keyboard] = list(plan.remove)
    known = places(source.report.layers, language.phrases())
    st.multiselect(
        units.words(source.report, "removed_layers"),
        [layer.index for layer in source.report.layers if layer.removable],
        key=names.keyboard,
        format_func=lambda index: layer_title(index, known[index]),
        max_selections=source.layers - 1,
        on_change=lambda: _by_hand(source, names, st.session_state[names.keyboard]),
    )


def clicked(source: Source, names: Names, plan: CompressionPlan, chart: str = STRIP) -> None:
    """A click on the strip or the map takes a layer out, or puts it back; one that cannot go says why and stays."""
    found = theme.clicked(chart)
    if found is None:
        return
    index = int(found[0])
    layer = source.report.layers[index]
    if not layer.removable:
        _say(source, text("not_removable", why=(layer.why_not or "").rstrip(".。")))
        return
    removed = set(plan.remove) ^ {index}
    if len(removed) == source.layers:
        _say(source, units.words(source.report, "keep_one"))
        return
    if index in removed and index in protected_layers(source.report.layers):
        _say(source, text("protected_by_hand", layer=named(index, source.report.layers, language.phrases())))
    _by_hand(source, names, sorted(removed))


def answer(source: Source) -> None:
    """What the last click was answered with, if there was something to say; it is said once."""
    said = st.session_state.pop(f"what-if-said-{source.name}", None)
    if said is not None:
        markup.remark(said)


def follow_search(source: Source, found: CompressionPlan) -> None:
    """Turn to what a search has found, now that it is over."""
    for key in names(source):
        st.session_state.pop(key, None)
    address.write(strategy=found.strategy, ratio=f"{found.ratio:.2f}", removed=None)
    st.rerun()


def _say(source: Source, sentence: str) -> None:
    """Keep a sentence for the next drawing: a toast of a fragment would take the place of the page's styles."""
    st.session_state[f"what-if-said-{source.name}"] = sentence


def _by_hand(source: Source, names: Names, removed: Sequence[int]) -> None:
    state = st.session_state
    state[names.removed] = tuple(sorted(removed))
    state[names.strategy] = MANUAL
    state[names.kept] = source.layers - len(removed)
    address.write(removed=address.layers_as_text(removed), strategy=None, ratio=None)
    _remember(source, names)


def _strategy_changed(source: Source, names: Names) -> None:
    """To by hand: the layers stay as they are. To a strategy: it chooses for the same ratio."""
    state = st.session_state
    if state[names.strategy] == MANUAL:
        _by_hand(source, names, state[names.removed])
        return
    _follow_strategy(source, names)


def _ratio_changed(source: Source, names: Names) -> None:
    """Moving the ratio of layers chosen by hand gives the choice back to a strategy."""
    state = st.session_state
    if state[names.strategy] == MANUAL:
        state[names.strategy] = choice.strategies(source)[0]
        state[names.kept] = choice.size_near(source, state[names.strategy], source.layers / state[names.kept])
    _follow_strategy(source, names)


def _follow_strategy(source: Source, names: Names) -> None:
    state = st.session_state
    possible = choice.sizes(source, state[names.strategy])
    state[names.kept] = min(possible, key=lambda size: abs(size - state[names.kept]))
    address.write(strategy=state[names.strategy], ratio=f"{source.layers / state[names.kept]:.2f}", removed=None)
    _remember(source, names)


def _remember(source: Source, names: Names) -> None:
    state = st.session_state
    by_hand = state[names.strategy] == MANUAL
    removed = tuple(state[names.removed]) if by_hand else ()
    history.record(source.name, Step(state[names.strategy], state[names.kept], removed))


def _show(source: Source, names: Names, step: Step) -> None:
    """Turn to a choice that was made before."""
    if step.strategy == MANUAL:
        _by_hand(source, names, step.removed)
        return
    st.session_state[names.strategy], st.session_state[names.kept] = step.strategy, step.kept
    _follow_strategy(source, names)


def strategy_name(source: Source, strategy: str) -> str:
    """A strategy for people; one that goes by a method's scores has the method's name."""
    report = source.report
    return report[strategy].title if strategy in report else strategy_title(strategy, language.phrases())
