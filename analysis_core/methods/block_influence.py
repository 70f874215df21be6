"""How far each layer turns the residual stream.

Question: How far does this layer turn the hidden state that passes through it?
Formula: BI_l = mean over real tokens of 1 - cos(h_in, h_out). The angle arccos(cos) / pi stands beside it.
Paper: Men et al. 2024, ShortGPT: Layers in Large Language Models are More Redundant Than You Expect; Gromov et al.
    2024, The Unreasonable Ineffectiveness of the Deeper Layers.
Caveat: It looks at geometry and never at the loss: a small turn can be the one that decides the answer. It does not
    apply where a layer changes the shape of the hidden state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, plain, silent
from analysis_core.probe.needs import Need, Statistics, StreamTurn, StreamTurnStatistics
from analysis_core.results import Layer


class BlockInfluence(ProbeMethod):
    """Scores layers by the angle between what goes in and what comes out."""

    title = "Block influence"
    unit = "1 - cosine"
    cost = "shared pass, forward only"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (StreamTurn(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: StreamTurnStatistics = statistics[need]
        values, errors = ratio_of_sums(measured.one_minus_cosine, measured.tokens)
        angles, _ = ratio_of_sums(measured.angle, measured.tokens)
        if np.isnan(values).all():
            return Scores.none(len(layers), "Every layer changes the shape of the hidden state.")
        extras = {"angular_distance": list(plain(angles))}
        return Scores(values, errors, extras, reasons=silent(values, "Its output has another shape than its input."))


def ratio_of_sums(sums: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean per token and its standard error, from each example's sum and count, ``[examples, layers]``.

    Tokens of one example are not independent, so the error is that of a ratio of sums over examples.
    """
    examples = sums.shape[0]
    total = counts.sum(0)
    mean = sums.sum(0) / np.where(total > 0, total, np.nan)
    if examples < 2:
        return mean, np.full_like(mean, np.nan)
    residual = sums - mean * counts
    spread = np.sqrt((residual**2).sum(0) / (examples - 1) / examples)
    return mean, spread / (total / examples)


METHODS.add("block_influence", BlockInfluence("block_influence"))
