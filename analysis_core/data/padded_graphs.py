"""Several graphs side by side in one tensor: nodes and edges are filled up to the largest graph.

Nodes that fill up have no edges, so that no message reaches a real node from them; edges that fill up are -1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from analysis_core.errors import DataError

NODES, EDGES = "x", "edges"
EDGE_FACTS = ("edge_weight", "edge_attr")
"""What PyTorch Geometric calls numbers that belong to edges."""
NO_EDGE = -1


def padded_graphs(
    features: Sequence[Tensor], edges: Sequence[Tensor], facts: Mapping[str, Sequence[Tensor]] | None = None
) -> tuple[dict[str, Any], Tensor]:
    """Inputs of a graph model, and which nodes are real.

    Args:
        features: of each graph's nodes, ``[nodes, features]``.
        edges: of each graph, ``[edges, 2]`` int64: source and target, as positions in that graph.
        facts: numbers of each graph's edges by their name, ``[edges, …]``.

    Returns:
        ``{"x": [graphs, nodes, features], "edges": [graphs, edges, 2]}`` and the facts, and the mask
        ``[graphs, nodes]``, 1 for real nodes.
    """
    inputs = {
        NODES: pad_sequence(list(features), batch_first=True),
        EDGES: pad_sequence(list(edges), batch_first=True, padding_value=NO_EDGE),
    }
    for name, values in (facts or {}).items():
        inputs[name] = pad_sequence(list(values), batch_first=True)
    sizes = torch.tensor([len(rows) for rows in features])
    mask = (torch.arange(int(sizes.max())) < sizes[:, None]).long()
    return inputs, mask.to(features[0].device)


def flat_edges(edges: Tensor, nodes: int) -> tuple[Tensor, Tensor]:
    """Padded edges as PyTorch Geometric takes them, with the graphs' nodes one after the other.

    Args:
        edges: ``[graphs, edges, 2]``.
        nodes: how many rows each graph has.

    Returns:
        ``edge_index [2, all real edges]``, and which of the padded edges these are, ``[graphs, edges]`` bool.
    """
    real = edges[..., 0] != NO_EDGE
    first_rows = torch.arange(len(edges), device=edges.device)[:, None, None] * nodes
    return (edges + first_rows)[real].T.contiguous(), real


def is_graph(item: Any) -> bool:
    """Whether a loader's item is a ``Data`` or ``Batch`` of PyTorch Geometric."""
    return isinstance(getattr(item, "edge_index", None), Tensor)


def graphs_of(item: Any) -> tuple[dict[str, Any], Tensor | None, Tensor]:
    """A ``Data`` or ``Batch`` of PyTorch Geometric as inputs, targets ``[graphs, …]`` and mask.

    Raises:
        DataError: nodes without features, or a target for each node instead of each graph.
    """
    if not isinstance(item.x, Tensor):
        raise DataError("The graphs' nodes have no features.", remedy="Give each node numbers, as 'x'.")
    rows = item.x.unsqueeze(1) if item.x.dim() == 1 else item.x
    ends = getattr(item, "ptr", None)
    ends = torch.tensor([0, len(rows)], device=rows.device) if ends is None else ends
    count = len(ends) - 1
    owner = torch.bucketize(item.edge_index[0], ends[1:], right=True)
    own_edges = [(owner == graph).nonzero().squeeze(1) for graph in range(count)]
    features = [rows[int(ends[graph]) : int(ends[graph + 1])] for graph in range(count)]
    edges = [item.edge_index[:, own].T - ends[graph] for graph, own in enumerate(own_edges)]
    known = {name: value for name in EDGE_FACTS if isinstance(value := getattr(item, name, None), Tensor)}
    facts = {name: [value[own] for own in own_edges] for name, value in known.items()}
    inputs, mask = padded_graphs([part.float() for part in features], edges, facts)
    return inputs, _targets(getattr(item, "y", None), count), mask


def _targets(targets: Any, graphs: int) -> Tensor | None:
    if not isinstance(targets, Tensor):
        return None
    found = targets if targets.dim() else targets.unsqueeze(0)
    if len(found) != graphs:
        raise DataError(
            f"{len(found)} targets came for {graphs} graphs: an example is a whole graph.",
            remedy="To classify nodes, make each node's neighbourhood a graph with the node first "
            "(analysis_core.data.neighbourhoods).",
        )
    return found
