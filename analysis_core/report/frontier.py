"""Quality against size: measured outcomes and estimates as points of one curve, and a guess at speed. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis_core.report.recipes import Recipe, Treatment, is_treated_like, recipe_of
from analysis_core.results import (
    AnalysisReport,
    CompressionOutcome,
    CompressionPlan,
    Estimate,
    Interval,
    Measurement,
)
from analysis_core.vocabulary import Direction


@dataclass(frozen=True)
class FrontierPoint:
    """One smaller model on the curve.

    Args:
        removed: indices of the removed layers, ascending.
        ratio: layers before / after.
        retention: share of the metric that is kept; 95 % interval where measured, 90 % where estimated.
        metric: the metric itself, with the interval of the same kind.
        speedup: original / compressed time of a batch; None where nobody knows.
        measured: whether a really smaller model was measured on the test examples.
        strategy: how the layers were chosen, and what was done to those that stay, such as "greedy, int8".
        run: the compression run behind a measured point, if it was stored.
        parameters, memory: parameters and bytes of the weights, each before / after; None where nobody knows.
        recipe: how a measured point came about, so that it can be made again.
    """

    removed: tuple[int, ...]
    ratio: float
    retention: Interval
    metric: Interval
    speedup: Interval | None
    measured: bool
    strategy: str
    run: str | None = None
    parameters: float | None = None
    memory: float | None = None
    recipe: Recipe | None = None

    @property
    def chosen_by(self) -> str:
        """How the layers were chosen, without what was done to those that stay."""
        return self.strategy.partition(", ")[0]


def measured_point(outcome: CompressionOutcome) -> FrontierPoint:
    """The point of a compression run that was measured."""
    measurement = outcome.measurement
    shift, recipe = measurement.difference, recipe_of(outcome)
    return FrontierPoint(
        removed=outcome.plan.remove,
        ratio=outcome.plan.ratio,
        retention=retained(measurement),
        metric=Interval(measurement.compressed, measurement.original + shift.low, measurement.original + shift.high),
        speedup=measurement.speedup,
        measured=True,
        strategy=recipe.whole_strategy,
        run=outcome.run,
        parameters=_times(measurement.parameters_original, measurement.parameters_compressed),
        memory=_times(measurement.bytes_original, measurement.bytes_compressed),
        recipe=recipe,
    )


def retained(measurement: Measurement) -> Interval:
    """The share of quality kept: 1 is the original's; for metrics where lower is better the inverse is taken."""
    kept = measurement.retention
    if measurement.metric_direction is Direction.HIGHER_IS_BETTER:
        return kept
    return Interval(*(_inverse(part) for part in (kept.value, kept.high, kept.low)))


def estimated_point(
    report: AnalysisReport,
    plan: CompressionPlan,
    estimate: Estimate,
    outcomes: Sequence[CompressionOutcome] = (),
) -> FrontierPoint:
    """The point of a subset that nobody has measured on the test examples.

    Args:
        report: the analysis; its baseline is the whole.
        plan: which layers would go.
        estimate: what that is guessed to cost.
        outcomes: measured compressions of the same model, for the guess at speed.
    """
    intact = report.baseline[report.metric]
    metric = estimate.metric
    if report.metric_direction is Direction.HIGHER_IS_BETTER:
        retention = Interval(*(part / intact if intact else 0.0 for part in _parts(metric)))
    else:
        retention = Interval(*(intact * _inverse(part) for part in (metric.value, metric.high, metric.low)))
    parameters = _times(*parameters_after(report, plan.remove))
    return FrontierPoint(
        removed=plan.remove,
        ratio=plan.ratio,
        retention=retention,
        metric=metric,
        speedup=estimated_speedup(outcomes, plan.original_layers, len(plan.remove)),
        measured=False,
        strategy=plan.strategy,
        parameters=parameters,
        memory=parameters,  # as long as every weight takes the same bytes
    )


def estimated_speedup(outcomes: Iterable[CompressionOutcome], layers: int, removed: int) -> Interval | None:
    """A guess from measured compressions of the same model: each layer takes an equal share of the time.

    Every outcome says how much time one removed layer saves; the interval spans what they say, widened by
    their own intervals. None where nothing was measured.
    """
    shares = [
        (_share(speedup.value, gone), _share(speedup.low, gone), _share(speedup.high, gone))
        for speedup, gone, plain in (
            (item.measurement.speedup, len(item.plan.remove), item.plan.keeps_weights) for item in outcomes
        )
        if gone and plain
    ]
    if removed == 0:
        return Interval(1.0, 1.0, 1.0)
    if not shares:
        return None
    middle = sum(share[0] for share in shares) / len(shares)
    low, high = min(share[1] for share in shares), max(share[2] for share in shares)
    ceiling = (layers - 0.5) / layers  # a model without layers still takes some time
    return Interval(*(1 / (1 - min(removed * share, ceiling)) for share in (middle, low, high)))


def parameters_after(report: AnalysisReport, removed: Iterable[int]) -> tuple[int, int]:
    """Parameters before and after, counted exactly from the layers."""
    total = int(report.model.get("parameters") or sum(layer.parameters for layer in report.layers))
    return total, total - sum(report.layers[index].parameters for index in removed)


def outcome_of(
    outcomes: Iterable[CompressionOutcome], removed: Sequence[int], treatment: Treatment | None = None
) -> CompressionOutcome | None:
    """The newest measured compression that took out exactly these layers, treated in this way or, without one, as cut.

    The last one listed counts as newest.
    """
    wanted = tuple(sorted(removed))
    alike = [
        outcome
        for outcome in outcomes
        if outcome.plan.remove == wanted and is_treated_like(outcome, treatment or Treatment())
    ]
    return max(alike, key=lambda outcome: outcome.measurement.measured_at) if alike else None


def greedy_order(outcomes: Iterable[CompressionOutcome]) -> tuple[int, ...]:
    """The longest order of removal that greedy searches have found; empty where none has been run."""
    orders = [outcome.plan.removal_order for outcome in outcomes if outcome.plan.strategy == "greedy"]
    return max(orders, key=len, default=())


def _share(speedup: float, removed: int) -> float:
    """The share of the original time that one removed layer saves."""
    return (1 - _inverse(speedup)) / removed


def _times(before: float, after: float) -> float | None:
    return before / after if after else None


def _inverse(value: float) -> float:
    return 1 / value if value else 0.0


def _parts(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high
