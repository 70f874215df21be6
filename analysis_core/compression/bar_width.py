"""How wide error bars must be to hold nine in ten of what is then measured: they learn from every measurement."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from statistics import NormalDist

NORMAL = NormalDist()  # scipy.stats would cost the app's process 70 MB
BAR, Z_BAR = 0.9, NORMAL.inv_cdf(0.95)
"""Bars are to hold so much of what is then measured; of a normal variable, this many standard deviations do."""
PRIOR = 10
"""Before anything is measured, errors are taken to be as large as was foretold: as those of so many measurements."""
EXPECTED = tuple(NORMAL.inv_cdf((1 + (place + 0.5) / PRIOR) / 2) for place in range(PRIOR))
PACE = 0.5
"""Once many are measured, a miss widens the bars by exp(0.9 * this), a hit narrows them by exp(-0.1 * this); before
that by less, as the quantile itself still moves."""


def spread_after(surprises: Iterable[float]) -> float:
    """How many times as wide as foretold the next bar must be.

    Two rules together. The bar spans what nine in ten of the errors so far stayed below, in units of what was foretold
    of each: a quantile, because a few large errors make a standard deviation wide without making it right (split
    conformal prediction; Lei et al. 2018, Theorem 2). But errors are not alike for ever: more is known later, and a
    search asks for other subsets than chance. So each measurement outside its bar widens those to come, and each
    inside narrows them a little, which holds the share of hits near nine in ten whatever comes (adaptive conformal
    inference; Gibbs & Candès 2021, Proposition 4.1, here on the logarithm of the width).

    Args:
        surprises: of each measurement in turn, its distance from what was foretold, in foretold standard deviations.
    """
    lean, seen = 0.0, list(EXPECTED)
    for place, surprise in enumerate(surprises):
        missed = surprise > Z_BAR * _quantile(seen) * math.exp(lean)
        lean += PACE * place / (place + PRIOR) * (float(missed) - (1 - BAR))
        insort(seen, surprise)
    return _quantile(seen) * math.exp(lean)


def _quantile(ordered: Sequence[float]) -> float:
    """What nine in ten stay below, as a multiple of what they would if all were as foretold."""
    place = BAR * len(ordered) - 0.5
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return (ordered[below] + (place - below) * (ordered[above] - ordered[below])) / Z_BAR
