"""What several methods agree on. Ranks only, because raw scores have different units. No torch here.

Every rule gives each layer a place from 0 (least) to 1 (most important). A method speaks only of the layers that it
scores, and only where it scores two or more; ties share their place. A layer that no method ranks has None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from scipy.stats import rankdata

from analysis_core.errors import UnknownNameError
from analysis_core.probe.needs import FloatArray
from analysis_core.results import MethodResult

Consensus = tuple[float | None, ...]
MEAN_RANK = "mean_rank"


def consensus(results: Iterable[MethodResult], layers: int, rule: str = MEAN_RANK) -> Consensus:
    """One place for each layer, from all methods' ranks.

    Args:
        results: what the methods say; those that do not apply are passed over. Their order does not matter.
        layers: how many layers the model has.
        rule: a name in :data:`RULES`.

    Raises:
        UnknownNameError: there is no such rule.
    """
    if rule not in RULES:
        raise UnknownNameError("rule of consensus", rule, RULES)
    ranked = [shares for shares in (rank_shares(result.scores, layers) for result in results) if shares is not None]
    if not ranked:
        return (None,) * layers
    places = RULES[rule](np.array(ranked))
    return tuple(None if np.isnan(place) else float(place) for place in places)


def mean_rank(results: Iterable[MethodResult], layers: int) -> Consensus:
    """Mean over methods of each layer's rank; every method has the same weight."""
    return consensus(results, layers, MEAN_RANK)


def rank_shares(scores: Sequence[float | None], layers: int) -> FloatArray | None:
    """One method's ranks from 0 (lowest score) to 1 (highest), ``[layers]`` with NaN where it has no score."""
    scored = [index for index, score in enumerate(scores) if score is not None]
    if len(scored) < 2:
        return None
    shares = np.full(layers, np.nan)
    shares[scored] = (rankdata([scores[index] for index in scored]) - 1) / (len(scored) - 1)
    return shares


def _mean(shares: FloatArray) -> FloatArray:
    return _over_methods(shares, np.mean)


def _median(shares: FloatArray) -> FloatArray:
    """The middle rank: one odd method among three or more that agree moves nothing."""
    return _over_methods(shares, np.median)


def _borda(shares: FloatArray) -> FloatArray:
    """The share of its duels that a layer wins (Borda 1781): one duel for each method and each other layer.

    A tie counts half. Where every method scores every layer this is the mean rank; where some are silent on some
    layers, a method counts by how many layers it compares.
    """
    said = ~np.isnan(shares)
    duels = np.where(said, said.sum(1, keepdims=True) - 1, 0)
    won = np.where(said, shares, 0.0) * duels  # a rank share is the share of its duels that a layer wins
    fought = duels.sum(0)
    return np.asarray(np.divide(won.sum(0), fought, out=np.full(shares.shape[1], np.nan), where=fought > 0))


def _over_methods(shares: FloatArray, middle: Callable[[FloatArray], float]) -> FloatArray:
    columns = (np.sort(column[~np.isnan(column)]) for column in shares.T)  # sorted: sums round alike in any order
    return np.array([middle(column) if column.size else np.nan for column in columns])


RULES: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {MEAN_RANK: _mean, "borda": _borda, "median_rank": _median}
)
"""Name of a rule -> places ``[layers]`` from rank shares ``[methods, layers]``, NaN where a method is silent."""
