"""How much of the answer flows through each layer on the way from nothing to the input.

Question: How much of the attribution of the right answer flows through this layer?
Formula: C_l = mean over examples of sum_j | integral over a in [0, 1] of dF/dh_j * dh_j/da |, with h_j the numbers that
    layer l puts out, F = - loss, i.e. the log-likelihood of the label, and a times its real value what enters the first
    layer. Trapezoidal rule in h_j over 17 nodes a = (k / 16)^3, the gradient at a = 0 left out, where normalised
    networks have none to speak of. The signed sum stands beside it.
Paper: Dhamdhere, Sundararajan and Yan 2019, How Important Is a Neuron?
Caveat: The path starts where what enters the first layer is zero, an input that the network never saw; another baseline
    gives other scores; towers that stand side by side walk together. Absolute values depend on the basis: numbers that
    cancel count twice. With signs every layer carries the whole change of F (the layers of a tower its part of it), up
    to the error of the sum, which is shown: normalised networks jump close to the baseline. Only the first 64 examples
    are used. It does not apply to layers that run several times.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, mean_and_std_error, plain
from analysis_core.probe.needs import ConductanceStatistics, Need, PathConductance, Statistics
from analysis_core.results import Layer


class LayerConductance(ProbeMethod):
    """Scores layers by the summed absolute conductance of what they put out."""

    title = "Layer conductance"
    unit = "nats"
    cost = "17 forward and backward passes on at most 64 examples, for all layers together"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (PathConductance(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        need = PathConductance()
        measured: ConductanceStatistics = statistics[need]
        if measured.failure is not None:
            return Scores.none(len(layers), f"The path from a zero input cannot be walked. {measured.failure}")
        reasons = [_reason(runs) for runs in measured.runs]
        if all(reasons):
            return Scores.none(len(layers), f"No layer has a single output in one pass. The first one: {reasons[0]}")
        scored = np.array([reason is None for reason in reasons])
        values, errors = (np.where(scored, part, np.nan) for part in mean_and_std_error(measured.absolute))
        signed = np.where(scored, measured.signed.mean(0), np.nan)
        change = float(measured.change.mean())
        extras = {
            "signed": list(plain(signed)),
            "change": change,
            "completeness_error": list(plain(signed - change)),
            "steps": need.steps,
            "examples": len(measured.change),
        }
        return Scores(values, errors, extras, reasons={index: why for index, why in enumerate(reasons) if why})


def _reason(runs: int) -> str | None:
    if runs == 0:
        return "It does not run."
    return None if runs == 1 else f"It runs {runs} times in one pass, so it has no single output."


METHODS.add("layer_conductance", LayerConductance("layer_conductance"))
