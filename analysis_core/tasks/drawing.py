"""Random outcomes, example by example: neither batch size nor padding changes what an example draws."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def uniforms(uniform: Tensor, count: int) -> Tensor:
    """Many numbers in [0, 1) for each example, from one.

    Args:
        uniform: one number in [0, 1) for each example, ``[examples]``.
        count: how many are wanted. A smaller count gives the first ones of a larger count.

    Returns:
        ``[examples, count]`` float64, on the device of ``uniform``.
    """
    seeds = (uniform.double().cpu().numpy() * 2.0**53).astype(np.uint64)
    rows = [np.random.default_rng(int(seed)).random(count) for seed in seeds]
    return torch.from_numpy(np.stack(rows)).to(uniform.device)


def drawn_classes(logits: Tensor, uniform: Tensor) -> Tensor:
    """Outcomes drawn from the softmax of logits by inverting its cumulative distribution.

    Args:
        logits: ``[..., outcomes]``.
        uniform: a number in [0, 1) for each draw, ``[...]``.

    Returns:
        Indices of outcomes, ``[...]`` int64.
    """
    shares = logits.detach().double().softmax(-1).cumsum(-1)
    # Rounding may leave the whole a little below 1.
    wanted = uniform.to(shares).unsqueeze(-1) * shares[..., -1:]
    found = torch.searchsorted(shares, wanted, right=True).squeeze(-1)
    return found.clamp(max=shares.shape[-1] - 1)
