"""Where the right candidate stands among all: ranks, and the metrics that follow from them.

With one right candidate at rank r: ``reciprocal rank = 1 / r`` (Voorhees 1999), ``recall@k = 1 if r <= k``,
``nDCG@k = 1 / log2(1 + r) if r <= k`` (Järvelin & Kekäläinen 2002), ``AUC = share of the wrong candidates that score
less, equal ones half``. Except in the AUC, a wrong candidate with an equal score stands before the right one: a
model that scores all alike must not profit from the order in which candidates are listed.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def standings(scores: Tensor, right: Tensor) -> Tensor:
    """How many wrong candidates stand before and beside the right one.

    Args:
        scores: ``[examples, candidates]``; minus infinity where there is no candidate.
        right: place of the right candidate, ``[examples]``.

    Returns:
        ``[examples, 3]`` float64: wrong candidates with a higher score, with the same score, and all wrong ones.
    """
    own = scores.gather(1, right.unsqueeze(1))
    higher, equal = (scores > own).sum(1), (scores == own).sum(1) - 1
    wrong = (scores > -torch.inf).sum(1) - 1
    return torch.stack([higher, equal, wrong], dim=1).double()


def ranks(standing: Tensor) -> np.ndarray:
    """Rank of the right candidate, counted from 1, ``[examples]`` float64."""
    found: np.ndarray = (1.0 + standing[:, 0] + standing[:, 1]).double().cpu().numpy()
    return found


def reciprocal_ranks(standing: Tensor) -> np.ndarray:
    """1 / rank of each example."""
    found: np.ndarray = 1.0 / ranks(standing)
    return found


def recalls(standing: Tensor, k: int) -> np.ndarray:
    """1 where the right candidate is among the first k, else 0."""
    found: np.ndarray = (ranks(standing) <= k).astype(np.float64)
    return found


def discounted_gains(standing: Tensor, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain of the first k."""
    found: np.ndarray = recalls(standing, k) / np.log2(1.0 + ranks(standing))
    return found


def areas_under_curve(standing: Tensor) -> np.ndarray:
    """Share of the wrong candidates that stand behind the right one; 1 where there is no wrong one."""
    higher, equal, wrong = standing.double().cpu().numpy().T
    found: np.ndarray = 1.0 - (higher + equal / 2) / np.maximum(wrong, 1)
    return found
