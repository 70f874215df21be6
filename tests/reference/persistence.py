"""Slow references for persistent homology: single linkage, gudhi's plain simplex tree, hera's auction."""

from __future__ import annotations

import math

import gudhi
import numpy as np
from gudhi import hera
from scipy.cluster.hierarchy import linkage


def component_deaths(points: np.ndarray) -> np.ndarray:
    """Where components merge: the heights of single-linkage clustering, over the diameter."""
    diameter = max(math.dist(a, b) for a in points for b in points)
    return np.sort(linkage(points, method="single")[:, 2]) / diameter


def loops(points: np.ndarray) -> np.ndarray:
    """Bars of H1 ``[bars, 2]``, from the whole Rips complex of the scaled points."""
    diameter = max(math.dist(a, b) for a in points for b in points)
    tree = gudhi.RipsComplex(points=points / diameter).create_simplex_tree(max_dimension=2)
    tree.compute_persistence()
    bars = tree.persistence_intervals_in_dimension(1).reshape(-1, 2)
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]


def wasserstein(one: np.ndarray, other: np.ndarray) -> float:
    """2-Wasserstein distance in the maximum norm, to one part in a million."""
    return float(hera.wasserstein_distance(one, other, order=2.0, internal_p=np.inf, delta=1e-6))
