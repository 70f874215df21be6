"""What a layer's clean contribution repairs in a corrupted run.

Question: Does putting this layer's clean contribution back repair a run whose input was corrupted?
Formula: IE_l = (L_corrupt - L_patched(l)) / (L_corrupt - L_clean), a ratio of means over examples. Corrupting adds
    Gaussian noise of 3 standard deviations to what enters the first layer, in a model of several towers the first one
    of each; patching restores what layer l adds to the hidden state (output - input) to what it added in the clean
    run, and nothing else.
Paper: Vig et al. 2020, Investigating Gender Bias in Language Models Using Causal Mediation Analysis; Meng et al. 2022,
    Locating and Editing Factual Associations in GPT; Zhang and Nanda 2023, Towards Best Practices of Activation
    Patching in Language Models.
Caveat: It depends on how the input is corrupted: here all tokens at once, one draw of noise an example, its size set by
    the first 32 examples. Layers that only work together repair little one by one, and their shares need not sum to 1.
    A ratio over a small rise of the loss is unsteady: there are no scores unless the rise is above twice its standard
    error. It does not apply to layers that change the shape of the hidden state or that run several times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, mean_and_std_error, plain
from analysis_core.probe.needs import CorruptedRuns, CorruptedStatistics, FloatArray, Need, Statistics
from analysis_core.results import Layer


class CausalAnalysis(ProbeMethod):
    """Scores layers by the share of the damage that their clean contribution repairs."""

    title = "Causal analysis (patching)"
    unit = "share repaired"
    draws = True
    cost = "a clean and a corrupted run, and one replay a layer: about half as many forward passes as layers, and two"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (CorruptedRuns(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        need = CorruptedRuns()
        measured: CorruptedStatistics = statistics[need]
        rises = measured.corrupt_losses - measured.clean_losses
        if all(measured.reasons):
            return Scores.none(len(layers), f"No layer can be patched. The first one: {measured.reasons[0]}")
        rise, rise_error = mean_and_std_error(rises[:, None])
        if rise[0] <= 2 * np.nan_to_num(rise_error[0]):
            return Scores.none(
                len(layers),
                f"Noise of {need.deviations:g} standard deviations on the first layer's input does not raise the loss "
                f"beyond twice its standard error ({measured.clean_losses.mean():.4g} clean, "
                f"{measured.corrupt_losses.mean():.4g} corrupted), so there is nothing to repair.",
            )
        values, errors = ratio_of_means((measured.corrupt_losses - measured.patched_losses).T, rises)
        extras = {
            "clean_loss": float(measured.clean_losses.mean()),
            "corrupt_loss": float(measured.corrupt_losses.mean()),
            "patched_loss": list(plain(measured.patched_losses.mean(1))),
            "loss_rise": float(rise[0]),
            "loss_rise_std_error": plain(rise_error)[0],
            "noise": {
                "kind": "gaussian",
                "where": "input of the first layer" + (" of each tower" if len(measured.entries) > 1 else ""),
                "deviations": need.deviations,
                "std": need.deviations * measured.deviation,
            },
        }
        return Scores(values, errors, extras, reasons={index: why for index, why in enumerate(measured.reasons) if why})


def ratio_of_means(rows: FloatArray, base: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over examples of ``rows`` over that of ``base``, and its standard error by the delta method.

    Args:
        rows: ``[examples, layers]``.
        base: ``[examples]``, with a mean that is not zero.
    """
    count, scale = len(base), base.mean()
    ratio = rows.mean(0) / scale
    if count < 2:
        return ratio, np.full_like(ratio, np.nan)
    residual = rows - ratio * base[:, None]
    return ratio, residual.std(0, ddof=1) / math.sqrt(count) / abs(scale)


METHODS.add("causal_analysis", CausalAnalysis("causal_analysis"))
