"""How much of the learning signal arrives at each layer.

Question: Does the learning signal pass through to this layer, or does it fade or blow up on the way?
Formula: G_l = RMS_l / RMS_last, with RMS_l = sqrt(mean of (dL_n/dh_l)^2 over examples n, real tokens and units), h_l
    the layer's output and L_n each example's own loss. A layer is flagged as vanishing where G_l < 0.01 and as
    exploding where G_l > 100; the last layer has 1 by definition.
Paper: Glorot and Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Neural Networks.
Caveat: It tells how easily a layer could still learn, not what it has learnt; in a residual network the signal passes
    by a layer as well as through it. Where the shape changes, the mean is over the places that there are. The standard
    error is that of a ratio of correlated means over examples (delta method); the last layer's is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, by_layer, plain
from analysis_core.probe.needs import FloatArray, Need, OutputGradients, OutputGradientStatistics, Statistics
from analysis_core.results import Layer

VANISHING, EXPLODING = 0.01, 100.0
NO_GRADIENT = "The loss does not react to its output."
NOT_FINITE = "The gradient at its output is not finite; try float32."


class GradientFlow(ProbeMethod):
    """Scores layers by the size of the gradient at their output."""

    title = "Gradient flow"
    unit = "ratio to the last layer"
    cost = "shared pass"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (OutputGradients(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: OutputGradientStatistics = statistics[need]
        squares, places = whole_columns(measured.squares), whole_columns(measured.places)
        why_not = [reason_against(column) for column in squares.T]
        if why_not[-1] is not None:
            return Scores.none(len(layers), f"There is nothing to compare with at the last layer. {why_not[-1]}")
        applies = np.array([reason is None for reason in why_not])
        squares, places = np.where(applies, squares, np.nan), np.where(applies, places, np.nan)
        values, errors = relative_rms(squares, places)
        extras = {
            "rms": list(plain(np.sqrt(squares.sum(0) / places.sum(0)))),
            "vanishing": [bool(value < VANISHING) for value in values],
            "exploding": [bool(value > EXPLODING) for value in values],
            "thresholds": {"vanishing": VANISHING, "exploding": EXPLODING},
        }
        return Scores(values, errors, extras, reasons=by_layer(why_not))


def whole_columns(rows: FloatArray) -> FloatArray:
    """0 in the place of examples that a layer never saw, unless it saw none, ``[examples, layers]``."""
    return np.where(np.isnan(rows).all(0), np.nan, np.where(np.isnan(rows), 0.0, rows))


def reason_against(squares: FloatArray) -> str | None:
    """Why a layer's squared gradients, ``[examples]``, make no score; None if they do."""
    if np.isnan(squares).all() or not squares.any():
        return NO_GRADIENT
    return None if np.isfinite(squares).all() else NOT_FINITE


def relative_rms(squares: FloatArray, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Root mean squares relative to the last column's, and their standard errors, ``[layers]``.

    The logarithm of such a ratio is a sum of logarithms of means over examples, so each example's influence on it is
    half the sum of its deviations from those means.

    Args:
        squares: each example's sum of squares, ``[examples, layers]``.
        places: of how many entries.
    """
    examples = len(squares)
    rms = np.sqrt(squares.sum(0) / places.sum(0))
    values = rms / rms[-1]
    if examples < 2:
        return values, np.full_like(values, np.nan)
    share = squares / squares.mean(0) - places / places.mean(0)
    influence = (share - share[:, -1:]) / 2
    return values, values * influence.std(0, ddof=1) / math.sqrt(examples)


METHODS.add("gradient_flow", GradientFlow("gradient_flow"))
