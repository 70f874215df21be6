"""Lesson 1: a layer's place in every score's ranking beside its place by measurement."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_core.report import numbers
from analysis_core.report.findings import Z_95
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases, listed
from analysis_core.report.scaling import ranks

MEASURED = "measured"


@dataclass(frozen=True)
class Place:
    """Where a method ranks a layer: 1 is the most important of ``known``."""

    method: str
    title: str
    rank: float
    known: int

    @property
    def is_low(self) -> bool:
        """Whether the layer stands in the lower half."""
        return self.rank > self.known / 2


def score_places(data: LessonData, layer: int) -> list[Place]:
    """The layer's place by every score, the lowest first; scores that say nothing of it are left out."""
    found = []
    for name in data.scores:
        result = data.report[name]
        rank = ranks(result.scores)[layer]
        if rank is not None:
            found.append(Place(name, result.title, rank, len(result)))
    return sorted(found, key=lambda place: -place.rank)


def measured_place(data: LessonData, layer: int, phrases: Phrases) -> Place:
    """The layer's place by what leaving it out really costs."""
    rank = ranks(data.singles())[layer]
    return Place(MEASURED, phrases["lesson_measured_row"], rank or float(data.layers), data.layers)


def finding(data: LessonData, layer: int, phrases: Phrases) -> str:
    """How many scores place the layer low, and what it costs."""
    places = score_places(data, layer)
    rank = measured_place(data, layer, phrases).rank
    form = {1.0: "lesson_first_dearest", float(data.layers): "lesson_first_cheapest"}.get(rank, "lesson_first_finding")
    return phrases[form].format(
        layer=layer,
        low=sum(place.is_low for place in places),
        scores=len(places),
        loss=numbers.significant(data.without(layer).loss_increase),
        rank=numbers.rank(rank),
        layers=data.layers,
    )


def interval_line(data: LessonData, layer: int, phrases: Phrases) -> str:
    """The measured cost with its interval, as the line below the finding."""
    subset = data.without(layer)
    return phrases["lesson_cost_interval"].format(
        loss=numbers.signed(subset.loss_increase),
        spread=numbers.significant(Z_95 * subset.loss_increase_std_error, 2),
        examples=subset.examples,
    )


def underrating(data: LessonData, layer: int = 0) -> list[str]:
    """Titles of the scores that place the layer in their lower half."""
    return [place.title for place in score_places(data, layer) if place.is_low]


def question(data: LessonData, phrases: Phrases) -> Question:
    """Which of four scores would throw the dearest layer out first: exactly one of those offered."""
    singles = data.singles()
    dearest = singles.index(max(singles))
    places = score_places(data, dearest)  # the lowest first
    options = sorted([places[0], *[place for place in places if place.rank < place.known][-3:]], key=lambda p: p.title)
    why = phrases["lesson_first_because"].format(
        layer=dearest,
        method=places[0].title,
        rank=numbers.rank(places[0].rank),
        layers=places[0].known,
        loss=numbers.significant(singles[dearest]),
        factor=numbers.significant(singles[dearest] / sorted(singles)[-2], 2),
        low=listed([place.title for place in places if place.is_low], phrases),
    )
    return Question(
        phrases["lesson_first_question"].format(layer=dearest),
        tuple(place.title for place in options),
        options.index(places[0]),
        why,
    )
