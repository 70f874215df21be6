"""Persistent homology of data clouds: which components and loops there are, and over which range of scales."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis_core.probe.needs import FloatArray

FEWEST_POINTS = 4
"""A loop takes four points."""

DIAMETER = 1.0
"""Where every filtration ends: clouds are scaled by it."""


@dataclass(frozen=True)
class Diagrams:
    """Bars ``[bars, 2]`` of birth and death in units of the cloud's diameter, sorted; bars of no length are left out.

    Args:
        components: of H0, without the one component that never dies: every cloud has exactly one.
        loops: of H1.
    """

    components: FloatArray
    loops: FloatArray

    def as_list(self) -> list[list[float]]:
        """``[dimension, birth, death]`` of every bar; the component that never dies comes first and ends at 1."""
        bars = [[0, 0.0, DIAMETER]]
        for dimension, found in enumerate((self.components, self.loops)):
            bars += [[dimension, *bar] for bar in found.tolist()]
        return bars

    def betti_curves(self, scales: FloatArray) -> tuple[list[int], list[int]]:
        """How many components and how many loops there are at each scale."""

        def alive(bars: FloatArray) -> list[int]:
            return [int(((bars[:, 0] <= scale) & (scale < bars[:, 1])).sum()) for scale in scales]

        return [count + 1 for count in alive(self.components)], alive(self.loops)


def diagrams_of(points: FloatArray) -> Diagrams | None:
    """Diagrams of the Vietoris-Rips filtration of a cloud ``[points, width]``, scaled by its diameter.

    None where the cloud is a single place, or holds numbers that are not finite.
    """
    from gudhi.sklearn.rips_persistence import RipsPersistence  # type: ignore[import-untyped]  # gudhi has no types
    from scipy.spatial.distance import pdist, squareform

    distances = pdist(points)
    diameter = distances.max(initial=0.0)
    if not np.isfinite(diameter) or diameter <= 1e-9 * np.abs(points).max(initial=0.0):
        return None
    rips = RipsPersistence([0, 1], input_type="full distance matrix", homology_coeff_field=2)
    ((components, loops),) = rips.fit_transform([squareform(distances / diameter)])
    return Diagrams(_sorted(components[np.isfinite(components[:, 1])]), _sorted(loops))


def diagram_distance(one: Diagrams, other: Diagrams) -> float:
    """2-Wasserstein distance between components and between loops, summed; bars move in the maximum norm."""
    return _wasserstein(one.components, other.components) + _wasserstein(one.loops, other.loops)


def _wasserstein(one: FloatArray, other: FloatArray) -> float:
    """Every bar goes to a bar of the other diagram or to the diagonal, at the least sum of squares, exactly.

    gudhi's ``hera`` takes as long and approximates; for diagrams that differ by rounding it does not end.
    """
    from scipy.optimize import linear_sum_assignment

    to_bars = np.abs(one[:, None] - other[None]).max(2, initial=0.0) ** 2
    away, home = (np.square((bars[:, 1] - bars[:, 0]) / 2) for bars in (one, other))
    apart = away[:, None] + home  # both bars of a pair to the diagonal
    together = np.minimum(to_bars, apart)
    rows, columns = linear_sum_assignment(together - apart)
    alone = np.delete(away, rows).sum() + np.delete(home, columns).sum()
    return math.sqrt(float(together[rows, columns].sum() + alone))


def _sorted(bars: FloatArray) -> FloatArray:
    bars = np.asarray(bars, dtype=np.float64).reshape(-1, 2)
    bars = bars[bars[:, 1] > bars[:, 0]]
    found: FloatArray = bars[np.lexsort((bars[:, 1], bars[:, 0]))]
    return found
