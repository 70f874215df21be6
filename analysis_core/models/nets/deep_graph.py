"""A deep graph network of PyTorch Geometric's layers. Needs: pip install torch torch_geometric

Every block is a ``DeepGCNLayer`` (G. Li et al., "DeepGCNs: Can GCNs Go as Deep as CNNs?", 2019; pre-activation as in
"All You Need to Train Deeper GCNs", 2020): norm, activation and graph convolution, added to its input.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch_geometric.nn import DeepGCNLayer, GATConv, GCNConv, GINConv  # type: ignore[import-untyped]  # ships no types


class DeepGraphNet(nn.Module):
    """Classes of a graph's nodes.

    Args:
        convolution: ``"gcn"`` (Kipf and Welling 2017), ``"gat"`` (Veličković et al. 2018), ``"gin"`` (Xu et al. 2019).
        in_features: numbers that are read of each node.
        width: of the hidden states.
        depth: how many blocks.
        classes: how many classes there are.
        heads: attention heads of ``"gat"``; they divide ``width``.
        dropout: share of hidden values that are dropped before each convolution while training.

    Raises:
        KeyError: no such convolution.
    """

    def __init__(
        self,
        convolution: str,
        in_features: int,
        width: int,
        depth: int,
        classes: int,
        heads: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        make: Callable[[], nn.Module] = {
            "gcn": lambda: GCNConv(width, width),
            "gat": lambda: GATConv(width, width // heads, heads=heads),
            "gin": lambda: GINConv(nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))),
        }[convolution]
        self.embed = nn.Linear(in_features, width)
        self.layers = nn.ModuleList(
            DeepGCNLayer(make(), nn.LayerNorm(width), nn.ReLU(), block="res+", dropout=dropout) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Logits ``[nodes, classes]`` from features ``[nodes, in_features]`` and ``edge_index [2, edges]``."""
        hidden = self.embed(x)
        for layer in self.layers:
            hidden = layer(hidden, edge_index)
        logits: Tensor = self.head(self.norm(hidden).relu())
        return logits
