"""What several methods agree on. Ranks only, because raw scores have different units. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.stats import rankdata

from analysis_core.results import MethodResult


def mean_rank(results: Iterable[MethodResult], layers: int) -> tuple[float | None, ...]:
    """Mean over methods of each layer's rank, scaled to 0 (least) … 1 (most important).

    A method ranks only the layers that it scores; ties share their mean rank. A layer that no method scores has None,
    as have all layers when no method scores two or more.

    Args:
        results: what the methods say; those that do not apply are passed over.
        layers: how many layers the model has.
    """
    shares = [share for share in (rank_shares(result.scores, layers) for result in results) if share is not None]
    if not shares:
        return (None,) * layers
    table = np.array(shares)
    counts = (~np.isnan(table)).sum(0)
    totals = np.nansum(table, axis=0)
    return tuple(float(total / count) if count else None for total, count in zip(totals, counts, strict=True))


def rank_shares(scores: Sequence[float | None], layers: int) -> np.ndarray | None:
    """One method's ranks from 0 (lowest score) to 1 (highest), ``[layers]`` with NaN where it has no score."""
    scored = [index for index, score in enumerate(scores) if score is not None]
    if len(scored) < 2:
        return None
    shares = np.full(layers, np.nan)
    shares[scored] = (rankdata([scores[index] for index in scored]) - 1) / (len(scored) - 1)
    return shares
