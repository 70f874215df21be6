"""How much of its width each layer's output uses.

Question: How much of its width is in use?
Formula: P_l = (tr C)^2 / (tr(C^2) * width), with C the covariance of the layer's output (its second moments about the
    mean) over all real tokens of all examples: 1 where all directions vary alike, 1 / width where only one does. Beside
    it: the same without taking off the mean, dead units (standard deviation at most 1/10000 of the output's root mean
    square), sparsity (share of values smaller than 1/100 of that), and the units' mean excess kurtosis.
Paper: Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy and Ganguli 2017, A Theory of Multineuronal Dimensionality, Dynamics
    and Measurement.
Caveat: Width in use says nothing of what it is used for, and it cannot exceed the number of tokens seen. Layers wider
    than 2048 units are judged by a random 2048 of them (and the share is then one of these). Standard error, sparsity
    and kurtosis come from 8 random tokens of each of the first 128 examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, by_layer, plain
from analysis_core.probe.needs import Activity, FloatArray, Need, Statistics, UnitActivity, UnitActivityStatistics
from analysis_core.results import Layer

DEAD, NEAR_ZERO = 1e-4, 1e-2
"""Of the output's root mean square."""
CONSTANT = 1e-6
"""Below this share of the root mean square, rounding alone makes a standard deviation."""
BESIDE = ("dimensions", "uncentred", "dead_fraction", "sparsity", "excess_kurtosis", "width", "watched_units")
DID_NOT_RUN = "It did not run."
NEVER_CHANGES = "Its output is the same for every token."
NOT_FINITE = "Its output is not finite; try float32."
FEWEST_FOR_KURTOSIS = 8


class NeuronActivation(ProbeMethod):
    """Scores layers by the participation ratio of their output."""

    title = "Neuron activation"
    unit = "share of the width"
    cost = "shared pass, forward only"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (UnitActivity(seed=config.seed),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: UnitActivityStatistics = statistics[need]
        why_not = [reason_against(activity) for activity in measured.layers]
        if all(why_not):
            reasons = list(dict.fromkeys(reason for reason in why_not if reason))
            return Scores.none(len(layers), f"No layer's output can be scored. {' '.join(reasons)}")
        rows = [
            describe(activity) if activity is not None and reason is None else {}
            for activity, reason in zip(measured.layers, why_not, strict=True)
        ]

        def column(name: str) -> list[float | None]:
            return list(plain([row.get(name, math.nan) for row in rows]))

        extras: dict[str, Any] = {name: column(name) for name in BESIDE}
        values, errors = ([row.get(name, math.nan) for row in rows] for name in ("score", "std_error"))
        return Scores(values, errors, extras, reasons=by_layer(why_not))


def reason_against(activity: Activity | None) -> str | None:
    """Why a layer has no score; None if it has one."""
    if activity is None:
        return DID_NOT_RUN
    if not np.isfinite(activity.covariance).all():
        return NOT_FINITE
    constant = root_mean_square(activity) * CONSTANT
    return None if np.diag(activity.covariance).mean() > constant**2 else NEVER_CHANGES


def describe(activity: Activity) -> dict[str, float]:
    """Score, standard error, and everything that stands beside them."""
    covariance, mean, rms = activity.covariance, activity.mean, root_mean_square(activity)
    deviations = np.sqrt(np.diag(covariance).clip(min=0))
    dimensions = participation_ratio(covariance)
    units = len(mean)
    return {
        "score": dimensions / units,
        "std_error": dimensions / units * relative_std_error(activity),
        "dimensions": dimensions,
        "uncentred": participation_ratio(covariance + np.outer(mean, mean)) / units,
        "dead_fraction": float((deviations <= DEAD * rms).mean()),
        "sparsity": float((np.abs(activity.kept) <= NEAR_ZERO * rms).mean()) if activity.kept.size else math.nan,
        "excess_kurtosis": excess_kurtosis(activity.kept[:, deviations > DEAD * rms]),
        "width": float(activity.width),
        "watched_units": float(units),
    }


def root_mean_square(activity: Activity) -> float:
    """Of all values of the output."""
    return math.sqrt(np.mean(np.diag(activity.covariance) + activity.mean**2))


def participation_ratio(moments: FloatArray) -> float:
    """How many directions take part: (sum of eigenvalues)^2 / sum of squared eigenvalues, by traces."""
    return float(np.trace(moments) ** 2 / np.square(moments).sum())


def relative_std_error(activity: Activity) -> float:
    """Standard error of the logarithm of the participation ratio over examples (delta method).

    A token x, with y = x - mean, moves it by 2 (y'y / tr C - 1) - 2 (y'Cy / tr C^2 - 1), and an example by the sum
    over its tokens. Of each example only some tokens are kept, so that what their choice adds to the spread is taken
    off again; independent tokens are the least that is left.
    """
    numbers, at = np.unique(activity.kept_examples, return_inverse=True)
    if len(numbers) < 2:
        return math.nan
    covariance, centred = activity.covariance, activity.kept - activity.mean
    lengths = np.square(centred).sum(1) / np.trace(covariance)
    along = np.einsum("tu,tu->t", centred @ covariance, centred) / np.square(covariance).sum()
    influence = 2 * (lengths - along)
    kept = np.bincount(at).astype(float)
    count = np.bincount(at, activity.kept_counts) / kept
    means = np.bincount(at, influence) / kept
    within = np.bincount(at, np.square(influence - means[at])) / np.maximum(kept - 1, 1)
    weight = count / activity.tokens.mean()
    spread = np.var(weight * means, ddof=1)
    by_choice = np.mean(weight**2 * within / kept * (1 - kept / count))
    least = np.mean(weight**2 * within / count)
    return float(math.sqrt(max(spread - by_choice, least) / len(activity.tokens)))


def excess_kurtosis(values: FloatArray) -> float:
    """Mean over units of the fourth standardised moment minus 3, from ``[tokens, units]``; NaN for too few tokens."""
    if len(values) < FEWEST_FOR_KURTOSIS or not values.size:
        return math.nan
    centred = values - values.mean(0)
    second = np.square(centred).mean(0)
    fourth = np.square(np.square(centred)).mean(0)
    live = second > 0
    return float((fourth[live] / second[live] ** 2).mean() - 3) if live.any() else math.nan


METHODS.add("neuron_activation", NeuronActivation("neuron_activation"))
