"""A node with what surrounds it, as a small graph of its own: so that examples of one large graph share nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis_core.errors import DataError

MOST_NODES = 24
"""A neighbourhood holds no more nodes by default."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A small graph around one node.

    Args:
        nodes: the nodes of the large graph, the one in the middle first, int64 ``[nodes]``.
        edges: source and target of each edge among them, as positions in ``nodes``, int64 ``[edges, 2]``.
    """

    nodes: np.ndarray
    edges: np.ndarray


def neighbourhoods(
    edges: np.ndarray, count: int, centres: Sequence[int], most_nodes: int = MOST_NODES
) -> Iterator[Neighbourhood]:
    """The neighbourhood of each node asked for: breadth first, all edges among the nodes that were met.

    Args:
        edges: ``[2, edges]``, int64, in both directions where the graph is undirected.
        count: how many nodes the graph has.
        centres: the nodes in the middle.
        most_nodes: a neighbourhood ends there; nodes nearer in steps come first, and among those the earlier listed.

    Raises:
        DataError: an edge or a centre names a node that is not there.
    """
    wrong = [node for node in (*np.unique(edges).tolist(), *centres) if not 0 <= node < count]
    if wrong:
        raise DataError(f"There is no node {wrong[0]}; nodes are numbered 0 to {count - 1}.", where="edges")
    order = np.argsort(edges[0], kind="stable")
    targets = edges[1][order]
    starts = np.searchsorted(edges[0][order], np.arange(count + 1))
    for centre in centres:
        nodes = _met(int(centre), targets, starts, most_nodes)
        place = {node: position for position, node in enumerate(nodes)}
        inner = [
            (place[node], place[target])
            for node in nodes
            for target in targets[starts[node] : starts[node + 1]].tolist()
            if target in place
        ]
        yield Neighbourhood(np.array(nodes, dtype=np.int64), np.array(inner, dtype=np.int64).reshape(-1, 2))


def _met(centre: int, targets: np.ndarray, starts: np.ndarray, most_nodes: int) -> list[int]:
    met = {centre: None}  # a dictionary keeps the order in which nodes were met
    waiting = [centre]
    for node in waiting:
        for target in targets[starts[node] : starts[node + 1]].tolist():
            if len(met) >= most_nodes:
                return list(met)
            if target not in met:
                met[target] = None
                waiting.append(target)
    return list(met)
