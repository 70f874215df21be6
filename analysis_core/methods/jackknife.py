"""Standard errors over examples for statistics without a formula: leave out one group of examples at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis_core.probe.needs import FloatArray


def groups_of(examples: int, *, most: int, fewest_left: int) -> NDArray[np.intp]:
    """Which group each example belongs to, ``[examples]``: its position modulo the number of groups.

    Args:
        examples: how many there are.
        most: at most so many groups; two examples in each at least.
        fewest_left: what the statistic needs. Where less would be left, no example belongs to any group (-1).
    """
    groups = min(most, examples // 2)
    if groups < 2 or examples - math.ceil(examples / groups) < fewest_left:
        return np.full(examples, -1)
    return np.arange(examples) % groups


def jackknife_std_error(without: FloatArray) -> FloatArray:
    """Standard errors of statistics from their values without each group, ``[groups, …]``; NaN without groups."""
    groups = len(without)
    if groups < 2:
        return np.full(without.shape[1:], np.nan)
    spread: FloatArray = np.square(without - without.mean(0)).sum(0) * (groups - 1) / groups
    return np.sqrt(spread)
