"""Slow reference for the information bottleneck: Gaussian kernels and HSIC with every sum written out as a loop."""

from __future__ import annotations

import itertools
import math

import numpy as np


def median_width(points: np.ndarray) -> float:
    """Median of all pairwise distances; of those above zero where it is zero."""
    found = sorted(math.dist(a, b) for a, b in itertools.combinations(points.tolist(), 2))
    above = [distance for distance in found if distance > 0]

    def median(values: list[float]) -> float:
        middle = len(values) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2

    return median(found) or median(above)


def gaussian_gram(points: np.ndarray) -> np.ndarray:
    """exp(-d^2 / (2 width^2)) for every pair, the diagonal 1."""
    width = median_width(points)
    return np.array([[math.exp(-(math.dist(a, b) ** 2) / (2 * width**2)) for b in points] for a in points])


def hsic_by_tuples(k: np.ndarray, m: np.ndarray) -> float:
    """Unbiased HSIC as the mean over tuples of different examples (Song et al. 2012, equation 3): no closed form.

    E[k(1,2) m(1,2)] + E[k(1,2) m(3,4)] - 2 E[k(1,2) m(1,3)].
    """
    examples = range(len(k))
    pairs = [k[a, b] * m[a, b] for a, b in itertools.permutations(examples, 2)]
    triples = [k[a, b] * m[a, c] for a, b, c in itertools.permutations(examples, 3)]
    fours = [k[a, b] * m[c, d] for a, b, c, d in itertools.permutations(examples, 4)]
    return float(np.mean(pairs) + np.mean(fours) - 2 * np.mean(triples))


def normalised_hsic(one: np.ndarray, other: np.ndarray) -> float:
    """HSIC(a, b) / sqrt(HSIC(a, a) HSIC(b, b)) of two views ``[examples, width]``."""
    k, m = gaussian_gram(one), gaussian_gram(other)
    return hsic_by_tuples(k, m) / math.sqrt(hsic_by_tuples(k, k) * hsic_by_tuples(m, m))
