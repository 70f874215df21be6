"""Which runs the Runs page lists: words, kind, state and page of the list. The address keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from analysis_core import service
from analysis_core.methods import METHODS
from analysis_core.models import catalog
from analysis_core.results import RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, translated
from pages.ui.strings import text

SEARCH, KIND, STATE = "runs-search", "runs-kind", "runs-state"
ANY = "any"
ON_A_PAGE = 25


@dataclass(frozen=True)
class Filter:
    """What is asked for.

    Args:
        search: words that occur in a run.
        kind, state: only such runs; None takes all.
        page: of the list, counted from 1.
    """

    search: str = ""
    kind: RunKind | None = None
    state: RunState | None = None
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether some runs may be left out."""
        return bool(self.search or self.kind or self.state)

    def parameters(self, **more: str | int | None) -> dict[str, str]:
        """The address of this list, with other parameters changed; None takes one out."""
        values = {"search": self.search, "kind": self.kind, "state": self.state, "page": self.page, **more}
        if values["page"] == 1:
            values["page"] = None
        lang = address.read("lang")
        return {name: str(value) for name, value in {"lang": lang, **values}.items() if value}

    def find(self) -> tuple[list[RunView], bool]:
        """The runs of this page of the list, newest first, and whether there are more."""
        found = service.runs(
            search=self.search,
            kind=self.kind,
            state=self.state,
            limit=ON_A_PAGE + 1,
            offset=(self.page - 1) * ON_A_PAGE,
            meanings={word: _meant(word) for word in self.search.split()},
        )
        return found[:ON_A_PAGE], len(found) > ON_A_PAGE


def read() -> Filter:
    """What the address asks for; what it misspells is passed over."""
    kind, state = address.read("kind"), address.read("state")
    page = address.read_number("page") or 1
    return Filter(
        search=(address.read("search") or "").strip(),
        kind=RunKind(kind) if kind in list(RunKind) else None,
        state=RunState(state) if state in list(RunState) else None,
        page=int(page) if 1 <= page < 1e6 else 1,
    )


def draw(asked: Filter) -> None:
    """The search box and the two choices."""
    state = st.session_state
    state[SEARCH] = asked.search
    state[KIND], state[STATE] = (str(choice or ANY) for choice in (asked.kind, asked.state))
    words, kind, stage = st.columns([6, 4, 2], gap="medium")
    with words:
        st.text_input(
            text("runs_search"),
            key=SEARCH,
            icon=":material/search:",
            placeholder=text("runs_search_hint"),
            on_change=_changed,
        )
    with kind:
        st.segmented_control(
            text("runs_kind"),
            [ANY, *(item.value for item in RunKind)],
            key=KIND,
            required=True,
            format_func=lambda name: text(f"runs_kind_{name}"),
            on_change=_changed,
        )
    with stage:
        st.selectbox(
            text("runs_state"),
            [ANY, *(item.value for item in RunState)],
            key=STATE,
            format_func=lambda name: text("runs_state_any" if name == ANY else f"state_{name}"),
            on_change=_changed,
        )


def _meant(word: str) -> set[str]:
    """What a word may stand for: methods, models, states and kinds whose name on the page holds it."""
    shown = {name: translated.method_title(name) for name in METHODS}
    shown |= {card.id: translated.model_title(card) for card in catalog.catalog()}
    shown |= {state.value: text(f"state_{state}") for state in RunState}
    shown |= {kind.value: text(f"runs_one_{kind}") for kind in RunKind}
    return {name for name, title in shown.items() if word.casefold() in title.casefold()}


def clear() -> None:
    """List all runs again."""
    address.write(search=None, kind=None, state=None, page=None)


def _changed() -> None:
    """Another question begins on the first page of its list."""
    state = st.session_state
    kind, stage = (None if state[key] == ANY else state[key] for key in (KIND, STATE))
    address.write(search=state[SEARCH].strip() or None, kind=kind, state=stage, page=None)
