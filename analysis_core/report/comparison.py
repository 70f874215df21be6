"""Two to four analyses laid side by side: what they have in common, aligned by relative depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from analysis_core.insight.resampling import DRAWS, bounds, drawn_scores, score_array
from analysis_core.report.comparison_ranks import FloatArray, at_depths, rank_agreement, relative_depths, shares
from analysis_core.results import AnalysisReport, MethodResult

T = TypeVar("T")
FEWEST, MOST = 2, 4
LETTERS = "ABCD"
CONSENSUS = "consensus"
"""Stands where the name of a method would stand."""


@dataclass(frozen=True, eq=False)
class Side:
    """One run of a comparison.

    Args:
        place: 0 for the first run.
        key: its id in the address.
        name: for people; unlike that of every other side.
        report: what it found.
    """

    place: int
    key: str
    name: str
    report: AnalysisReport

    @property
    def letter(self) -> str:
        """A to D: a short name where there is no room, and for readers who do not see the colour."""
        return LETTERS[self.place]

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return len(self.report.layers)

    def says(self, method: str) -> bool:
        """Whether it holds scores of this method."""
        return method in self.report and len(self.report[method]) > 0


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation of two sides by one measure, with its interval over examples where there is one."""

    one: Side
    other: Side
    value: float | None
    low: float | None
    high: float | None
    places: int


@dataclass(frozen=True)
class Reading:
    """One measure of one side, on its own layers.

    Args:
        values: ``[layers]``, NaN where there is none.
        drawn: ``[draws, layers]`` values as other examples could have made them; None where no errors are known.
    """

    values: FloatArray
    drawn: FloatArray | None


@dataclass(frozen=True)
class Comparison:
    """Sides with what follows from them; computed once and kept."""

    sides: tuple[Side, ...]
    _kept: dict[tuple[Hashable, ...], Any] = field(default_factory=dict, compare=False)

    def kept(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """What follows from these runs, made once: a click then draws no rankings anew."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    @cached_property
    def same_depth(self) -> bool:
        """Whether all have the same number of layers, so that they are compared layer by layer."""
        return len({side.layers for side in self.sides}) == 1

    @cached_property
    def shallowest(self) -> Side:
        """The side with the fewest layers; its layers are the places at which all are compared."""
        return min(self.sides, key=lambda side: side.layers)

    @cached_property
    def depths(self) -> FloatArray:
        """Relative depths at which the sides are compared."""
        return relative_depths(self.shallowest.layers)

    @cached_property
    def pairs(self) -> tuple[tuple[Side, Side], ...]:
        """Every two sides."""
        return tuple(combinations(self.sides, 2))

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Methods that every side holds; the consensus is over these."""
        return tuple(method for method in self.methods if all(side.says(method) for side in self.sides))

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """Methods that at least two sides hold."""
        return tuple(method for method in self.all_methods if len(self.with_method(method)) >= FEWEST)

    @cached_property
    def all_methods(self) -> tuple[str, ...]:
        """Methods that any side holds, in the order in which they first come."""
        return tuple(dict.fromkeys(name for side in self.sides for name in side.report.methods if side.says(name)))

    @property
    def measures(self) -> tuple[str, ...]:
        """What the sides can be compared by: the consensus, then the methods."""
        return (CONSENSUS, *self.methods)

    def with_method(self, measure: str) -> tuple[Side, ...]:
        """The sides that a measure can be read from."""
        return self.sides if measure == CONSENSUS else tuple(side for side in self.sides if side.says(measure))

    def title(self, method: str) -> str:
        """A method's name for people."""
        return next((side.report[method].title for side in self.sides if method in side.report), method)

    def heard(self, side: Side) -> tuple[str, ...]:
        """The methods that a side's consensus is over: the shared ones; its own where nothing is shared."""
        return self.shared or tuple(name for name in side.report.methods if side.says(name))

    def reading(self, side: Side, measure: str) -> Reading:
        """One measure of one side, on its own layers."""

        def make() -> Reading:
            return _consensus(side, self.heard(side)) if measure == CONSENSUS else _method(side, measure)

        return self.kept(("reading", side.place, measure), make)

    def aligned(self, side: Side, measure: str) -> FloatArray:
        """The measure read off at :attr:`depths`; the layers themselves where the side has no more of them."""
        return at_depths(self.reading(side, measure).values, self.depths)

    def agreement(self, one: Side, other: Side, measure: str) -> Agreement:
        """How alike two sides rank the places."""
        key = ("agreement", one.place, other.place, measure)
        return self.kept(key, lambda: self._agree(one, other, measure))

    def agreements(self, measure: str) -> Iterator[Agreement]:
        """Of every two sides that the measure can be read from."""
        heard = self.with_method(measure)
        return (self.agreement(one, other, measure) for one, other in self.pairs if one in heard and other in heard)

    def _agree(self, one: Side, other: Side, measure: str) -> Agreement:
        values = [self.aligned(side, measure) for side in (one, other)]
        value, count = float(rank_agreement(*values)), int((~np.isnan(values[0] + values[1])).sum())
        if math.isnan(value):
            return Agreement(one, other, None, None, None, count)
        drawn = [self.reading(side, measure).drawn for side in (one, other)]
        if drawn[0] is None or drawn[1] is None:
            return Agreement(one, other, value, None, None, count)
        moved = [at_depths(draws, self.depths) for draws in drawn if draws is not None]
        return Agreement(one, other, value, *bounds(value, rank_agreement(*moved)), count)


def lay_out(runs: Sequence[tuple[str, AnalysisReport]], names: Sequence[str]) -> Comparison:
    """A comparison of runs in this order.

    Args:
        runs: two to four, each with its id.
        names: one a run, each unlike the others.

    Raises:
        ValueError: fewer or more runs, or names that do not tell them apart.
    """
    if not FEWEST <= len(runs) <= MOST or len(names) != len(runs) or len(set(names)) != len(names):
        raise ValueError(f"{len(runs)} runs named {list(names)}: give {FEWEST} to {MOST}, each with a name of its own")
    return Comparison(
        tuple(
            Side(place, key, name, report) for place, ((key, report), name) in enumerate(zip(runs, names, strict=True))
        )
    )


def missing(comparison: Comparison) -> dict[str, list[tuple[Side, str | None]]]:
    """Methods that not every side holds: who lacks them, and the reason where one is known."""
    found: dict[str, list[tuple[Side, str | None]]] = {}
    for method in comparison.all_methods:
        for side in comparison.sides:
            if not side.says(method):
                reason = side.report[method].not_applicable if method in side.report else None
                found.setdefault(method, []).append((side, reason))
    return found


def silent_layers(side: Side, methods: Iterable[str]) -> list[int]:
    """Layers of a side that at least one of these methods gives no score."""
    rows = [side.report[method].scores for method in methods if side.says(method)]
    return [index for index in range(side.layers) if any(row[index] is None for row in rows)]


def _method(side: Side, method: str) -> Reading:
    return _read(side.report[method], side.place)


def _read(result: MethodResult, place: int) -> Reading:
    """Scores with draws of them; `place` keeps the draws of two runs apart, which are of different examples."""
    values = score_array(result)
    drawn = drawn_scores(result, place)
    return Reading(values, None if np.isnan(drawn[:, ~np.isnan(values)]).any() else drawn)


def _consensus(side: Side, methods: Sequence[str]) -> Reading:
    """Mean rank over methods; those without errors stand still while the others are drawn."""
    readings = [_method(side, method) for method in methods]
    if not readings:
        return Reading(np.full(side.layers, np.nan), None)
    values = _mean_share([reading.values for reading in readings])
    if all(reading.drawn is None for reading in readings):
        return Reading(values, None)
    still = (DRAWS, side.layers)
    drawn = [np.broadcast_to(reading.values, still) if reading.drawn is None else reading.drawn for reading in readings]
    return Reading(values, _mean_share(drawn))


def _mean_share(rows: Sequence[FloatArray]) -> FloatArray:
    ranked = np.stack([shares(row) for row in rows])
    said = ~np.isnan(ranked)
    total = np.where(said, ranked, 0.0).sum(0)
    return np.asarray(np.divide(total, said.sum(0), out=np.full(total.shape, np.nan), where=said.any(0)))
