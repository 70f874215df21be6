"""A replayer whose losses are given, so that searches can be tried on any landscape in no time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis_core.compression.search import MeasuredSubsets, Races
from analysis_core.probe.replay import Outcome
from analysis_core.tasks import task_for
from tests.toys import tiny_bert

LossesOf = Callable[[frozenset[int]], np.ndarray]


class StandIn:
    """Stands in for a replayer: the losses of every removal are given, ``[examples]`` each, in batches of 8."""

    def __init__(self, losses: LossesOf, layers: int) -> None:
        self.model = tiny_bert(layers=layers)
        self.task, self.losses = task_for(self.model.task), losses
        self.examples, self.layer_runs = len(losses(frozenset())), 0.0
        self.batches = [None] * (self.examples // 8)
        self.seen: list[frozenset[int]] = []
        self._known: set[tuple[int, frozenset[int]]] = set()

    def batch_outcome(self, position: int, removed: frozenset[int], **_options: bool) -> Outcome:
        if (position, removed) not in self._known:
            self._known.add((position, removed))
            self.seen.append(removed)
        part = self.losses(removed)[8 * position : 8 * position + 8]
        return Outcome(removed, part, part)

    def outcome(self, removed: frozenset[int]) -> Outcome:
        return Outcome(removed, self.losses(removed), self.losses(removed))

    def start_from(self, base: frozenset[int]) -> None: ...


def races_on(losses: LossesOf, layers: int = 2) -> tuple[Races, StandIn]:
    """Races on a landscape of losses, and the stand-in that counts what they look at."""
    stand_in = StandIn(losses, layers)
    return Races(stand_in, MeasuredSubsets()), stand_in  # type: ignore[arg-type]
