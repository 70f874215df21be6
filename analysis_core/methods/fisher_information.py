"""Fisher information of each layer's weights.

Question: How sharply does the model's likelihood react to this layer's weights?
Formula: F_l = (1/N) sum_n | d log p(y_n | x_n) / d w_l |^2, the trace of the Fisher information matrix of layer l.
    With labels="data" the y_n are those of the data (the empirical Fisher); with labels="model" they are drawn from
    the model's own prediction (the true Fisher).
Paper: Kunstner, Hennig and Balles 2019, Limitations of the Empirical Fisher Approximation; Amari 1998.
Caveat: The empirical Fisher is dominated by badly predicted examples and differs from the true one away from a good
    fit. Large layers gather more of it: the score per parameter stands beside the total.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, NO_WEIGHTS, ProbeMethod, Scores, mean_and_std_error, plain, silent
from analysis_core.probe.needs import Need, PerExampleGradientNorms, Statistics
from analysis_core.results import Layer

MIXED = (
    "It holds a weight that serves all examples alike, such as a table of positions, or a module that mixes them, such "
    "as experts, so no example's part is known."
)


class FisherInformation(ProbeMethod):
    """Scores layers by the trace of their Fisher information matrix."""

    title = "Fisher information"
    unit = "nats²"
    cost = "shared pass"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (PerExampleGradientNorms(labels=config.fisher_labels),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        values, errors = mean_and_std_error(statistics[need])
        sizes = np.array([layer.parameters for layer in layers])
        if not sizes.any():
            return Scores.none(len(layers), "No layer of this model has weights.")
        weighted = np.where(sizes > 0, values, np.nan)
        extras = {
            "labels": config.fisher_labels,
            "per_parameter": list(plain(weighted / np.maximum(sizes, 1))),
        }
        reasons = {**silent(values, MIXED), **{layer.index: NO_WEIGHTS for layer in layers if not layer.parameters}}
        return Scores(weighted, np.where(sizes > 0, errors, np.nan), extras, reasons=reasons)


METHODS.add("fisher_information", FisherInformation("fisher_information"))
