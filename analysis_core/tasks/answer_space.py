"""Right answers as points in space: sets of symbols become their shares."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

MOST_FEATURES = 2048
"""Larger sets of symbols are folded: symbol s counts for feature s mod 2048."""


def symbol_shares(symbols: Tensor, present: Tensor, size: int) -> np.ndarray:
    """How often each symbol stands in each example, as shares that sum to 1.

    Args:
        symbols: ``[examples, places]`` int64.
        present: ``[examples, places]`` bool; where False, the place is left out.
        size: how many symbols there are.

    Returns:
        ``[examples, min(size, MOST_FEATURES)]`` float64; an example without symbols is all zeros.
    """
    width = min(size, MOST_FEATURES)
    weights = present.double() / present.sum(1, keepdim=True).clamp(min=1)
    folded = torch.where(present, symbols, 0) % width
    shares = torch.zeros(len(symbols), width, dtype=torch.float64, device=symbols.device)
    return shares.scatter_add_(1, folded, weights).cpu().numpy()
