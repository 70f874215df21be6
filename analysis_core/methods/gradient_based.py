"""First-order loss of removing each layer's weights.

Question: What would the loss lose, to first order, if these weights were set to zero?
Formula: T_l = sum over weights w of layer l of | w * dL/dw |, with L the mean loss over the data. The norm of
    dL/dw_l stands beside it.
Paper: Molchanov, Mallya, Tyree, Frosio and Kautz 2019, Importance Estimation for Neural Network Pruning.
Caveat: A straight line drawn from where training stopped, where gradients are small: it misses everything that layers
    do together, and it is known to call the first block unimportant when it is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, NO_WEIGHTS, ProbeMethod, Scores, plain, silent
from analysis_core.probe.needs import MeanGradients, MeanGradientStatistics, Need, Statistics
from analysis_core.results import Layer


class GradientBased(ProbeMethod):
    """Scores layers by a first-order Taylor expansion of the loss."""

    title = "Gradient (Taylor)"
    unit = "nats"
    cost = "shared pass"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (MeanGradients(seed=config.seed),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: MeanGradientStatistics = statistics[need]
        has_weights = np.array([layer.parameters > 0 for layer in layers])
        if not has_weights.any():
            return Scores.none(len(layers), "No layer of this model has weights.")
        values = np.where(has_weights, measured.taylor, np.nan)
        errors = np.where(has_weights, measured.taylor_std_errors, np.nan)
        extras = {"gradient_norm": list(plain(measured.norm))}
        return Scores(values, errors, extras, reasons=silent(values, NO_WEIGHTS))


METHODS.add("gradient_based", GradientBased("gradient_based"))
