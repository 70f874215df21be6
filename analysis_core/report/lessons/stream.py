"""Lesson 5: how far each block moves the residual stream, and what leaving it out costs."""

from __future__ import annotations

from analysis_core.report import numbers
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases

DECOYS = (0.1, 0.3, 3.0)
"""Wrong factors, as multiples of the right one."""


def finding(data: LessonData, layer: int, phrases: Phrases) -> str:
    """The length of a block's step, the turn, and the cost of leaving it out."""
    step = data.stream[layer]
    return phrases["lesson_stream_finding"].format(
        layer=layer,
        share=length(step.share, phrases),
        turn=numbers.significant(step.turn, 2),
        loss=numbers.significant(data.without(layer).loss_increase),
    )


def length(share: float, phrases: Phrases) -> str:
    """A step beside the length of the stream: in percent, or from one length on as a factor."""
    form = "lesson_stream_percent" if share < 1 else "lesson_stream_times"
    return phrases[form].format(percent=numbers.percent(share), factor=numbers.significant(share))


def extremes(data: LessonData) -> tuple[int, int]:
    """The layers with the largest and with the smallest step."""
    shares = [step.share for step in data.stream]
    return shares.index(max(shares)), shares.index(min(shares))


def question(data: LessonData, phrases: Phrases) -> Question:
    """By which factor the largest step is longer than the smallest."""
    largest, smallest = extremes(data)
    factor = data.stream[largest].share / data.stream[smallest].share
    singles = data.singles()
    values = sorted([factor, *(factor * decoy for decoy in DECOYS)])
    why = phrases["lesson_stream_because"].format(
        largest=largest,
        smallest=smallest,
        most=length(data.stream[largest].share, phrases),
        least=length(data.stream[smallest].share, phrases),
        loss_most=numbers.significant(singles[largest]),
        loss_least=numbers.significant(singles[smallest]),
    )
    asked = phrases["lesson_stream_question"].format(largest=largest, smallest=smallest)
    options = tuple(phrases["lesson_factor"].format(factor=numbers.significant(value, 2)) for value in values)
    return Question(asked, options, values.index(factor), why)
