"""What each layer adds about the answer, and what it keeps of the input.

Question: How much about the answer does this layer add, and how much about the input does it keep?
Formula: IB_l = J(h_l) - J(h_(l-1)) with J(h) = nHSIC(h, y) - beta nHSIC(h, x) and nHSIC(a, b) = HSIC(a, b) /
    sqrt(HSIC(a, a) HSIC(b, b)). h_l is the layer's output averaged over each example's tokens, h_0 = x what enters the
    first layer, y the right answers. Gaussian kernels as wide as the median distance, unbiased HSIC, beta = 0.1. The
    information plane comes with it: nHSIC with x and with y at every boundary between layers.
Paper: Tishby and Zaslavsky 2015, Deep Learning and the Information Bottleneck Principle; Ma, Lewis and Kleijn 2020,
    The HSIC Bottleneck: Deep Learning without Back-Propagation; Song et al. 2012 for the unbiased estimator.
Caveat: HSIC measures dependence and not mutual information in bits. Ma et al. train with a regularised form; from a few
    hundred examples its regulariser decides it (at their 1e-5 every layer of a trained BERT comes within 4 % of the
    largest value that there is), so the plain ratio is taken. That lies on one scale for x and for y, 0 for independent
    and 1 for alike, and beta = 0.1 means: to forget the whole input is worth a tenth of knowing the whole answer. A
    negative score is a layer after which the answer is harder to read off the mean over tokens, which need not harm the
    model. It needs at least 4 examples and two different answers; only the first 512 examples are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, by_layer, plain
from analysis_core.methods.jackknife import jackknife_std_error
from analysis_core.methods.kernels import FEWEST_EXAMPLES, GaussianKernel, cka, cka_without_groups, gaussian_kernel
from analysis_core.probe.needs import Answers, FloatArray, Need, PooledStates, PooledStatistics, Statistics
from analysis_core.results import Layer

BETA = 0.1
"""What forgetting the input is worth against knowing the answer: enough to tell layers apart that know as much."""


class InformationBottleneck(ProbeMethod):
    """Scores layers by their gain in the information bottleneck's objective."""

    title = "Information bottleneck (HSIC)"
    unit = "gain in nHSIC"
    cost = "shared pass, forward only"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return PooledStates(), Answers()

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        need, answers_need = self.needs(config)
        states: PooledStatistics = statistics[need]
        answers: FloatArray = statistics[answers_need]
        examples = len(answers)
        if examples < FEWEST_EXAMPLES:
            return Scores.none(len(layers), f"HSIC needs at least {FEWEST_EXAMPLES} examples; there are {examples}.")
        y = gaussian_kernel(answers)
        if y is None:
            return Scores.none(len(layers), f"All {examples} examples have the same answer: there is nothing to know.")
        kernels = [_kernel(state, examples) for state in (states.inputs[0], *states.outputs)]
        x = kernels[0]
        if x is None:
            return Scores.none(len(layers), "What enters the first layer is the same for every example.")
        with_x, with_y = _dependence(kernels, x), _dependence(kernels, y)
        values = np.diff(with_y - BETA * with_x)
        reasons = [_reason(*pair, value) for pair, value in zip(pairwise(kernels), values.tolist(), strict=True)]
        if np.isnan(values).all():
            return Scores.none(len(layers), f"At every layer: {reasons[0]}")
        extras = {
            "information_plane": [
                {"with_x": kept, "with_y": known} for kept, known in zip(plain(with_x), plain(with_y), strict=True)
            ],
            "beta": BETA,
            "kernel_widths": [None if kernel is None else kernel.width for kernel in kernels],
            "answer_kernel_width": y.width,
            "examples": examples,
        }
        return Scores(values, _std_errors(kernels, x, y), extras, reasons=by_layer(reasons))


def _kernel(state: FloatArray, examples: int) -> GaussianKernel | None:
    """None where the layer did not run for all examples, or tells no example from another."""
    return gaussian_kernel(state[:examples]) if len(state) >= examples else None


def _dependence(kernels: Sequence[GaussianKernel | None], other: GaussianKernel) -> FloatArray:
    """Normalised HSIC of each boundary with ``other``, ``[boundaries]``."""
    return np.array([np.nan if kernel is None else cka(kernel.values, other.values) for kernel in kernels])


def _std_errors(kernels: Sequence[GaussianKernel | None], x: GaussianKernel, y: GaussianKernel) -> FloatArray:
    """Jackknife over groups of examples, widths held; both ends of a gain lose the same group."""

    def objective(kernel: GaussianKernel) -> FloatArray:
        known, kept = cka_without_groups(kernel.values, y.values), cka_without_groups(kernel.values, x.values)
        return known - BETA * kept

    missing = np.full(len(objective(x)), np.nan)
    without = np.array([missing if kernel is None else objective(kernel) for kernel in kernels])
    return jackknife_std_error(np.diff(without, axis=0).T)


def _reason(before: GaussianKernel | None, after: GaussianKernel | None, value: float) -> str | None:
    if after is None:
        return "Its output is the same for every example, or it did not run for each of them."
    if before is None:
        return "What the layer before it puts out is the same for every example."
    return "Too few different examples to normalise HSIC." if np.isnan(value) else None


METHODS.add("information_bottleneck", InformationBottleneck("information_bottleneck"))
