"""How much each layer changes the shape of the data cloud.

Question: Does this layer change the shape of the data cloud: its clusters and its loops?
Formula: T_l = W2(H0(X_l), H0(Y_l)) + W2(H1(X_l), H1(Y_l)), with X_l and Y_l the layer's input and output averaged over
    each example's tokens, each cloud divided by its diameter, H0 and H1 the persistence diagrams of components and
    loops of its Vietoris-Rips filtration, and W2 the 2-Wasserstein distance, bars moving in the maximum norm.
Paper: Rieck et al. 2019, Neural Persistence: A Complexity Measure for Deep Neural Networks Using Algebraic Topology;
    Naitzat, Zhitnikov and Lim 2020, Topology of Deep Neural Networks.
Caveat: It sees the shape of the cloud and neither which example lies where nor the loss: a layer that permutes the
    examples scores 0. One far example sets the diameter, and with it every bar. The component that never dies is the
    same in every cloud and is left out of the distance. Only the first 96 examples are used, and at least 4 are needed:
    more points mean more bars and larger distances, so compare scores only for one number of examples. The standard
    error leaves out groups of examples and tends to be too large rather than too small (Efron and Stein 1981).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, by_layer
from analysis_core.methods.jackknife import groups_of, jackknife_std_error
from analysis_core.methods.persistence import DIAMETER, FEWEST_POINTS, Diagrams, diagram_distance, diagrams_of
from analysis_core.probe.needs import FloatArray, Need, PooledStates, PooledStatistics, Statistics
from analysis_core.results import Layer

LANDMARKS = 96
JACKKNIFE_GROUPS = 8
SCALES = 51
Cloud = FloatArray


class TopologyAnalysis(ProbeMethod):
    """Scores layers by how far the persistence diagrams of their input and output lie apart."""

    title = "Topology (persistent homology)"
    unit = "diameters"
    cost = "shared pass, forward only, and about a second beside it"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (PooledStates(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: PooledStatistics = statistics[need]
        landmarks = min(LANDMARKS, max((len(state) for state in measured.outputs), default=0))
        if landmarks < FEWEST_POINTS:
            return Scores.none(len(layers), f"Loops need at least {FEWEST_POINTS} examples; there are {landmarks}.")
        inputs = [state[:landmarks] for state in measured.inputs]
        outputs = [state[:landmarks] for state in measured.outputs]
        before, after = _diagrams(inputs, outputs, landmarks)
        values = _distances(before, after)
        if np.isnan(values).all():
            return Scores.none(len(layers), "At every layer, all examples fall on one place before it or after it.")
        group = groups_of(landmarks, most=JACKKNIFE_GROUPS, fewest_left=FEWEST_POINTS)
        without = [_leave_out(inputs, outputs, group != number) for number in range(group.max() + 1)]
        boundaries = [before[0], *after]
        scales = np.linspace(0.0, DIAMETER, SCALES)
        curves = [None if found is None else found.betti_curves(scales) for found in boundaries]
        extras = {
            "diagrams": [None if found is None else found.as_list() for found in boundaries],
            "betti_curves": {
                "scales": scales.tolist(),
                "components": [None if curve is None else curve[0] for curve in curves],
                "loops": [None if curve is None else curve[1] for curve in curves],
            },
            "landmarks": landmarks,
        }
        errors = jackknife_std_error(np.array(without).reshape(-1, len(layers)))
        reasons = by_layer([_reason(*pair) for pair in zip(before, after, strict=True)])
        return Scores(values, errors, extras, reasons=reasons)


def _diagrams(
    inputs: Sequence[Cloud], outputs: Sequence[Cloud], points: int
) -> tuple[list[Diagrams | None], list[Diagrams | None]]:
    """Of each layer's input and output; what one layer puts out and the next takes in is computed once."""
    after = [_diagrams_of(cloud, points) for cloud in outputs]
    before = [_diagrams_of(inputs[0], points)]
    for index, (cloud, earlier) in enumerate(zip(inputs[1:], outputs, strict=False)):
        before.append(after[index] if np.array_equal(cloud, earlier) else _diagrams_of(cloud, points))
    return before, after


def _diagrams_of(cloud: Cloud, points: int) -> Diagrams | None:
    """None where the layer did not run for every landmark, or puts all of them on one place."""
    return diagrams_of(cloud) if len(cloud) == points else None


def _distances(before: Sequence[Diagrams | None], after: Sequence[Diagrams | None]) -> FloatArray:
    pairs = zip(before, after, strict=True)
    return np.array([np.nan if one is None or other is None else diagram_distance(one, other) for one, other in pairs])


def _leave_out(inputs: Sequence[Cloud], outputs: Sequence[Cloud], stay: np.ndarray) -> FloatArray:
    """Scores from the landmarks that stay."""

    def cut(clouds: Sequence[Cloud]) -> list[Cloud]:
        return [cloud[stay] if len(cloud) == len(stay) else cloud[:0] for cloud in clouds]

    return _distances(*_diagrams(cut(inputs), cut(outputs), int(stay.sum())))


def _reason(before: Diagrams | None, after: Diagrams | None) -> str | None:
    if before is not None and after is not None:
        return None
    side = "output" if before is not None else "input"
    return f"Its {side} is the same for every example, or it did not run for each of them."


METHODS.add("topology_analysis", TopologyAnalysis("topology_analysis"))
