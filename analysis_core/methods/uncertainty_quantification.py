"""How unsure the model becomes when parts of a layer's contribution are missing.

Question: How unsure does the model become when this layer is unreliable?
Formula: MI_l = H(mean_k p_k) - mean_k H(p_k), in nats, a mean over examples, with p_k the prediction when a random
    quarter of what layer l adds to the hidden state is dropped (the rest scaled by 4/3), k = 1 … 4 masks; MI is the
    mutual information between prediction and mask.
Paper: Gal and Ghahramani 2016, Dropout as a Bayesian Approximation; Houlsby et al. 2011, Bayesian Active Learning for
    Classification and Preference Learning.
Caveat: With K masks the estimate is too small by a factor of about (K - 1) / K, here 3/4, alike for all layers, which
    leaves their order as it is. A network that never saw dropout may answer it in ways that say little of what it
    knows. Only the first 128 examples are used. It does not apply to layers that change the shape of the hidden state
    or that run several times, nor to tasks whose model states no probabilities, such as regression.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, mean_and_std_error, plain
from analysis_core.probe.needs import DroppedContributions, DroppedStatistics, FloatArray, Need, Statistics
from analysis_core.results import Layer


class UncertaintyQuantification(ProbeMethod):
    """Scores layers by how much predictions depend on which part of their contribution is dropped."""

    title = "Uncertainty (layer dropout)"
    unit = "nats"
    draws = True
    cost = "four replays a layer on at most 128 examples"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (DroppedContributions(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        need = DroppedContributions()
        measured: DroppedStatistics = statistics[need]
        if measured.not_applicable is not None:
            return Scores.none(len(layers), measured.not_applicable)
        if all(measured.reasons):
            return Scores.none(len(layers), f"No layer's contribution can be dropped. The first: {measured.reasons[0]}")
        values, errors = mean_and_std_error(measured.information.T)
        extras = {
            "intact_entropy": float(measured.intact_entropy.mean()),
            "error_auroc": [error_auroc(row, measured.errors) for row in measured.information],
            "loss_rank_correlation": [rank_correlation(row, measured.losses) for row in measured.information],
            "masks": need.draws,
            "rate": need.rate,
            "examples": len(measured.losses),
        }
        return Scores(values, errors, extras, reasons={index: why for index, why in enumerate(measured.reasons) if why})


def error_auroc(scores: FloatArray, errors: FloatArray) -> float | None:
    """How well a score tells the wrongly answered examples from the others: 1 always, 0.5 like a coin.

    The Mann-Whitney statistic, ties counting half. None where errors are not 0 or 1, or all alike.
    """
    from scipy.stats import rankdata

    wrong = int((errors == 1).sum())
    right = int((errors == 0).sum())
    if wrong + right < len(errors) or not wrong or not right or np.isnan(scores).any():
        return None
    return float((rankdata(scores)[errors == 1].sum() - wrong * (wrong + 1) / 2) / (wrong * right))


def rank_correlation(one: FloatArray, other: FloatArray) -> float | None:
    """Spearman's rank correlation; None where one of them is constant, or fewer than 3 examples are there."""
    from scipy.stats import rankdata

    if len(one) < 3 or np.isnan(one).any() or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return plain([np.corrcoef(rankdata(one), rankdata(other))[0, 1]])[0]


METHODS.add("uncertainty_quantification", UncertaintyQuantification("uncertainty_quantification"))
