"""Lesson 3: sets of layers chosen at once, step by step, or by trying all, each with what it really costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

from analysis_core.report import numbers
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases, layer_list
from analysis_core.report.scaling import ranks
from analysis_core.results import SubsetResult

BEST, GREEDY, SINGLES = "all", "greedy", "layer_ablation"
ONE_SHOT = ("gradient_based", "block_influence", "layer_correlation")
"""Scores that choose all at once, beside measured single removals."""
SAME = 1e-9


@dataclass(frozen=True)
class Choice:
    """One way to choose, what it chose, and what that costs.

    Args:
        way: :data:`BEST`, :data:`GREEDY`, or the name of a method.
        title: for people.
        removed: the layers.
        measured: the set left out together.
        sum_of_singles: what one would expect if each layer cost what it costs alone, in nats.
    """

    way: str
    title: str
    removed: tuple[int, ...]
    measured: SubsetResult
    sum_of_singles: float

    @property
    def cost(self) -> float:
        """Measured increase of the loss in nats."""
        return self.measured.loss_increase


def choices(data: LessonData, count: int, phrases: Phrases) -> list[Choice]:
    """Every way's set of so many layers: all tried, greedy, single removals, then scores."""
    chosen = {BEST: best_set(data, count), GREEDY: tuple(data.greedy[:count])}
    ways = [way for way in (SINGLES, *ONE_SHOT) if way in data.report]
    chosen |= {way: cheapest(data, way, count) for way in ways}
    titles = {
        BEST: phrases["lesson_sets_best"].format(sets=comb(data.layers, count)),
        GREEDY: phrases["greedy"],
        SINGLES: phrases["lesson_sets_singles"],
    }
    return [_choice(data, way, titles.get(way) or data.report[way].title, removed) for way, removed in chosen.items()]


def best_set(data: LessonData, count: int) -> tuple[int, ...]:
    """The set of so many layers that costs least of all sets."""
    every = combinations(range(data.layers), count)
    return min(every, key=lambda removed: data.measured[frozenset(removed)].loss_increase)


def cheapest(data: LessonData, method: str, count: int) -> tuple[int, ...]:
    """The layers that a method scores lowest, the lowest first."""
    places = ranks(data.report[method].scores)
    known = [layer for layer in range(data.layers) if places[layer] is not None]
    return tuple(sorted(known, key=lambda layer: -(places[layer] or 0.0))[:count])


def finding(data: LessonData, count: int, phrases: Phrases) -> str:
    """What trying all gives, how near greedy comes, and what adding up the singles misses."""
    found = {choice.way: choice for choice in choices(data, count, phrases)}
    best, greedy, singles = found[BEST], found[GREEDY], found[SINGLES]
    gap = greedy.cost - best.cost
    words = {
        "count": count,
        "best": numbers.significant(best.cost),
        "greedy": numbers.significant(greedy.cost),
        "joint": numbers.significant(singles.cost),
        "sum": numbers.significant(singles.sum_of_singles),
    }
    if count == 1:
        return phrases["lesson_sets_one"].format(**words, layers=layer_list(best.removed, phrases))
    head = phrases["lesson_sets_found" if gap <= SAME else "lesson_sets_near"].format(**words)
    form = "more" if singles.cost > singles.sum_of_singles else "less"
    return head + phrases[f"lesson_sets_{form}"].format(**words)


def question(data: LessonData, phrases: Phrases) -> Question:
    """Are the cheapest single layers the cheapest set? Asked of the size at which the two differ most."""
    every = [{c.way: c for c in choices(data, count, phrases)} for count in range(2, data.layers)]
    found = max(every, key=lambda ways: ways[SINGLES].cost - ways[BEST].cost)
    best, singles = found[BEST], found[SINGLES]
    count, same = len(best.removed), best.removed == singles.removed
    why = phrases["lesson_sets_because_same" if same else "lesson_sets_because"].format(
        singles=layer_list(singles.removed, phrases),
        joint=numbers.significant(singles.cost),
        sum=numbers.significant(singles.sum_of_singles),
        best_layers=layer_list(best.removed, phrases),
        best=numbers.significant(best.cost),
        sets=comb(data.layers, count),
    )
    options = (phrases["lesson_yes"], phrases["lesson_no"])
    return Question(phrases["lesson_sets_question"].format(count=count), options, 0 if same else 1, why)


def _choice(data: LessonData, way: str, title: str, removed: tuple[int, ...]) -> Choice:
    alone = sum(data.without(layer).loss_increase for layer in removed)
    return Choice(way, title, tuple(sorted(removed)), data.measured[frozenset(removed)], alone)
