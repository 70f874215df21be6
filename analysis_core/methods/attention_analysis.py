"""What each layer's attention heads do, and how much the loss minds.

Question: Do this layer's heads look anywhere in particular, and does it matter to the loss?
Formula: I_h = (1/N) sum_n | sum over real queries q and keys k of A_hqk * dL_n/dA_hqk |, and the layer's score =
    sum over its heads of I_h. The inner sum is the derivative of example n's loss with respect to a gate on head h
    (Michel's Att_h^T dL/dAtt_h), so the absolute value is taken once per example and head. Beside it stand, per head,
    the attention's entropy divided by the logarithm of the number of keys that a query may see, and the mean of |q - k|
    in tokens.
Paper: Michel, Levy and Neubig 2019, Are Sixteen Heads Really Better than One?; Clark et al. 2019, What Does BERT Look
    At? for entropy and distance.
Caveat: A straight line drawn at the full model: two heads that stand in for each other both look unimportant. Only
    self-attention counts, neither attention to another sequence nor among channels. Under a causal mask a query may see
    the keys up to itself, else all real ones: narrower masks are not counted, and queries that see a single key have
    no entropy. Entropy and distance come from the first 128 examples. Inside windows, distance is counted within the
    window, row after row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, by_layer, mean_and_std_error, plain
from analysis_core.probe.needs import AttentionHeads, AttentionStatistics, Need, Statistics
from analysis_core.results import Layer


class AttentionAnalysis(ProbeMethod):
    """Scores layers by the summed importance of their attention heads."""

    title = "Attention heads"
    unit = "nats"
    cost = "shared pass, with attention computed openly"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (AttentionHeads(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: AttentionStatistics = statistics[need]
        if all(measured.why_not):
            reasons = list(dict.fromkeys(reason for reason in measured.why_not if reason))
            return Scores.none(len(layers), f"No layer's attention can be scored. {' '.join(reasons)}")
        values, errors = mean_and_std_error(measured.importance)
        applies = np.array([reason is None for reason in measured.why_not])
        extras: dict[str, Any] = {
            "head_importance": [list(plain(heads)) for heads in measured.heads],
            "entropy": [list(plain(heads)) for heads in measured.entropy],
            "distance_tokens": [list(plain(heads)) for heads in measured.distance],
            "counted": "self-attention",
        }
        values, errors = np.where(applies, values, np.nan), np.where(applies, errors, np.nan)
        return Scores(values, errors, extras, reasons=by_layer(measured.why_not))


METHODS.add("attention_analysis", AttentionAnalysis("attention_analysis"))
