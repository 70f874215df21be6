"""How alike two views of the same examples are: kernels, the Hilbert-Schmidt independence criterion, its errors.

Every kernel here is ``[examples, examples]`` float64 with a diagonal of zeros, as the unbiased estimator wants it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis_core.methods.jackknife import groups_of, jackknife_std_error
from analysis_core.probe.needs import FloatArray

FEWEST_EXAMPLES = 4
"""The unbiased estimator divides by (n - 1)(n - 2)(n - 3)."""

JACKKNIFE_GROUPS = 20


def linear_kernel(state: FloatArray) -> FloatArray:
    """Inner products between examples, from ``[examples, width]``.

    States are centred first, which changes no value of the unbiased estimate but keeps the numbers small.
    """
    centred = state - state.mean(0) if len(state) else state
    kernel: FloatArray = centred @ centred.T
    np.fill_diagonal(kernel, 0.0)
    return kernel


@dataclass(frozen=True)
class GaussianKernel:
    """``exp(-distance² / (2 width²))`` between examples.

    Args:
        values: ``[examples, examples]``, diagonal zero.
        width: the median of the distances between examples (Gretton et al. 2005), in the states' own unit; where
            more than half of the pairs coincide, as with few labels, the median of the distances that are not zero.
    """

    values: FloatArray
    width: float


def gaussian_kernel(state: FloatArray) -> GaussianKernel | None:
    """The Gaussian kernel of median width, from ``[examples, width]``; None where all examples coincide."""
    from scipy.spatial.distance import pdist, squareform

    distances = pdist(state)
    # What is left of a constant representation after rounding is no distance.
    distances[distances <= 1e-9 * np.abs(state).max(initial=0.0)] = 0.0
    apart = distances[distances > 0]
    if not len(apart) or not np.isfinite(distances).all():
        return None
    width = float(np.median(distances)) or float(np.median(apart))
    kernel = np.exp(squareform(-np.square(distances / width) / 2))
    np.fill_diagonal(kernel, 0.0)
    return GaussianKernel(kernel, width)


def hsic(kernel: FloatArray, other: FloatArray) -> float:
    """Unbiased HSIC of two kernels (Song et al. 2012, equation 5)."""
    cross, rows, other_rows = float((kernel * other).sum()), kernel.sum(1), other.sum(1)
    return float(_estimate(len(kernel), cross, rows.sum(), other_rows.sum(), rows @ other_rows))


def cka(kernel: FloatArray, other: FloatArray) -> float:
    """HSIC(K, M) / sqrt(HSIC(K, K) HSIC(M, M)), centred kernel alignment.

    NaN where a view is constant, and for layers that saw other examples or too few, as one that did not run.
    """
    if len(kernel) != len(other) or len(kernel) < FEWEST_EXAMPLES:
        return math.nan
    scale = hsic(kernel, kernel) * hsic(other, other)
    return hsic(kernel, other) / math.sqrt(scale) if scale > 0 else math.nan


def cka_without_groups(kernel: FloatArray, other: FloatArray) -> FloatArray:
    """CKA with one of at most 20 groups of examples left out at a time, ``[groups]``; empty for few examples."""
    if len(kernel) < FEWEST_EXAMPLES:
        return np.empty(0)
    group = groups_of(len(kernel), most=JACKKNIFE_GROUPS, fewest_left=FEWEST_EXAMPLES)
    member = (group[:, None] == np.arange(group.max() + 1)).astype(np.float64)
    cross = _hsic_without(kernel, other, member)
    scale = _hsic_without(kernel, kernel, member) * _hsic_without(other, other, member)
    return cross / np.sqrt(np.where(scale > 0, scale, np.nan))


def cka_std_error(kernel: FloatArray, other: FloatArray) -> float:
    """Standard error of CKA over examples, by a jackknife over groups of them."""
    return float(jackknife_std_error(cka_without_groups(kernel, other)))


def _hsic_without(kernel: FloatArray, other: FloatArray, member: FloatArray) -> FloatArray:
    """HSIC without each group, ``[groups]``: whole sums less what the group took part in, counted once."""
    product = kernel * other
    inside = np.einsum("ng,ng->g", member, product @ member)
    cross = product.sum() - 2 * (product.sum(1) @ member) + inside
    rows = (kernel.sum(1)[:, None] - kernel @ member) * (1 - member)
    other_rows = (other.sum(1)[:, None] - other @ member) * (1 - member)
    left = len(kernel) - member.sum(0)
    found: FloatArray = _estimate(left, cross, rows.sum(0), other_rows.sum(0), (rows * other_rows).sum(0))
    return found


def _estimate(n: Any, cross: Any, total: Any, other_total: Any, joint: Any) -> Any:
    """Equation 5 from its sums, for one number or for one of each group."""
    return (cross + total * other_total / ((n - 1) * (n - 2)) - 2 / (n - 2) * joint) / (n * (n - 3))
