"""Lesson 4: what a compression ratio really buys, beside the claim that the model becomes so many times faster."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_core.report import numbers
from analysis_core.report.frontier import retained
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases, metric_name
from analysis_core.results import CompressionOutcome, Interval

WANTED_SPEEDUP = 2.0


def sizes(outcomes: Sequence[CompressionOutcome]) -> list[CompressionOutcome]:
    """The measured models of the first strategy, the largest first: choosing the best would flatter them."""
    strategy = outcomes[0].plan.strategy
    chosen = {item.plan.compressed_layers: item for item in outcomes if item.plan.strategy == strategy}
    return [chosen[size] for size in sorted(chosen, reverse=True)]


def neighbours(outcomes: Sequence[CompressionOutcome], ratio: float) -> list[float]:
    """The possible ratios next to one that was asked for: the last not above it, the first above it."""
    ratios = sorted(outcome.plan.ratio for outcome in outcomes)
    below, above = [one for one in ratios if one <= ratio], [one for one in ratios if one > ratio]
    return [*below[-1:], *above[:1]]


def parameters(outcome: CompressionOutcome) -> float:
    """Parameters before / after."""
    return outcome.measurement.parameters_original / outcome.measurement.parameters_compressed


def memory(outcome: CompressionOutcome) -> float:
    """Bytes of the weights before / after."""
    return outcome.measurement.bytes_original / outcome.measurement.bytes_compressed


def finding(outcome: CompressionOutcome, phrases: Phrases) -> str:
    """Speed-up, parameters and quality at a ratio, beside the ratio."""
    ratio, speedup = outcome.plan.ratio, outcome.measurement.speedup
    form = "holds" if speedup.low <= ratio <= speedup.high else "short" if speedup.high < ratio else "beyond"
    return phrases[f"lesson_price_{form}"].format(
        ratio=numbers.times(ratio),
        speedup=numbers.times(speedup.value),
        parameters=numbers.times(parameters(outcome)),
        kept=numbers.percent(retained(outcome.measurement).value),
        metric=metric_name(outcome.measurement.metric, phrases),
    )


def interval_line(outcome: CompressionOutcome, phrases: Phrases) -> str:
    """The intervals of the two measured figures."""
    kept, speedup = retained(outcome.measurement), outcome.measurement.speedup
    return phrases["lesson_price_interval"].format(
        low=numbers.times(speedup.low),
        high=numbers.times(speedup.high),
        kept_low=numbers.percent(kept.low),
        kept_high=numbers.percent(kept.high),
    )


def rest(outcome: CompressionOutcome) -> float:
    """Share of the original's parameters that stand outside the layers: embeddings and head stay whole."""
    measurement, plan = outcome.measurement, outcome.plan
    gone = measurement.parameters_original - measurement.parameters_compressed
    layers = gone / len(plan.remove) * plan.original_layers
    return 1 - layers / measurement.parameters_original


def question(outcomes: Sequence[CompressionOutcome], phrases: Phrases) -> Question:
    """The smallest ratio that surely is twice as fast: the lower end of its interval counts."""
    found = sizes(outcomes)
    fast = [item for item in found if item.measurement.speedup.low >= WANTED_SPEEDUP]
    none = phrases["lesson_price_none"]
    right = fast[0] if fast else None
    near = sorted(found, key=lambda item: abs(item.plan.ratio - WANTED_SPEEDUP))[:3]
    offered = sorted({item.plan.ratio for item in [*near, *fast[:1]]})
    options = (*(numbers.times(ratio) for ratio in offered), none)
    if right is None:
        return Question(_asked(phrases), options, len(options) - 1, phrases["lesson_price_because_none"])
    before = [item for item in found if item.plan.ratio < right.plan.ratio]
    why = phrases["lesson_price_because"].format(
        ratio=numbers.times(right.plan.ratio),
        span=_span(right.measurement.speedup, phrases),
        kept=numbers.percent(retained(right.measurement).value),
        metric=metric_name(right.measurement.metric, phrases),
        before=numbers.times(before[-1].plan.ratio) if before else numbers.EN_DASH,
        before_span=_span(before[-1].measurement.speedup, phrases) if before else numbers.EN_DASH,
    )
    return Question(_asked(phrases), options, offered.index(right.plan.ratio), why)


def _asked(phrases: Phrases) -> str:
    return phrases["lesson_price_question"].format(wanted=numbers.times(WANTED_SPEEDUP))


def _span(interval: Interval, phrases: Phrases) -> str:
    return phrases["lesson_span"].format(low=numbers.times(interval.low), high=numbers.times(interval.high))
