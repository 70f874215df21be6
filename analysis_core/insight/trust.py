"""How far each method can be trusted: does it rank the layers as measured ablation does? No torch here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import rankdata

from analysis_core.insight.resampling import bounds, drawn_scores, score_array
from analysis_core.probe.needs import FloatArray
from analysis_core.results import MethodResult, Trust

YARDSTICK = "layer_ablation"
FEWEST_LAYERS = 3


def trust(results: Mapping[str, MethodResult], seed: int = 0) -> dict[str, Trust]:
    """For each method, Spearman's rank correlation with measured ablation on the same run.

    Both are compared over the layers that both score. The interval says how far other examples could have moved it
    (see :mod:`~analysis_core.insight.resampling`); it is None where one of the two gives no standard errors.

    Args:
        results: by method name.
        seed: of the draws.
    """
    yardstick = results.get(YARDSTICK)
    if yardstick is None:
        return {name: Trust.unknown(name, "Layer ablation was not run.") for name in results}
    drawn = drawn_scores(yardstick, seed)
    return {name: _trust(result, yardstick, drawn, seed) for name, result in results.items()}


def spearman(first: FloatArray, second: FloatArray) -> FloatArray:
    """Rank correlation along the last axis of ``[..., layers]``, without NaN; ties share their mean rank.

    Returns:
        ``[...]``, -1 to 1; NaN where all values of one are equal.
    """
    ranks = [rankdata(values, axis=-1) for values in (first, second)]
    one, other = (rank - rank.mean(-1, keepdims=True) for rank in ranks)
    spread = np.sqrt((one**2).sum(-1) * (other**2).sum(-1))
    product = (one * other).sum(-1)
    return np.asarray(np.divide(product, spread, out=np.full(np.shape(product), np.nan), where=spread > 0))


def _trust(result: MethodResult, yardstick: MethodResult, drawn_yardstick: FloatArray, seed: int) -> Trust:
    name = result.method
    if name == YARDSTICK:
        return Trust.unknown(name, "It is the measurement that the others are compared with.")
    if result.not_applicable is not None:
        return Trust.unknown(name, "It does not apply to this model.")
    scores, measured = score_array(result), score_array(yardstick)
    shared = ~np.isnan(scores + measured)
    if shared.sum() < FEWEST_LAYERS:
        return Trust.unknown(name, f"It and layer ablation score fewer than {FEWEST_LAYERS} layers together.")
    correlation = float(spearman(scores[shared], measured[shared]))
    if np.isnan(correlation):
        return Trust.unknown(name, "It or layer ablation scores all layers alike, so there are no ranks to compare.")
    drawn = drawn_scores(result, seed)[:, shared]
    errors_known = not np.isnan(drawn[0] + drawn_yardstick[0, shared]).any()
    low, high = bounds(correlation, spearman(drawn, drawn_yardstick[:, shared])) if errors_known else (None, None)
    return Trust(name, correlation, low, high, int(shared.sum()))
