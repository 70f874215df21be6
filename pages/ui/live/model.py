"""What the Live page knows of the model that a session holds, and how it asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from analysis_core.runs import sessions
from analysis_core.runs.sessions import SessionGoneError
from pages.ui import address

ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class LiveModel:
    """A model at hand.

    Args:
        id, title: of its card.
        kind: what a person hands in: ``"text"``, ``"picture"``, ``"sound"`` or ``"play"``.
        layers: of the whole model.
        keep_sets: the kept layers by depth.
        costs: milliseconds of one call with one request at each depth.
        metric: name of its quality.
        qualities: by depth, as far as they are measured.
        quality_examples: on so many they are.
        most_at_once: requests in one call at the most.
        examples: to hand in.
        who: stands for this tab, so that its streams are its own.
    """

    id: str
    title: str
    kind: str
    layers: int
    keep_sets: Mapping[int, tuple[int, ...]]
    costs: Mapping[int, float]
    metric: str
    qualities: Mapping[int, float]
    quality_examples: int
    most_at_once: int
    examples: Sequence[Mapping[str, Any]]
    who: str

    @classmethod
    def from_facts(cls, name: str, title: str, facts: Mapping[str, Any], who: str) -> Self:
        """From what a session says of itself."""
        return cls(
            id=name,
            title=title,
            kind=str(facts["kind"]),
            layers=int(facts["layers"]),
            keep_sets={int(depth): tuple(kept) for depth, kept in facts["keep_sets"].items()},
            costs=_by_depth(facts["costs"]),
            metric=str(facts["metric"]),
            qualities=_by_depth(facts["qualities"]),
            quality_examples=int(facts["quality_examples"]),
            most_at_once=int(facts["most_at_once"]),
            examples=tuple(facts["examples"]),
            who=who,
        )

    @property
    def depths(self) -> tuple[int, ...]:
        """Ascending."""
        return tuple(sorted(self.keep_sets))

    def key(self, part: str) -> str:
        """Name of a control in the session state, one a model."""
        return f"live-{part}-{self.id}"

    def depth(self) -> int:
        """Where the slider stands: at first where the address says, or at the whole model."""
        found = st.session_state.get(self.key("depth"), address.read_number("depth"))
        return int(found) if found is not None and found in self.keep_sets else self.layers

    def learn(self, answer: Mapping[str, Any]) -> Self:
        """The same with the qualities that were measured since; every answer brings them along."""
        return replace(self, qualities=_by_depth(answer["qualities"]))

    def ask(self, **request: Any) -> dict[str, Any]:
        """Ask the session.

        Raises:
            LayerwiseError: the request cannot be met. A session that is gone is opened again with the page.
        """
        try:
            return sessions.ask_session(self.id, request, ANSWER_SECONDS)
        except SessionGoneError:
            st.rerun()


def _by_depth(values: Mapping[str, Any]) -> dict[int, float]:
    """JSON names numbers by words."""
    return {int(depth): float(value) for depth, value in values.items()}
