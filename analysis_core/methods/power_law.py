"""Power laws fitted to the upper tail of positive numbers, after Clauset, Shalizi and Newman 2009."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_core.probe.needs import FloatArray

_CELLS = 2**19  # of the table of distances that is held at once: 4 MB


@dataclass(frozen=True)
class PowerLawTail:
    """Density proportional to ``x ** -alpha`` for ``x >= x_min``.

    Args:
        alpha: exponent of maximum likelihood (their equation 3.1).
        alpha_std_error: ``(alpha - 1) / sqrt(tail_size)`` (their equation 3.2).
        x_min: where the tail begins: the value that gives the smallest ``ks_distance``.
        tail_size: how many numbers lie in the tail.
        ks_distance: largest gap between the tail's empirical and fitted distribution functions, 0 … 1.
    """

    alpha: float
    alpha_std_error: float
    x_min: float
    tail_size: int
    ks_distance: float


def fit_power_law(values: FloatArray) -> PowerLawTail:
    """The tail of positive numbers, at least two of them different.

    Every number but the largest is tried as the beginning of the tail, many at once.
    """
    values = np.sort(values)
    logs = np.log(values)
    starts = np.flatnonzero(np.diff(logs, prepend=-np.inf) > 0)  # of equal numbers, the first
    starts = starts[values[starts] < values[-1]]
    sizes = len(values) - starts
    excess = np.cumsum(logs[::-1])[::-1][starts] - sizes * logs[starts]
    alphas = 1 + sizes / excess
    step = max(1, _CELLS // len(values))
    distances = np.concatenate(
        [_ks_distances(logs, starts[i : i + step], alphas[i : i + step]) for i in range(0, len(starts), step)]
    )
    best = int(np.argmin(distances))
    return PowerLawTail(
        alpha=float(alphas[best]),
        alpha_std_error=float((alphas[best] - 1) / np.sqrt(sizes[best])),
        x_min=float(values[starts[best]]),
        tail_size=int(sizes[best]),
        ks_distance=float(distances[best]),
    )


def _ks_distances(logs: FloatArray, starts: np.ndarray, alphas: FloatArray) -> FloatArray:
    """For each tail, the largest gap between fitted and empirical distribution function, ``[tails]``."""
    positions = np.arange(starts[0], len(logs))
    ranks = positions - starts[:, None]
    above = np.maximum(logs[positions] - logs[starts][:, None], 0.0)
    fitted = -np.expm1((1 - alphas)[:, None] * above)
    gaps = np.abs(fitted - ranks / (len(logs) - starts)[:, None])
    found: FloatArray = np.where(ranks >= 0, gaps, 0.0).max(1)
    return found
