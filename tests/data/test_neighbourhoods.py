"""Small graphs around nodes, worked out by hand on a path with a triangle at its end."""

from __future__ import annotations

import numpy as np
import pytest

from analysis_core.data.neighbourhoods import neighbourhoods
from analysis_core.errors import DataError

ONE_WAY = np.array([[0, 1, 2, 3, 3, 4], [1, 2, 3, 4, 5, 5]])  # 0-1-2-3 and the triangle 3-4-5
EDGES = np.concatenate([ONE_WAY, ONE_WAY[::-1]], axis=1)


def test_the_middle_comes_first_then_what_is_nearer() -> None:
    (found,) = neighbourhoods(EDGES, 6, [2], most_nodes=4)
    assert found.nodes.tolist() == [2, 3, 1, 4]
    assert sorted(map(tuple, found.edges.tolist())) == [(0, 1), (0, 2), (1, 0), (1, 3), (2, 0), (3, 1)]


def test_all_edges_among_the_nodes_are_there_and_no_other() -> None:
    for centre, found in zip(range(6), neighbourhoods(EDGES, 6, range(6), most_nodes=6), strict=True):
        assert found.nodes[0] == centre and sorted(found.nodes.tolist()) == list(range(6))
        assert len(found.edges) == EDGES.shape[1]


def test_a_node_alone_is_a_graph() -> None:
    (found,) = neighbourhoods(EDGES, 7, [6])
    assert found.nodes.tolist() == [6] and found.edges.shape == (0, 2)


def test_a_node_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="no node 6"):
        list(neighbourhoods(np.array([[0], [6]]), 6, [0]))
