"""First weights of small networks that have minutes to learn: every signal awake, every residual branch quiet."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


def wake(module: nn.Module, branches: Iterable[nn.Module] = ()) -> None:
    """Draw every matrix anew so that it keeps the size of what it is given; branches begin small.

    Libraries draw all weights with a deviation of 0.02, which suits a width of a thousand: at a width of fifty little
    comes through, and a short training is spent on waking the network. So each matrix gets 1 / sqrt(inputs), and what
    is added to the residual stream is scaled by 1 / sqrt(branches) (A. Radford et al., "Language Models are
    Unsupervised Multitask Learners", 2019, section 2.3).

    Args:
        module: whose linear layers and convolutions are drawn, with torch's own generator.
        branches: the layers of it that write into the residual stream.
    """
    quiet = list(branches)
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, (nn.Linear, nn.Conv1d, nn.Conv2d)):
                part.weight.normal_(std=part.weight[0].numel() ** -0.5)
        for branch in quiet:
            branch.weight.mul_(len(quiet) ** -0.5)  # type: ignore[operator]  # a layer's own matrix
