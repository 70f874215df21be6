"""Graphs: edges between nodes that are listed, features that are numbers, nodes in one part each."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from analysis_core.data.graphs import UNLABELLED, read_graph
from analysis_core.data.options import ReadOptions
from analysis_core.errors import DataError

EDGES = "source,target\na,b\nb,c\nc,a\nb,a\n"
NODES = "node,label,x,y\na,red,1,0.5\nb,blue,2,1.5\nc,,3,2.5\nd,red,4,3.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "edges.csv").write_text(EDGES)
    (tmp_path / "nodes.csv").write_text(NODES)
    return tmp_path


def test_a_graph_comes_back(folder: Path) -> None:
    graph = read_graph(folder)
    assert graph.edges.tolist() == [[0, 1, 2, 1], [1, 2, 0, 0]]
    assert graph.features.tolist() == [[1, 0.5], [2, 1.5], [3, 2.5], [4, 3.5]] and graph.feature_names == ("x", "y")
    assert graph.labels.tolist() == [1, 0, UNLABELLED, 1] and graph.class_names == ("blue", "red")
    assert graph.node_names == ("a", "b", "c", "d") and len(graph) == 4
    assert graph.edges_both_ways.T.tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]


def test_nodes_without_class_are_in_no_part(folder: Path) -> None:
    graph = read_graph(folder)
    assert graph.parts[2] == "" and sum(graph.splits.values()) == 3 and len(graph.splits) == 3
    assert sorted(np.concatenate([graph.nodes(part) for part in graph.splits]).tolist()) == [0, 1, 3]


def test_parts_depend_on_names_and_seed_alone(tmp_path: Path) -> None:
    names = [f"n{index}" for index in range(50)]
    found = {}
    for order, seed in ((names, 0), (names[::-1], 0), (names, 1)):
        (tmp_path / "edges.tsv").write_text("source\ttarget\nn0\tn1\n")
        (tmp_path / "nodes.csv").write_text("id,y,degree\n" + "".join(f"{name},1,2\n" for name in order))
        graph = read_graph(tmp_path, ReadOptions(seed=seed))
        found[order[0], seed] = dict(zip(graph.node_names, graph.parts, strict=True))
    assert found["n0", 0] == found["n49", 0] != found["n0", 1]


def test_the_edges_file_and_the_nodes_file_may_be_given(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(EDGES.encode()))
    (tmp_path / "theirs.csv").write_text(NODES)
    given = read_graph(tmp_path / "mine.csv.gz", ReadOptions(companion=tmp_path / "theirs.csv"))
    assert given.sha256 == read_graph(folder).sha256
    (folder / "nodes.csv").write_text(NODES.replace("3.5", "3.75"))
    assert given.sha256 != read_graph(folder).sha256


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("edges.csv", EDGES + "a,z\n", r"edges\.csv, line 6: The node 'z' is not in nodes\.csv"),
        ("edges.csv", "from,til\na,b\n", r"edges\.csv, line 1: Expected a column 'target'; .*'from', 'til'"),
        ("edges.csv", "", r"edges\.csv: The file is empty"),
        ("nodes.csv", NODES + "a,red,5,6\n", r"nodes\.csv, line 6: The node 'a' is listed twice"),
        ("nodes.csv", NODES + "e,red,5,much\n", r"line 6: Expected a number in the column 'y'; found 'much'"),
        ("nodes.csv", NODES + "e,red,5,1e300\n", "line 6: Expected a number in the column 'y'"),
        ("nodes.csv", NODES + ",red,5,6\n", "line 6: The node has no name"),
        ("nodes.csv", "node,x\na,1\n", "Expected a column 'label'"),
        ("nodes.csv", "node,label\na,1\nb,1\nc,1\n", "have no features"),
        ("nodes.csv", "node,label,x\na,,1\nb,,1\nc,,1\n", "No node has a class"),
    ],
)  # fmt: skip
def test_the_first_wrong_line_is_named(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(DataError, match=message):
        read_graph(folder)


def test_a_missing_file_and_an_empty_part_are_said(folder: Path) -> None:
    (folder / "nodes.csv").write_text("node,label,x\na,1,2\nb,,2\nc,,2\n")
    with pytest.raises(DataError, match="no nodes for 'test'"):
        read_graph(folder).nodes("test")
    (folder / "nodes.csv").unlink()
    with pytest.raises(DataError, match="The file of the nodes is missing"):
        read_graph(folder)
