"""How much each layer changes the representation, seen over examples.

Question: Does this layer change which examples look alike?
Formula: 1 - CKA(X_l, Y_l), with X_l and Y_l the layer's input and output averaged over each example's tokens, and
    CKA(X, Y) = HSIC(X, Y) / sqrt(HSIC(X, X) HSIC(Y, Y)), linear kernel, unbiased HSIC. The map of CKA between all
    layers' outputs comes with it.
Paper: Kornblith et al. 2019, Similarity of Neural Network Representations Revisited; Nguyen et al. 2021, Do Wide and
    Deep Networks Learn the Same Things?; Song et al. 2012 for the unbiased estimator.
Caveat: It is blind to rotations and scalings that later layers may rely on, and a few dominant directions can decide
    it. It needs at least 4 examples; only the first 1024 are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, plain
from analysis_core.probe.needs import FloatArray, Need, PooledStates, PooledStatistics, Statistics
from analysis_core.results import Layer

JACKKNIFE_GROUPS = 20


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
        if examples < 4:
            return Scores.none(len(layers), f"CKA needs at least 4 examples; there are {examples}.")
        kernels_in = [linear_kernel(state) for state in measured.inputs]
        kernels_out = [linear_kernel(state) for state in measured.outputs]
        pairs = list(zip(kernels_in, kernels_out, strict=True))
        values = [1 - cka(k, m) for k, m in pairs]
        errors = [cka_std_error(k, m) for k, m in pairs]
        return Scores(values, errors, {"cka_map": cka_map(kernels_out), "examples": examples})


def linear_kernel(state: FloatArray) -> FloatArray:
    """Inner products between examples, ``[examples, examples]``, diagonal zero, from ``[examples, width]``.

    States are centred first, which changes no value of the unbiased estimate but keeps the numbers small.
    """
    centred = state - state.mean(0)
    kernel: FloatArray = centred @ centred.T
    np.fill_diagonal(kernel, 0.0)
    return kernel


def hsic(kernel: FloatArray, other: FloatArray) -> float:
    """Unbiased HSIC of two kernels with zero diagonals (Song et al. 2012, equation 5)."""
    n = len(kernel)
    cross = float((kernel * other).sum())
    rows, other_rows = kernel.sum(1), other.sum(1)
    outer = float(rows.sum() * other_rows.sum()) / ((n - 1) * (n - 2))
    return (cross + outer - 2 / (n - 2) * float(rows @ other_rows)) / (n * (n - 3))


def cka(kernel: FloatArray, other: FloatArray) -> float:
    """Centred kernel alignment; NaN where a representation is constant."""
    scale = hsic(kernel, kernel) * hsic(other, other)
    return hsic(kernel, other) / math.sqrt(scale) if scale > 0 else math.nan


def cka_std_error(kernel: FloatArray, other: FloatArray) -> float:
    """Standard error over examples: a jackknife that leaves out one of 20 groups at a time."""
    n = len(kernel)
    groups = min(JACKKNIFE_GROUPS, n // 2)
    if n - math.ceil(n / groups) < 4:
        return math.nan
    without = []
    for group in range(groups):
        stay = np.arange(n) % groups != group
        without.append(cka(kernel[np.ix_(stay, stay)], other[np.ix_(stay, stay)]))
    spread = np.square(np.array(without) - np.mean(without)).sum() * (groups - 1) / groups
    return math.sqrt(spread)


def cka_map(kernels: Sequence[FloatArray]) -> list[list[float | None]]:
    """CKA between every two layers' outputs."""
    size = len(kernels)
    table = np.full((size, size), np.nan)
    for i in range(size):
        for j in range(i, size):
            table[i, j] = table[j, i] = cka(kernels[i], kernels[j])
    return [list(plain(row)) for row in table]


METHODS.add("layer_correlation", LayerCorrelation("layer_correlation"))
