"""Choosing methods: grouped by what they cost, each with its question, or proposed for a time budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from analysis_core.methods import METHODS
from analysis_core.probe.needs import Served
from analysis_core.report import forecast
from pages.ui import markup, translated
from pages.ui.choosing import proposal
from pages.ui.choosing.proposal import Task
from pages.ui.strings import text

GROUPS: tuple[tuple[Served | None, str], ...] = (
    (Served.WEIGHTS, "served_weights"),
    (Served.SHARED, "served_shared"),
    (Served.FURTHER_RUNS, "served_further"),
    (None, "served_own"),
)
"""What serves a method -> the words of its group, the cheapest first."""
FROM_THE_START = frozenset({"layer_ablation"})
"""Ticked at first although it takes further runs: it measures what the others estimate."""
METHODS_IN_A_ROW = 2


def draw(task: Task) -> list[str]:
    """The ticked methods, in the order of their registration."""
    markup.step(text("step_methods"))
    for name in METHODS:
        st.session_state.setdefault(proposal.tick_key(name), ticked_at_first(name))
    proposal.draw(task)
    for served, words in GROUPS:
        names = list(_served(served))
        if names:
            markup.group(text(f"{words}_title"), text(words))
            _rows(names)
    return [name for name in METHODS if st.session_state[proposal.tick_key(name)]]


def ticked_at_first(name: str) -> bool:
    """All that costs little together, and layer ablation."""
    served = forecast.served_by(METHODS.get(name))
    return name in FROM_THE_START or served in (Served.WEIGHTS, Served.SHARED)


def explanation(name: str) -> str:
    """Question, formula, paper, caveat and cost of a method, as Markdown for a help mark."""
    if name not in METHODS:
        return text("own_method")
    said, method = translated.method(name), METHODS.get(name)
    return "\n\n".join(
        (
            f"**{said.question}**",
            f"`{method.formula}`",
            f"{text('paper')}: {method.paper}",
            f"{text('caveat')}: {said.caveat}",
            f"{text('cost')}: {said.cost}",
        )
    )


def _served(by: Served | None) -> Iterator[str]:
    return (name for name in METHODS if forecast.served_by(METHODS.get(name)) is by)


def _rows(names: Sequence[str]) -> None:
    for first in range(0, len(names), METHODS_IN_A_ROW):
        columns = st.columns(METHODS_IN_A_ROW, gap="medium")
        for place, name in zip(columns, names[first : first + METHODS_IN_A_ROW], strict=False):
            with place, st.container(gap=None, key=f"method-{name}"):
                said = translated.method(name)
                st.checkbox(said.title, key=proposal.tick_key(name), help=explanation(name))
                markup.note(said.question, text("costs", cost=said.cost))
