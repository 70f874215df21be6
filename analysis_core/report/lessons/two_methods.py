"""Lesson 2: two methods' rankings against each other, with measured removal as the judge."""

from __future__ import annotations

from analysis_core.report import numbers
from analysis_core.report.lessons.data import LessonData, RankCorrelation
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases
from analysis_core.report.scaling import ranks

JUDGE = "layer_ablation"
ALIKE, LOOSE = 0.7, 0.3
"""Rank correlations from which two rankings are said to be alike, and to be alike at all."""
OFFERED = 4


def rank_points(data: LessonData, one: str, other: str) -> list[tuple[int, float, float]]:
    """Every layer that both score, with its two ranks: 1 is the most important."""
    first, second = ranks(data.report[one].scores), ranks(data.report[other].scores)
    return [
        (layer, a, b) for layer, (a, b) in enumerate(zip(first, second, strict=True)) if a is not None and b is not None
    ]


def finding(data: LessonData, one: str, other: str, phrases: Phrases) -> str:
    """How alike the two rank the layers."""
    pair = data.pair(one, other)
    size = abs(pair.value)
    mood = "none" if size < LOOSE else "against" if pair.value < 0 else "alike" if size >= ALIKE else "loose"
    titles = {"one": data.report[one].title, "other": data.report[other].title}
    return phrases[f"lesson_pair_{mood}"].format(**titles, value=numbers.significant(pair.value, 2))


def interval_line(data: LessonData, one: str, other: str, phrases: Phrases) -> str:
    """Spearman's coefficient with its interval; says so where a score has none."""
    pair = data.pair(one, other)
    return phrases["lesson_pair_interval" if pair.low is not None else "lesson_pair_alone"].format(
        value=numbers.significant(pair.value, 2),
        low=numbers.significant(pair.low, 2),
        high=numbers.significant(pair.high, 2),
        layers=data.layers,
    )


def verdict(data: LessonData, one: str, other: str, phrases: Phrases) -> str:
    """Which of the two measured removal sides with."""
    if JUDGE in (one, other):
        return phrases["lesson_pair_is_judge"].format(judge=data.report[JUDGE].title)
    better, worse = sorted((data.pair(name, JUDGE) for name in (one, other)), key=lambda pair: -pair.value)
    names = [pair.one if pair.one != JUDGE else pair.other for pair in (better, worse)]
    values = {"better": numbers.significant(better.value, 2), "worse": numbers.significant(worse.value, 2)}
    form = "lesson_pair_open" if _overlap(better, worse) else "lesson_pair_sides"
    titles = {"one": data.report[names[0]].title, "other": data.report[names[1]].title}
    return phrases[form].format(**titles, **values)


def closest(data: LessonData) -> list[RankCorrelation]:
    """Every score's correlation with measured removal, the highest first."""
    return sorted((data.pair(name, JUDGE) for name in data.scores), key=lambda pair: -pair.value)


def question(data: LessonData, phrases: Phrases) -> Question:
    """Which of the offered scores ranks the layers most as measured removal does."""
    found = closest(data)
    names = [pair.one if pair.one != JUDGE else pair.other for pair in found]
    step = (len(names) - 1) / (OFFERED - 1)
    offered = sorted(
        {round(place * step) for place in range(OFFERED)}, key=lambda place: data.report[names[place]].title
    )
    last = max(offered)
    why = phrases["lesson_pair_because"].format(
        best=data.report[names[0]].title,
        value=numbers.significant(found[0].value, 2),
        worst=data.report[names[last]].title,
        least=numbers.significant(found[last].value, 2),
    )
    options = tuple(data.report[names[place]].title for place in offered)
    return Question(phrases["lesson_pair_question"], options, offered.index(0), why)


def _overlap(one: RankCorrelation, other: RankCorrelation) -> bool:
    """Whether other examples could turn the order round; without an interval nobody can say that they could not."""
    if one.low is None or other.high is None:
        return one.value == other.value
    return one.low <= other.high
