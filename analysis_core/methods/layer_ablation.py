"""What is lost when a layer is skipped.

Question: What does the loss, and the metric, lose when this layer is skipped?
Formula: A_l = (1/N) sum_n [ L_n(layer l skipped) - L_n ], paired over examples. Skipping means output = input; where
    the shapes differ the output is replaced by its mean over the data. The drop of the task's metric stands beside it.
Paper: Veit, Wilber and Belongie 2016, Residual Networks Behave Like Ensembles of Relatively Shallow Networks; Song et
    al. 2024, SLEB.
Caveat: One layer at a time: layers that stand in for each other all look dispensable, and together they are not.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, mean_and_std_error, plain
from analysis_core.probe.needs import Need, SkippedLayers, SkippedStatistics, Statistics
from analysis_core.results import Layer


class LayerAblation(ProbeMethod):
    """Scores layers by the measured rise of the loss without them."""

    title = "Layer ablation"
    unit = "nats"
    cost = "one replay a layer: about half as many forward passes as layers"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (SkippedLayers(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: SkippedStatistics = statistics[need]
        values, errors = mean_and_std_error((measured.losses - measured.intact_losses).T)
        drops, drop_errors = mean_and_std_error((measured.intact_metric - measured.metric).T)
        extras = {
            "metric_drop": list(plain(drops)),
            "metric_drop_std_error": list(plain(drop_errors)),
            "mean_replaced": [layer.index for layer in layers if not layer.removable],
        }
        return Scores(values, errors, extras)


METHODS.add("layer_ablation", LayerAblation("layer_ablation"))
