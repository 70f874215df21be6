"""What a result says, in one sentence computed from its numbers: the titles of the figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis_core.report import numbers
from analysis_core.report.dominance import FrontierAxis, along
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.layer_names import named, named_list
from analysis_core.report.phrases import ENGLISH, Phrases, metric_name, sentence_case
from analysis_core.report.scaling import Scores
from analysis_core.results import AnalysisReport, Layer, MethodResult, SubsetResult
from analysis_core.vocabulary import Direction

Z_95 = 1.959964
TOLERATED_LOSS = 0.02
"""A layer "can go" when even the upper end of its cost is at most this share of the intact metric."""
SERIOUS_LOSS = 0.05
"""A layer "cannot go" when even the lower end of its cost is at least this share of the intact metric."""
KEPT_WELL = 0.95
LEAST_POINTS = "0.1"
"""Losses in points are told to one decimal."""
NAMED_LAYERS = 2


@dataclass(frozen=True)
class Cost:
    """What leaving out one layer costs: a drop of the metric (positive = worse) with its 95 % interval."""

    layer: int
    drop: float
    low: float
    high: float
    examples: int


def single_costs(report: AnalysisReport) -> dict[int, Cost]:
    """The measured cost of leaving out each single layer; layers that were not tried are missing."""
    return {subset.removed[0]: _cost(subset) for subset in report.measured if len(subset.removed) == 1}


def expendable_and_critical(report: AnalysisReport) -> tuple[list[int], list[int]]:
    """Layers whose single removal surely costs little, and layers whose removal surely costs much."""
    intact = abs(report.baseline.get(report.metric, 0.0)) or 1.0
    costs = single_costs(report).values()
    expendable = [
        cost.layer for cost in costs if cost.high <= TOLERATED_LOSS * intact and report.layers[cost.layer].removable
    ]
    critical = [cost.layer for cost in costs if cost.low >= SERIOUS_LOSS * intact]
    return sorted(expendable), sorted(critical)


def layers_finding(report: AnalysisReport, phrases: Phrases = ENGLISH) -> str:
    """The headline of an analysis: which layers can go and which cannot, from measurements where there are any."""
    costs = single_costs(report)
    if not costs:
        return _by_scores(report, phrases)
    expendable, critical = expendable_and_critical(report)
    form = phrases[{0: "one_can", 1: "one_can", 2: "two_can"}.get(len(expendable), "some_can")]
    can = form.format(layers=named_list(expendable, report.layers, phrases))
    cannot = named_list(critical, report.layers, phrases)
    if expendable and critical:
        return phrases["can_and_cannot"].format(can=can, cannot=cannot)
    if expendable:
        return phrases["can_only"].format(can=can)
    cheapest = min(costs.values(), key=lambda cost: cost.drop)
    if critical and len(critical) < len(costs):
        form = phrases["cannot_only" if cheapest.low > 0 else "cannot_unsure"]
        return form.format(cannot=_layers_phrase(critical, report.layers, phrases), examples=cheapest.examples)
    layer = named(cheapest.layer, report.layers, phrases)
    if cheapest.low <= 0:
        low, high = (_amount(report.metric, value) for value in (cheapest.low, cheapest.high))
        unit = phrases["unsure_points" if report.metric in numbers.SHARES else "unsure_plain"]
        return phrases["none_sure"].format(
            layer=layer, span=unit.format(low=low, high=high), examples=cheapest.examples
        )
    return phrases["all_needed"].format(layer=layer, loss=_loss(report.metric, cheapest.drop, phrases))


def method_finding(result: MethodResult, phrases: Phrases = ENGLISH, layers: Sequence[Layer] = ()) -> str:
    """Whether one layer leads by this method, or several whose 95 % intervals overlap; `layers` give them names."""
    order = _order(result.scores)
    if not order:
        return phrases["nothing_scored"]
    first, last = order[0], order[-1]
    if result.std_errors[first] is None or len(order) == 1:
        return phrases["no_interval"].format(first=named(first, layers, phrases), last=named(last, layers, phrases))
    lead_low = result[first] - Z_95 * (result.std_errors[first] or 0.0)
    tied = [index for index in order if result[index] + Z_95 * (result.std_errors[index] or 0.0) >= lead_low]
    if len(tied) == 1:
        return phrases["clear_lead"].format(first=named(first, layers, phrases))
    if len(tied) == len(order):
        return phrases["no_lead"]
    return phrases["shared_lead"].format(tied=named_list(tied, layers, phrases))


def silence(result: MethodResult, layer: int, phrases: Phrases = ENGLISH) -> str:
    """Why a method gives a layer no score: of the whole model, of this layer, or that it does not apply."""
    said = result.reasons[layer] if layer < len(result.reasons) else None
    return result.not_applicable or said or phrases["not_applicable"]


def consensus_finding(consensus: Scores, phrases: Phrases = ENGLISH, layers: Sequence[Layer] = ()) -> str:
    """Which layer all methods together put first, and which last."""
    order = _order(consensus)
    if not order:
        return phrases["nothing_scored"]
    return phrases["ranking"].format(first=named(order[0], layers, phrases), last=named(order[-1], layers, phrases))


def layer_finding(report: AnalysisReport, layer: int, phrases: Phrases = ENGLISH) -> str:
    """What leaving out this one layer does to the metric, if it was measured."""
    cost = single_costs(report).get(layer)
    name = named(layer, report.layers, phrases)
    if cost is None:
        return phrases["layer_unmeasured"].format(layer=name)
    words = {"layer": name, "metric": metric_name(report.metric, phrases)}
    if cost.low <= 0 <= cost.high:
        return phrases["layer_free"].format(**words)
    lower = "_lower" if report.metric_direction is Direction.LOWER_IS_BETTER else ""
    form = phrases[("layer_costs" if cost.drop > 0 else "layer_gains") + lower]
    return form.format(**words, loss=_loss(report.metric, abs(cost.drop), phrases))


def curve_finding(
    points: Sequence[FrontierPoint], metric: str, phrases: Phrases = ENGLISH, axis: FrontierAxis = FrontierAxis.LAYERS
) -> str:
    """How far the model can shrink before quality falls below 95 %; measured points speak before estimates."""
    placed = [(where.value, point) for point in points if (where := along(point, axis)) is not None]
    placed = [(place, point) for place, point in placed if place != 1]  # the whole model says nothing
    name = metric_name(metric, phrases)
    measured = [(place, point) for place, point in placed if point.measured]
    if not placed:
        return phrases["curve_empty"]
    if not measured:
        place, middle = min(placed, key=lambda pair: abs(pair[0] - 2))
        words = {"ratio": _gain(place, axis, phrases), "retention": numbers.percent(middle.retention.value)}
        return phrases["curve_estimated"].format(**words, metric=name)
    return _measured_curve(measured, name, phrases, axis)


def _measured_curve(
    measured: Sequence[tuple[float, FrontierPoint]], name: str, phrases: Phrases, axis: FrontierAxis
) -> str:
    best: dict[float, float] = {}
    for place, point in measured:
        best[place] = max(point.retention.value, best.get(place, -math.inf))
    curve = sorted(best.items())
    holding = [(place, kept) for place, kept in curve if kept >= KEPT_WELL]
    if not holding:
        loss = numbers.percent(1 - curve[0][1])
        return phrases["curve_falls"].format(ratio=_gain(curve[0][0], axis, phrases), loss=loss, metric=name)
    last, kept = holding[-1]
    words = {"ratio": _gain(last, axis, phrases), "retention": numbers.percent(kept), "metric": name}
    furthest, left = curve[-1]
    if furthest == last:
        return phrases["curve_best"].format(**words)
    return phrases["curve_holds"].format(
        **words, next_ratio=numbers.times(furthest), next_retention=numbers.percent(left)
    )


def _gain(place: float, axis: FrontierAxis, phrases: Phrases) -> str:
    """Before / after with what it counts; layers go without saying."""
    return phrases[f"gain_{axis}"].format(ratio=numbers.times(place))


def _by_scores(report: AnalysisReport, phrases: Phrases) -> str:
    applicable = [result for result in report.methods.values() if result.not_applicable is None]
    order = _order(applicable[0].scores if len(applicable) == 1 else report.consensus)
    if not order:
        return phrases["nothing_scored"]
    told = min(NAMED_LAYERS, max(1, len(order) // 3))
    most = _layers_phrase(order[:told], report.layers, phrases)
    least = _layers_phrase(order[-told:], report.layers, phrases)
    least = sentence_case(least)
    if len(applicable) == 1:
        return phrases["by_method"].format(least=least, most=most, method=applicable[0].title)
    return phrases["by_consensus"].format(least=least, most=most)


def _order(scores: Scores) -> list[int]:
    """Indices of the known scores, the highest first."""
    known = [(score, -index) for index, score in enumerate(scores) if score is not None and math.isfinite(score)]
    return [-index for _, index in sorted(known, reverse=True)]


def _cost(subset: SubsetResult) -> Cost:
    margin, drop = Z_95 * subset.metric_drop_std_error, subset.metric_drop
    return Cost(subset.removed[0], drop, drop - margin, drop + margin, subset.examples)


def _loss(metric: str, drop: float, phrases: Phrases) -> str:
    """A loss with its unit; one that rounds to nothing is said to be small, not to be none."""
    if metric not in numbers.SHARES:
        return numbers.significant(drop)
    amount = numbers.points(drop)
    if amount == "0" and drop > 0:
        return phrases["points_at_most"].format(value=LEAST_POINTS)
    return phrases["points"].format(value=amount)


def _amount(metric: str, value: float) -> str:
    return numbers.points(value) if metric in numbers.SHARES else numbers.significant(value)


def _layers_phrase(indices: Sequence[int], layers: Sequence[Layer], phrases: Phrases) -> str:
    form = phrases["one_layer"] if len(indices) == 1 else phrases["many_layers"]
    return form.format(layers=named_list(indices, layers, phrases))
