"""How much each layer changes the representation, seen over examples.

Question: Does this layer change which examples look alike?
Formula: 1 - CKA(X_l, Y_l), with X_l and Y_l the layer's input and output averaged over each example's tokens, and
    CKA(X, Y) = HSIC(X, Y) / sqrt(HSIC(X, X) HSIC(Y, Y)), linear kernel, unbiased HSIC. The map of CKA between all
    layers' outputs comes with it.
Paper: Kornblith et al. 2019, Similarity of Neural Network Representations Revisited; Nguyen et al. 2021, Do Wide and
    Deep Networks Learn the Same Things?; Song et al. 2012 for the unbiased estimator.
Caveat: It is blind to rotations and scalings that later layers may rely on, and a few dominant directions can decide
    it. It needs at least 4 examples; only the first 512 are used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, plain, silent
from analysis_core.methods.kernels import FEWEST_EXAMPLES, cka, cka_std_error, linear_kernel
from analysis_core.probe.needs import FloatArray, Need, PooledStates, PooledStatistics, Statistics
from analysis_core.results import Layer

CONSTANT = "Its input or its output is the same for every example, so there is no alignment to measure."


class LayerCorrelation(ProbeMethod):
    """Scores layers by how unlike, in CKA, their output is to their input."""

    title = "Layer correlation (CKA)"
    unit = "1 - CKA"
    cost = "shared pass, forward only"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (PooledStates(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: PooledStatistics = statistics[need]
        examples = max((len(state) for state in measured.outputs), default=0)
        if examples < FEWEST_EXAMPLES:
            return Scores.none(len(layers), f"CKA needs at least {FEWEST_EXAMPLES} examples; there are {examples}.")
        kernels_in = [linear_kernel(state) for state in measured.inputs]
        kernels_out = [linear_kernel(state) for state in measured.outputs]
        pairs = list(zip(kernels_in, kernels_out, strict=True))
        values = np.array([1 - cka(k, m) for k, m in pairs])
        errors = [cka_std_error(k, m) for k, m in pairs]
        extras = {"cka_map": cka_map(kernels_out), "examples": examples}
        return Scores(values, errors, extras, reasons=silent(values, CONSTANT))


def cka_map(kernels: Sequence[FloatArray]) -> list[list[float | None]]:
    """CKA between every two layers' outputs."""
    size = len(kernels)
    table = np.full((size, size), np.nan)
    for i in range(size):
        for j in range(i, size):
            table[i, j] = table[j, i] = cka(kernels[i], kernels[j])
    return [list(plain(row)) for row in table]


METHODS.add("layer_correlation", LayerCorrelation("layer_correlation"))
