"""The arithmetic of runs side by side: relative depth, places in a ranking, and how far two rankings agree.

Plain numpy on the last axis, NaN where there is no score, so that a thousand drawn rankings go through at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
FEWEST_PLACES = 3
"""Two places can be in one order or the other: that is no agreement yet."""
RANDOM_ORDERS = 4000


def relative_depths(layers: int) -> FloatArray:
    """Where each layer stands: 0 for the first, 1 for the last; the middle for a single one."""
    return np.linspace(0.0, 1.0, layers) if layers > 1 else np.full(layers, 0.5)


def at_depths(values: FloatArray, depths: FloatArray) -> FloatArray:
    """Values of layers read off at relative depths, on straight lines between neighbouring layers.

    Args:
        values: ``[..., layers]``; NaN where there is none, and then nothing is read off beside it.
        depths: ``[places]``, 0 to 1.

    Returns:
        ``[..., places]``.
    """
    layers = values.shape[-1]
    where = depths * (layers - 1)
    below = np.clip(np.floor(where + 1e-9).astype(int), 0, layers - 1)
    above = np.minimum(below + 1, layers - 1)
    share = np.clip(where - below, 0.0, 1.0)
    mixed = (1 - share) * values[..., below] + share * values[..., above]
    return np.asarray(np.where(share < 1e-9, values[..., below], mixed))


def places(values: FloatArray) -> FloatArray:
    """1 for the highest value along the last axis, counting up; equal values share the mean of their places."""
    here, there = values[..., :, None], values[..., None, :]
    higher = (there > here).sum(-1)
    equal = (there == here).sum(-1)
    return np.asarray(np.where(np.isnan(values), np.nan, higher + (equal + 1) / 2))


def shares(values: FloatArray) -> FloatArray:
    """Places from 0 (the least) to 1 (the most); NaN where fewer than two values can be ranked."""
    known = (~np.isnan(values)).sum(-1, keepdims=True)
    span = np.where(known > 1, known - 1, 1)
    return np.asarray(np.where(known > 1, (known - places(values)) / span, np.nan))


def rank_agreement(one: FloatArray, other: FloatArray) -> FloatArray:
    """Spearman's rank correlation along the last axis, over the places that both have; ties share a rank.

    Returns:
        ``[...]``, -1 to 1; NaN over fewer than three places, or where one of the two ranks all of them alike.
    """
    both = ~np.isnan(one + other)
    ranked = [places(np.where(both, values, np.nan)) for values in (one, other)]
    count = both.sum(-1, keepdims=True)
    middle = (count + 1) / 2
    first, second = (np.where(both, ranks - middle, 0.0) for ranks in ranked)
    spread = np.sqrt((first**2).sum(-1) * (second**2).sum(-1))
    product = (first * second).sum(-1)
    defined = (spread > 0) & (count[..., 0] >= FEWEST_PLACES)
    return np.asarray(np.divide(product, spread, out=np.full(np.shape(product), np.nan), where=defined))


@lru_cache(maxsize=64)
def chance_level(count: int) -> float:
    """What rankings drawn at random exceed, up or down, in one case of twenty; 1 where even that says nothing."""
    if count < FEWEST_PLACES:
        return 1.0
    drawn = np.random.default_rng(count).random((RANDOM_ORDERS, count))
    found = np.abs(rank_agreement(drawn, np.arange(count, dtype=np.float64)[None, :]))
    return float(np.quantile(found, 0.95))
