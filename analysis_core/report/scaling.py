"""Scores of different units side by side: min-max, ranks, and the text that shows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypeGuard

Scores = Sequence[float | None]


class Scale(StrEnum):
    """How scores are shown. Raw scores are what is stored; the other two are derived."""

    RAW = "raw"
    NORMALISED = "normalised"
    RANK = "rank"


def min_max(scores: Scores) -> list[float | None]:
    """Scores stretched to 0 (the least) ... 1 (the most); 0.5 where all are equal."""
    known = [score for score in scores if _is_known(score)]
    if not known:
        return [None] * len(scores)
    low, high = min(known), max(known)
    if high == low:
        return [0.5 if _is_known(score) else None for score in scores]
    return [(score - low) / (high - low) if _is_known(score) else None for score in scores]


def ranks(scores: Scores) -> list[float | None]:
    """1 for the highest score, counting up; equal scores share the mean of their places."""
    known = sorted((score for score in scores if _is_known(score)), reverse=True)
    return [known.index(score) + (known.count(score) + 1) / 2 if _is_known(score) else None for score in scores]


def colours(scores: Scores, scale: Scale) -> list[float | None]:
    """What a heatmap colours a method's row by: 0 (least important) ... 1 (most important)."""
    if scale is not Scale.RANK:
        return min_max(scores)
    return min_max([None if rank is None else -rank for rank in ranks(scores)])


def highest(places: Iterable[int], scores: Scores) -> int | None:
    """The place of the highest of some scores, the first among equals; None where none of them is known."""
    best = None
    for place in places:
        score = scores[place]
        if _is_known(score) and (best is None or score > (scores[best] or 0.0)):
            best = place
    return best


def _is_known(score: float | None) -> TypeGuard[float]:
    return score is not None and math.isfinite(score)
