"""What would it cost to remove these layers? An instant guess with an error bar. No torch here.

The cost of a subset is modelled as a sum of single-layer costs and of what layers cost beyond that when they
go together. All of it is one Gaussian process over subsets, conditioned on every subset that was measured
(Rasmussen & Williams, *Gaussian Processes for Machine Learning*, 2006, ch. 2). Its covariance is that of
:func:`covariance_terms`: two subsets tell of each other through the layers, pairs and triples that both hold.
The error bar is therefore narrow near what was measured and widens with distance. How strongly layers
interact is not assumed: predictions are averaged over a grid of strengths, weighted by how well each explains
the measurements.

The loss is modelled as it is. A metric that is a share (accuracy, F1, …) is modelled by its log-odds, so that
no estimate leaves the range from 0 to 1; one that is positive without bound (perplexity, RMSE) by its logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_core.compression.bar_width import Z_BAR
from analysis_core.compression.plan import checked_removal
from analysis_core.compression.subset_process import SubsetProcess
from analysis_core.errors import PlanError
from analysis_core.results import AnalysisReport, Estimate, Interval, SubsetResult
from analysis_core.vocabulary import Direction

SHARES = frozenset(
    {
        *("accuracy", "token_accuracy", "action_accuracy", "macro_f1", "f1", "exact_match", "auc", "recall", "ndcg"),
        *("mean_reciprocal_rank", "mrr", "map", "image_average_precision", "mean_iou", "image_mean_iou"),
    }
)
"""Metrics between 0 and 1; a cut-off such as ``@10`` may follow the name."""
POSITIVE = frozenset({"perplexity", "rmse", "bits_per_pixel"})
"""Metrics above 0 without an upper end: removing layers multiplies them."""
SMALLEST, LARGEST = 1e-12, 1e100
"""Between these a positive metric has a logarithm to calculate with."""
MOST_SINGLES, MOST_TOGETHER = 40, 60
"""So many measured subsets, those most like the one asked for, are enough; more would only cost time."""


def estimate(report: AnalysisReport, removed: Iterable[int], measured: Sequence[SubsetResult] = ()) -> Estimate:
    """Estimate what removing some layers costs, on the examples that may be used to choose.

    Args:
        report: an analysis with ``layer_ablation``; its measured subsets are used.
        removed: indices of the layers that would go.
        measured: further subsets that were measured since, on the same examples, in their order: bars learn from how
            earlier ones held.

    Returns:
        Metric and loss increase with 90 % error bars. A subset that was itself measured comes back with its
        own value; the bars are its sampling error then.

    Raises:
        PlanError: a layer does not exist or cannot go, or no layer was measured alone.
    """
    asked = checked_removal(report.layers, removed)
    known = {result.removed: result for result in (*report.measured, *measured)}
    if not any(len(subset) == 1 for subset in known):
        raise PlanError(
            "There is nothing to estimate from: no layer was measured alone.",
            remedy="Run the analysis with the method layer_ablation.",
        )
    baseline = known[()].metric if () in known else float(report.baseline[report.metric])
    scale = _MetricScale(report.metric, report.metric_direction, baseline)
    if asked in known:
        return _as_measured(known[asked], scale)
    results = _most_alike(tuple(known.values()), asked)
    process = SubsetProcess(len(report.layers), [result.removed for result in results])
    loss = process.predict(
        asked,
        np.array([result.loss_increase for result in results]),
        np.array([result.loss_increase_std_error for result in results]),
    )
    costs = [scale.cost(result) for result in results]
    metric = process.predict(asked, np.array([cost for cost, _ in costs]), np.array([error for _, error in costs]))
    return Estimate(asked, scale.interval(*metric), _interval(*loss), measured=False)


@dataclass(frozen=True)
class _MetricScale:
    """Between a metric and a cost that adds up over layers (higher = worse)."""

    name: str
    direction: Direction
    baseline: float

    @property
    def is_share(self) -> bool:
        return self.name.partition("@")[0] in SHARES

    @property
    def is_positive(self) -> bool:
        return self.name in POSITIVE

    @property
    def sign(self) -> float:
        return 1.0 if self.direction is Direction.HIGHER_IS_BETTER else -1.0

    def cost(self, result: SubsetResult) -> tuple[float, float]:
        """Cost of a measured subset, with its standard error."""
        if self.is_positive:
            value = _within(result.metric)
            return self.sign * math.log(_within(self.baseline) / value), result.metric_drop_std_error / value
        if not self.is_share:
            return result.metric_drop, result.metric_drop_std_error
        # Half an example keeps the log-odds finite where everything or nothing is right.
        margin = 0.5 / max(result.examples, 1)
        share = min(max(result.metric, margin), 1 - margin)
        whole = min(max(self.baseline, margin), 1 - margin)
        error = max(result.metric_drop_std_error, margin)
        return _log_odds(whole) - _log_odds(share), error / (share * (1 - share))

    def metric(self, cost: float) -> float:
        """The metric at a cost."""
        if self.is_positive:
            return _within(math.exp(min(math.log(_within(self.baseline)) - self.sign * cost, math.log(LARGEST))))
        if not self.is_share:
            return self.baseline - self.sign * cost
        whole = min(max(self.baseline, 1e-6), 1 - 1e-6)
        return float(1 / (1 + np.exp(cost - _log_odds(whole))))

    def interval(self, cost: float, deviation: float) -> Interval:
        """The metric at a cost, with its 90 % error bar."""
        ends = sorted(self.metric(cost + step * deviation) for step in (-Z_BAR, Z_BAR))
        return Interval(self.metric(cost), *ends)


def _as_measured(result: SubsetResult, scale: _MetricScale) -> Estimate:
    low, high = (result.metric + step * Z_BAR * result.metric_drop_std_error for step in (-1, 1))
    if scale.is_share:
        low, high = max(low, 0.0), min(high, 1.0)
    if scale.is_positive:
        low = max(low, 0.0)
    loss = _interval(result.loss_increase, result.loss_increase_std_error)
    return Estimate(result.removed, Interval(result.metric, low, high), loss, measured=True)


def _interval(value: float, deviation: float) -> Interval:
    return Interval(value, value - Z_BAR * deviation, value + Z_BAR * deviation)


def _most_alike(results: Sequence[SubsetResult], asked: tuple[int, ...]) -> list[SubsetResult]:
    """The measured subsets nearest to the asked one: single layers, then larger ones, as they were measured."""
    singles = [result for result in results if len(result.removed) == 1]
    together = [result for result in results if len(result.removed) > 1]
    return [*_nearest(singles, asked, MOST_SINGLES), *_nearest(together, asked, MOST_TOGETHER)]


def _nearest(results: Sequence[SubsetResult], asked: tuple[int, ...], most: int) -> list[SubsetResult]:
    if len(results) <= most:
        return list(results)
    places = sorted(range(len(results)), key=lambda place: len(set(results[place].removed) ^ set(asked)))
    return [results[place] for place in sorted(places[:most])]


def _within(value: float) -> float:
    return min(max(value, SMALLEST), LARGEST)


def _log_odds(share: float) -> float:
    odds: NDArray[np.float64] = np.log(share) - np.log1p(-share)
    return float(odds)
