"""From examples' shares to the task's metric, and how sure the metric of a changed model is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

MetricOf = Callable[[float], float]
"""A metric from the mean of the examples' shares, as :meth:`analysis_core.tasks.Task.metric_of`."""
LARGEST = 1e100
"""A metric beyond it counts as so much: a perplexity that no float can hold still has differences."""


def metrics_of(metric_of: MetricOf, means: ArrayLike) -> NDArray[np.float64]:
    """The metric of each mean, in the means' shape."""
    means = np.asarray(means, dtype=np.float64)
    found = np.array([metric_of(float(mean)) for mean in means.ravel()]).reshape(means.shape)
    limited: NDArray[np.float64] = found.clip(-LARGEST, LARGEST)
    return limited


def paired_difference(
    intact: NDArray[np.float64], changed: NDArray[np.float64], metric_of: MetricOf
) -> tuple[float, float]:
    """The metric of one model less that of another, and its standard error over examples.

    The standard error is the jackknife's (Efron and Stein 1981, *The Jackknife Estimate of Variance*, eq. 1.2): the
    difference is taken again with each example left out in turn, both models losing the same one. For a metric that is
    the mean itself this is the paired standard error; for a perplexity or an RMSE it needs no derivative.

    Args:
        intact, changed: each example's share in the metric, ``[examples]``, in one order.
        metric_of: from the mean share to the metric.

    Returns:
        metric of ``intact`` - metric of ``changed``; the error of one example alone counts as 0.
    """
    shares = np.stack([intact, changed])
    count = shares.shape[1]
    whole = metrics_of(metric_of, shares.mean(axis=1))
    if count < 2:
        return float(whole[0] - whole[1]), 0.0
    without = metrics_of(metric_of, (shares.sum(axis=1, keepdims=True) - shares) / (count - 1))
    left = without[0] - without[1]
    error = np.sqrt((count - 1) / count * np.square(left - left.mean()).sum())
    return float(whole[0] - whole[1]), float(error)
