"""A policy of residual blocks. Needs: pip install torch

Pre-activation blocks as in K. He et al., "Identity mappings in deep residual networks", 2016, with linear layers.
"""

from __future__ import annotations

from torch import Tensor, nn


class PolicyBlock(nn.Module):
    """Norm, two linear layers, and their sum with the input.

    Args:
        width: of the hidden state.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.act = nn.GELU()
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """``[…, width]`` to the same."""
        added: Tensor = self.narrow(self.act(self.widen(self.norm(hidden))))
        return hidden + added


class ResidualPolicy(nn.Module):
    """Logits of actions for what is observed.

    Args:
        observations: numbers that are observed.
        actions: how many actions there are.
        width: of the hidden state.
        depth: how many blocks.
    """

    def __init__(self, observations: int, actions: int, width: int, depth: int) -> None:
        super().__init__()
        self.embed = nn.Linear(observations, width)
        self.blocks = nn.ModuleList(PolicyBlock(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, actions)

    def forward(self, observations: Tensor) -> Tensor:
        """Logits ``[…, actions]`` of observations ``[…, observations]``; each is judged by itself."""
        hidden = self.embed(observations)
        for block in self.blocks:
            hidden = block(hidden)
        logits: Tensor = self.head(self.norm(hidden))
        return logits
