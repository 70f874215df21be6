"""A Gaussian process over subsets of layers: plain linear algebra, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis_core.compression.bar_width import spread_after

Array = NDArray[np.float64]

COMMON_STRENGTHS = (0.03, 0.15, 0.6)
"""Extra cost that all pairs share, relative to a single layer's typical cost."""
OWN_STRENGTHS = (0.1, 0.5)
"""Extra cost of each pair by itself, likewise."""
UNIQUE_STRENGTHS = (0.1, 0.5)
"""Extra cost of a subset that no other subset tells of, likewise."""
NOISE_SHARES = (0.2, 1.0)
"""How much of a measurement's standard error is left between subsets: they are measured on the same examples."""
TRIPLE_SHARE = 0.3
"""Triples interact this much less than pairs."""
LEAST_IMPORTANCE = 0.3
"""Layers that cost nothing alone may stand in for others: they count as this much of a typical layer."""
JITTER = 1e-8


class SubsetProcess:
    """Costs of subsets, predicted from the costs of measured subsets.

    Args:
        layers: how many layers the model has.
        measured: the measured subsets, as ascending indices, in the order in which they were measured; at least one
            holds a single layer.
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
        unit = self._unit(costs)
        targets = _indicators(self._measured.shape[1], asked)
        means, variances, history = self._conditioned(targets, costs / unit, std_errors / unit)
        own = own_noise(history.noise, np.abs(np.subtract.outer(targets.sum(axis=1), self._measured.sum(axis=1))))
        mean, variance = mixture(history.evidences[:, -1:], means, variances + own)
        spread = spread_after(self._surprises(history, costs / unit).tolist())
        return mean * unit, np.sqrt(variance) * unit * spread

    def surprises(self, costs: Array, std_errors: Array) -> Array:
        """How far each measured subset of several layers lay from what those before it foretold.

        In foretold standard deviations, before these are spread; ``[subsets of several layers]``.
        """
        unit = self._unit(costs)
        _, _, history = self._conditioned(self._measured[:0], costs / unit, std_errors / unit)
        return self._surprises(history, costs / unit)

    def _surprises(self, history: History, costs: Array) -> Array:
        sizes = self._measured.sum(axis=1)
        several: Array = history.surprises(costs, sizes)[sizes > 1]
        return several

    def _unit(self, costs: Array) -> float:
        """A single layer's typical cost."""
        return float(np.sqrt(np.mean(costs[self._singles] ** 2))) or 1.0

    def _conditioned(self, targets: Array, costs: Array, std_errors: Array) -> tuple[Array, Array, History]:
        """Means and variances of targets for every strength of interaction, ``[grid, targets]``, and the history."""
        terms = covariance_terms(np.vstack([self._measured, targets]), self._importance(costs))
        grid = np.array(list(product((1.0,), COMMON_STRENGTHS, OWN_STRENGTHS, UNIQUE_STRENGTHS, NOISE_SHARES)))
        strengths, shares = grid[:, :-1], grid[:, -1:]
        return condition(np.tensordot(strengths**2, terms, axes=1), costs, (shares * std_errors) ** 2 + JITTER)

    def _importance(self, costs: Array) -> Array:
        """Square root of each layer's own cost in units of the typical one; 1 where it is unknown."""
        importance = np.ones(self._measured.shape[1])
        positions = self._measured[self._singles].argmax(axis=1)
        importance[positions] = np.sqrt(LEAST_IMPORTANCE + np.abs(costs[self._singles]))
        return importance


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


@dataclass(frozen=True)
class History:
    """How each value was foretold by those before it, for each covariance of a grid; all ``[grid, known]``.

    Args:
        evidences: log-evidence of the values up to and with each one, up to a constant.
        errors: value minus what was foretold, in standard deviations.
        deviations: these standard deviations.
        noise: error variances of the values.
    """

    evidences: Array
    errors: Array
    deviations: Array
    noise: Array

    def surprises(self, values: Array, sizes: Array) -> Array:
        """How far each value lay from what the whole grid foretold, in its standard deviations, ``[known]``.

        Before a value is measured, its noise is taken to be that of earlier ones of like size.

        Args:
            values: ``[known]``.
            sizes: how many layers each subset holds, ``[known]``.
        """
        apart = np.abs(np.subtract.outer(sizes, sizes))
        expected = own_noise(self.noise, np.where(np.tri(len(sizes), k=-1), apart, np.inf))
        before = np.pad(self.evidences[:, :-1], ((0, 0), (1, 0)))
        foretold = values - self.errors * self.deviations
        mean, variance = mixture(before, foretold, self.deviations**2 - self.noise + expected)
        return np.asarray(np.abs(values - mean) / np.sqrt(variance))


def mixture(evidences: Array, means: Array, variances: Array) -> tuple[Array, Array]:
    """Mean and variance over a grid whose members count by their evidence; all ``[grid, values]``."""
    weights = np.exp(evidences - evidences.max(axis=0))
    weights /= weights.sum(axis=0)
    mean = (weights * means).sum(axis=0)
    return mean, np.maximum((weights * (variances + (means - mean) ** 2)).sum(axis=0), JITTER)


def own_noise(noise: Array, apart: Array) -> Array:
    """How far measurements stray by themselves: as known ones of like size do.

    Args:
        noise: of known ones, ``[grid, known]``.
        apart: by how many layers sizes differ, ``[asked, known]``; those infinitely far apart do not count.

    Returns:
        ``[grid, asked]``.
    """
    likeness = np.exp(-apart)
    return np.asarray(noise @ likeness.T / np.maximum(likeness.sum(axis=1), JITTER))


def condition(covariances: Array, costs: Array, noise: Array) -> tuple[Array, Array, History]:
    """Condition the last variables, each by itself, on noisy values of the first, for several covariances at once.

    The Cholesky factor also tells how each of the first was foretold by those before it: its rows condition one
    variable after the other (Rasmussen & Williams 2006, appendix A.4), so that the whole history costs nothing more.

    Args:
        covariances: ``[grid, known + asked, known + asked]``.
        costs: values of the first variables, ``[known]``.
        noise: their error variances, ``[grid, known]``.

    Returns:
        Means and variances of the last variables, each ``[grid, asked]``, and the history of the first.
    """
    count = len(costs)
    known, cross = covariances[:, :count, :count], covariances[:, :count, count:]
    prior = np.diagonal(covariances, axis1=1, axis2=2)[:, count:]
    factors = np.linalg.cholesky(known + noise[:, :, None] * np.eye(count))
    right = np.broadcast_to(costs[:, None], (len(covariances), count, 1))
    white = np.linalg.solve(factors, np.concatenate([right, cross], axis=-1))
    errors, white_cross = white[..., 0], white[..., 1:]
    deviations = np.diagonal(factors, axis1=1, axis2=2)
    evidences = np.cumsum(-0.5 * errors**2 - np.log(deviations), axis=1)
    means = np.einsum("gka,gk->ga", white_cross, errors)
    return means, prior - (white_cross**2).sum(axis=1), History(evidences, errors, deviations, noise)


def _indicators(layers: int, subsets: Sequence[tuple[int, ...]]) -> Array:
    indicators = np.zeros((len(subsets), layers))
    for row, subset in enumerate(subsets):
        indicators[row, list(subset)] = 1.0
    return indicators
