"""How far every two methods rank the layers alike. No torch here."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis_core.insight.resampling import Bounds, bounds, drawn_scores, score_array
from analysis_core.probe.needs import FloatArray
from analysis_core.results import Agreement, MethodResult


def agreement(results: Iterable[MethodResult], seed: int = 0) -> Agreement:
    """Kendall's tau-b between every two methods, over the layers that both score.

    Its interval says how far other examples could have moved it (see :mod:`~analysis_core.insight.resampling`); it is
    None where a method gives no standard error for a layer that both score, as one does that reads only the weights.

    Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika, 1945.

    Args:
        results: methods that do not apply are left out.
        seed: of the draws.
    """
    heard = [result for result in results if len(result) >= 2]
    scores = [score_array(result) for result in heard]
    drawn = [drawn_scores(result, seed) for result in heard]
    size = len(heard)
    tau: list[list[float | None]] = [[None] * size for _ in range(size)]
    low, high = [[*row] for row in tau], [[*row] for row in tau]
    for i in range(size):
        for j in range(i, size):
            value = float(kendall_tau_b(scores[i], scores[j]))
            bottom, top = _interval(value, scores[i], scores[j], drawn[i], drawn[j], same=i == j)
            tau[i][j] = tau[j][i] = None if np.isnan(value) else value
            low[i][j] = low[j][i] = bottom
            high[i][j] = high[j][i] = top
    return Agreement(
        methods=tuple(result.method for result in heard), tau=_frozen(tau), low=_frozen(low), high=_frozen(high)
    )


def kendall_tau_b(first: FloatArray, second: FloatArray) -> FloatArray:
    """Tau-b along the last axis, over entries that both have: concordant minus discordant pairs, ties accounted for.

    Args:
        first, second: ``[..., layers]``, NaN for a missing score.

    Returns:
        ``[...]``, -1 to 1; NaN where fewer than two layers are scored by both, or all scores of one are tied.
    """
    upper = np.triu_indices(first.shape[-1], k=1)
    signs = [np.sign(values[..., upper[0]] - values[..., upper[1]]) for values in (first, second)]
    both = ~np.isnan(signs[0] + signs[1])
    one, other = (np.where(both, sign, 0.0) for sign in signs)
    untied = np.sqrt((one**2).sum(-1) * (other**2).sum(-1))
    product = (one * other).sum(-1)
    return np.asarray(np.divide(product, untied, out=np.full(np.shape(product), np.nan), where=untied > 0))


def _interval(
    value: float, one: FloatArray, other: FloatArray, drawn_one: FloatArray, drawn_other: FloatArray, *, same: bool
) -> Bounds:
    shared = ~np.isnan(one + other)
    if same:
        return (value, value) if not np.isnan(value) else (None, None)
    if np.isnan(drawn_one[0, shared] + drawn_other[0, shared]).any():
        return None, None
    return bounds(value, kendall_tau_b(drawn_one[:, shared], drawn_other[:, shared]))


def _frozen(table: list[list[float | None]]) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(row) for row in table)
