"""Undo and redo of what a reader chooses: the steps so far, and the two buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from pages.ui.strings import text

MOST_STEPS = 200


class Step(NamedTuple):
    """One state of the choice: who chooses, how many layers stay, and which were taken out by hand."""

    strategy: str
    kept: int
    removed: tuple[int, ...]


@dataclass(frozen=True)
class History:
    """Every state of the choice in its order, and which of them is shown."""

    steps: tuple[Step, ...]
    at: int = 0

    @property
    def shown(self) -> Step:
        """The state that is shown."""
        return self.steps[self.at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that nothing new has replaced."""
        return self.at + 1 < len(self.steps)

    def then(self, step: Step) -> History:
        """With one more state; what was undone is forgotten, and so is the oldest of very many."""
        if step == self.shown:
            return self
        steps = (*self.steps[: self.at + 1], step)[-MOST_STEPS:]
        return History(steps, len(steps) - 1)

    def moved(self, by: int) -> History:
        """One state back (-1) or forward (+1), as far as there is one."""
        return History(self.steps, min(max(self.at + by, 0), len(self.steps) - 1))


def record(name: str, step: Step) -> None:
    """Keep a state of the choice for this analysis."""
    known: History | None = st.session_state.get(_key(name))
    st.session_state[_key(name)] = known.then(step) if known is not None else History((step,))


def draw(name: str, show: Callable[[Step], None]) -> None:
    """The two buttons; `show` turns the page to a step."""
    known: History | None = st.session_state.get(_key(name))
    ways = {"undo": (-1, known is not None and known.can_undo), "redo": (1, known is not None and known.can_redo)}
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for word, (by, possible) in ways.items():
            st.button(
                text(word),
                key=f"{word}-{name}",
                type="tertiary",
                icon=f":material/{word}:",
                disabled=not possible,
                on_click=_move,
                args=(name, by, show),
            )


def _move(name: str, by: int, show: Callable[[Step], None]) -> None:
    known: History = st.session_state[_key(name)].moved(by)
    st.session_state[_key(name)] = known
    show(known.shown)


def _key(name: str) -> str:
    return f"what-if-history-{name}"
