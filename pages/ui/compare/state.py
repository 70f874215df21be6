"""What is looked at on the Compare page: the measure, its scale, the marked place, the pair; the address keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from analysis_core.report.comparison import CONSENSUS, Comparison, Side
from analysis_core.report.figures.parallel import ColourBy
from analysis_core.report.scaling import Scale
from pages.ui import address

Pair = tuple[Side, Side]


@dataclass(frozen=True)
class Selection:
    """Widgets of one comparison, by the keys under which the session holds them."""

    comparison: Comparison
    keys: Mapping[str, str]

    @property
    def measure(self) -> str:
        """The consensus, or a method."""
        return str(self._held("measure"))

    @property
    def scale(self) -> Scale:
        """How its scores are shown."""
        return Scale(self._held("view") or Scale.NORMALISED)

    @property
    def place(self) -> int | None:
        """The marked layer, or relative depth; an index of the comparison's places."""
        place: int | None = self._held("layer")
        return place

    @property
    def pair(self) -> Pair:
        """The two runs whose ranks are compared."""
        return pairs(self.comparison)[str(self._held("pair"))]

    @property
    def colour(self) -> ColourBy:
        """What the lines over methods are coloured by."""
        return ColourBy(self._held("colour") or ColourBy.RUN)

    def mark(self, clicked: Sequence[Any] | None) -> None:
        """Take a click on a figure: ``[place]`` or ``[place, measure]``; a click on nothing changes nothing."""
        if clicked is None:
            return
        st.session_state[self.keys["layer"]] = int(clicked[0])
        if len(clicked) > 1 and clicked[1] in self.comparison.measures:
            st.session_state[self.keys["measure"]] = str(clicked[1])
        self.remember()

    def remember(self) -> None:
        """Write what is looked at into the address; what everybody sees first needs no words there."""
        first = next(iter(pairs(self.comparison)))
        address.write(
            measure=_unless(self.measure, CONSENSUS),
            view=_unless(self.scale, Scale.NORMALISED),
            layer=self.place,
            pair=_unless(str(self._held("pair")), first),
            colour=_unless(self.colour, ColourBy.RUN),
        )

    def _held(self, name: str) -> Any:
        return st.session_state[self.keys[name]]


def pairs(comparison: Comparison) -> dict[str, Pair]:
    """Every two runs by their letters, such as ``AB``."""
    return {one.letter + other.letter: (one, other) for one, other in comparison.pairs}


def restore(comparison: Comparison) -> Selection:
    """The selection, filled from the address when a page is opened; what the runs do not have is passed over."""
    runs = "-".join(side.key for side in comparison.sides)
    keys = {name: f"compare-{name}-{runs}" for name in ("measure", "view", "layer", "pair", "colour")}
    allowed = {
        "measure": comparison.measures,
        "view": [scale.value for scale in Scale],
        "pair": list(pairs(comparison)),
        "colour": [way.value for way in ColourBy],
    }
    at_first = {"measure": CONSENSUS, "view": Scale.NORMALISED.value, "colour": ColourBy.RUN.value}
    state = st.session_state
    for name, values in allowed.items():
        if keys[name] not in state:
            asked = address.read(name)
            state[keys[name]] = asked if asked in values else at_first.get(name, values[0])
    if keys["layer"] not in state:
        state[keys["layer"]] = address.read_layer(len(comparison.depths))
    return Selection(comparison, keys)


def _unless(value: str, usual: str) -> str | None:
    return None if value == usual else str(value)
