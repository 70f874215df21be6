"""A Gaussian process over subsets of layers: plain linear algebra, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NORMAL = NormalDist()  # scipy.stats would cost the app's process 70 MB

COMMON_STRENGTHS = (0.03, 0.15, 0.6)
"""Extra cost that all pairs share, relative to a single layer's typical cost."""
OWN_STRENGTHS = (0.1, 0.5)
"""Extra cost of each pair by itself, likewise."""
UNIQUE_STRENGTHS = (0.1, 0.5)
"""Extra cost of a subset that no other subset tells of, likewise."""
TRIPLE_SHARE = 0.3
"""Triples interact this much less than pairs."""
LEAST_IMPORTANCE = 0.3
"""Layers that cost nothing alone may stand in for others: they count as this much of a typical layer."""
PRIOR_ERRORS = np.array([NORMAL.inv_cdf(0.5 + (place + 0.5) / 20) for place in range(10)])
PRIOR_SUBSETS = 5.0
"""Before larger subsets are measured, errors are taken to be as large as the process says; that counts as much as so
many measured subsets."""
BAR, Z_BAR = 0.9, NORMAL.inv_cdf(0.95)
"""Bars are to hold so much of what is then measured; of a normal variable, this many standard deviations do."""
JITTER = 1e-8


class SubsetProcess:
    """Costs of subsets, predicted from the costs of measured subsets.

    Args:
        layers: how many layers the model has.
        measured: the measured subsets, as ascending indices; at least one holds a single layer.
    """

    def __init__(self, layers: int, measured: Sequence[tuple[int, ...]]) -> None:
        self._measured = _indicators(layers, measured)
        self._singles = self._measured.sum(axis=1) == 1

    def predict(self, asked: tuple[int, ...], costs: Array, std_errors: Array) -> tuple[float, float]:
        """What a subset would be measured to cost, and the standard deviation of that.

        Args:
            asked: the subset, as ascending indices.
            costs: of the measured subsets, ``[subsets]``; the intact model costs zero.
            std_errors: of those costs, ``[subsets]``.
        """
        means, deviations = self.predict_all([asked], costs, std_errors)
        return float(means[0]), float(deviations[0])

    def predict_all(self, asked: Sequence[tuple[int, ...]], costs: Array, std_errors: Array) -> tuple[Array, Array]:
        """As :meth:`predict` for many subsets, for little more than the price of one: two ``[asked]``."""
        known, targets = len(self._measured), _indicators(self._measured.shape[1], asked)
        unit = float(np.sqrt(np.mean(costs[self._singles] ** 2))) or 1.0
        terms = covariance_terms(np.vstack([self._measured, targets]), self._importance(costs / unit))
        grid = np.array(list(product((1.0,), COMMON_STRENGTHS, OWN_STRENGTHS, UNIQUE_STRENGTHS)))
        covariances = np.tensordot(grid**2, terms, axes=1)
        noise = (std_errors / unit) ** 2 + JITTER
        means, variances, evidences = condition(covariances, costs / unit, noise)
        weights = np.exp(evidences - evidences.max())
        weights /= weights.sum()
        mean = weights @ means
        own = np.array([self._own_noise(len(subset), noise) for subset in asked])
        deviations = np.sqrt(np.maximum(weights @ (variances + (means - mean) ** 2) + own, 0.0))
        spread = self._spread(left_out_errors(covariances[:, :known, :known], costs / unit, noise), weights)
        return mean * unit, deviations * unit * spread

    def _importance(self, costs: Array) -> Array:
        """Square root of each layer's own cost in units of the typical one; 1 where it is unknown."""
        importance = np.ones(self._measured.shape[1])
        positions = self._measured[self._singles].argmax(axis=1)
        importance[positions] = np.sqrt(LEAST_IMPORTANCE + np.abs(costs[self._singles]))
        return importance

    def _own_noise(self, size: int, noise: Array) -> float:
        """How far a measurement of a subset of this size strays by itself: as those of like size do."""
        likeness = np.exp(-np.abs(self._measured.sum(axis=1) - size))
        return float(likeness @ noise / likeness.sum())

    def _spread(self, errors: Array, weights: Array) -> float:
        """How many times as wide as the process says its errors are, told by predicting what was measured.

        Every measured subset of several layers is predicted from all others. The error that nine in ten of them stay
        below, in units of their own deviations, is what a bar must span: a quantile, because a few large errors make
        a standard deviation wide without making it right (split conformal prediction; Lei et al. 2018, Theorem 2). So
        few errors are not trusted alone: those of a normal variable are mixed in, as :data:`PRIOR_SUBSETS` of them.

        Args:
            errors: ``[grid, subsets]`` in standard deviations.
            weights: of the grid.
        """
        found = np.sqrt(weights @ errors[:, ~self._singles] ** 2)
        values = np.concatenate([found, PRIOR_ERRORS])
        counts = np.concatenate([np.ones(len(found)), np.full(len(PRIOR_ERRORS), PRIOR_SUBSETS / len(PRIOR_ERRORS))])
        order = np.argsort(values)
        below = np.cumsum(counts[order]) - counts[order] / 2
        return float(np.interp(BAR, below / counts.sum(), values[order])) / Z_BAR


def covariance_terms(subsets: Array, importance: Array) -> Array:
    """The terms whose weighted sum is the covariance of subsets' costs, ``[terms, subsets, subsets]``.

    A subset's cost is a sum of independent normal variables, in units of a single layer's typical cost: one
    for each layer, one strength that all pairs share, one for each pair and triple, one of its own. Layers
    that matter alone also matter more together. The covariance of two subsets counts the layers, pairs and
    triples that both hold; the sums over shared pairs and triples are elementary symmetric polynomials, had
    from power sums (Newton).

    Args:
        subsets: 0/1 indicators, ``[subsets, layers]``.
        importance: square root of each layer's own cost, ``[layers]``.
    """
    sizes = subsets.sum(axis=1)
    first, second, third = (subsets * importance ** (2 * power) @ subsets.T for power in (1, 2, 3))
    pairs = (first**2 - second) / 2
    triples = (first**3 - 3 * first * second + 2 * third) / 6
    together = ((subsets @ importance) ** 2 - subsets @ importance**2) / 2
    single_layers = subsets @ subsets.T + np.outer(sizes, sizes)
    own_pairs = pairs + TRIPLE_SHARE**2 * triples
    return np.stack([single_layers, np.outer(together, together), own_pairs, np.diag(np.diag(pairs))])


def condition(covariances: Array, costs: Array, noise: Array) -> tuple[Array, Array, Array]:
    """Condition the last variables, each by itself, on noisy values of the first, for several covariances at once.

    Args:
        covariances: ``[grid, known + asked, known + asked]``.
        costs: values of the first variables, ``[known]``.
        noise: their error variances, ``[known]``.

    Returns:
        Means and variances of the last variables, each ``[grid, asked]``, and the log-evidence of the costs (up to a
        constant), ``[grid]``.
    """
    count = len(costs)
    known, cross = covariances[:, :count, :count], covariances[:, :count, count:]
    prior = np.diagonal(covariances, axis1=1, axis2=2)[:, count:]
    factors = np.linalg.cholesky(known + np.diag(noise))
    right = np.broadcast_to(costs[:, None], (len(covariances), count, 1))
    white = np.linalg.solve(factors, np.concatenate([right, cross], axis=-1))
    white_costs, white_cross = white[..., 0], white[..., 1:]
    log_determinants = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    evidences = -0.5 * (white_costs**2).sum(axis=1) - log_determinants
    means = np.einsum("gka,gk->ga", white_cross, white_costs)
    return means, prior - (white_cross**2).sum(axis=1), evidences


def left_out_errors(covariances: Array, costs: Array, noise: Array) -> Array:
    """Error of each value as predicted from all others, in its predicted standard deviations.

    From the inverse covariance alone (Rasmussen & Williams 2006, eq. 5.12).

    Args:
        covariances: ``[grid, known, known]``.
        costs, noise: as in :func:`condition`.

    Returns:
        ``[grid, known]``.
    """
    inverse = np.linalg.inv(covariances + np.diag(noise))
    errors: Array = (inverse @ costs) / np.sqrt(np.diagonal(inverse, axis1=1, axis2=2))
    return errors


def _indicators(layers: int, subsets: Sequence[tuple[int, ...]]) -> Array:
    indicators = np.zeros((len(subsets), layers))
    for row, subset in enumerate(subsets):
        indicators[row, list(subset)] = 1.0
    return indicators
