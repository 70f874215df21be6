"""A graph: a list of edges, and a table of its nodes with their features and classes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_core.data.contents import quoted
from analysis_core.data.digests import digest_of
from analysis_core.data.files import check_folder, file_below
from analysis_core.data.labels import indices_and_names, label_word
from analysis_core.data.options import ReadOptions
from analysis_core.data.splitting import SPLITS, assign_parts
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.errors import DataError

MOST_FEATURE_VALUES = 2**28
SPLIT_RULE = "Every node with a class is in one part; all parts see the whole graph, but not the others' classes."
UNLABELLED = -1
_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
_EDGE_STEMS, _NODE_STEMS = ("edges", "edge_list", "links"), ("nodes", "features", "node_features")
_SOURCES, _TARGETS = ("source", "src", "from", "u"), ("target", "dst", "to", "v")
_NODES, _LABELS = ("node", "id", "node_id", "name"), ("label", "class", "target", "y")


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphData:
    """One graph, whose nodes are to be classified.

    Args:
        name: how the data is called in results.
        edges: ``[2, edges]``, int64: indices of the nodes that each edge leaves and reaches, as listed.
        features: ``[nodes, features]``, float32.
        labels: class index of each node, int64 ``[nodes]``; :data:`UNLABELLED` where the table leaves it open.
        parts: name of each node's part ``[nodes]``; empty for a node without a class.
        node_names, feature_names, class_names: as the files have them, by index.
    """

    name: str
    edges: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    parts: np.ndarray
    node_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    split_rule: str = SPLIT_RULE

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def edges_both_ways(self) -> np.ndarray:
        """``[2, edges]``: every edge in both directions and once, as models of undirected graphs take them."""
        return np.unique(np.concatenate([self.edges, self.edges[::-1]], axis=1), axis=1)

    @property
    def splits(self) -> dict[str, int]:
        """How many nodes each part holds."""
        counts = {split: int((self.parts == split).sum()) for split in SPLITS}
        return {split: count for split, count in counts.items() if count}

    @cached_property
    def sha256(self) -> str:
        """Checksum over edges, features, classes and names; paths and times do not count."""
        content = (self.edges, self.features, self.labels, self.node_names, self.feature_names, self.class_names)
        return hashlib.sha256(digest_of(content)).hexdigest()

    def nodes(self, part: str) -> np.ndarray:
        """Indices of the nodes of one part, int64.

        Raises:
            DataError: the part is empty.
        """
        found = np.flatnonzero(self.parts == part)
        if not len(found):
            raise DataError(
                f"There are no nodes for '{part}'.",
                where=self.name,
                remedy=f"Parts with nodes: {', '.join(self.splits) or 'none'}; give more nodes with classes.",
            )
        return found


def read_graph(path: Path, options: ReadOptions | None = None) -> GraphData:
    """A list of edges ``source,target`` and a table of nodes ``node,label,`` and one column a feature.

    Args:
        path: a folder with ``edges.csv`` and ``nodes.csv`` (or ``features.csv``; also ``.tsv``, ``.gz``,
            ``.parquet``), or the edges' file with ``options.companion`` as the nodes' file.

    Raises:
        DataError: names the first line that is wrong: a node that is listed twice or not at all, a feature that is
            no number.
    """
    options = options or ReadOptions()
    edge_file, node_file = graph_files(path, options.companion)
    table = read_table(node_file)
    sources = table.pop(SOURCE).tolist()
    node_column = _column(table, _NODES, "node", node_file)
    label_column = _column(table, _LABELS, "label", node_file)
    index_of = _node_index(table[node_column].tolist(), sources)
    labels, class_names = _labels(table[label_column].tolist(), sources, options.class_names)
    feature_names = tuple(name for name in table.columns if name not in (node_column, label_column))
    parts = np.full(len(labels), "", dtype="<U6")
    known = np.flatnonzero(labels != UNLABELLED)
    names = list(index_of)
    parts[known] = assign_parts([(names[node],) for node in known], options.seed)
    return GraphData(
        name=path.name,
        edges=_edges(edge_file, index_of, node_file.name),
        features=_features(table, feature_names, sources, node_file.name),
        labels=labels,
        parts=parts,
        node_names=tuple(names),
        feature_names=feature_names,
        class_names=class_names,
    )


def graph_files(path: Path, companion: Path | None = None) -> tuple[Path, Path]:
    """The edges' and the nodes' file.

    Raises:
        DataError: one of both is missing.
    """
    if not path.is_dir():
        folder = path.parent
        nodes = companion or _find(folder, _NODE_STEMS)
        edges: Path | None = path
    else:
        folder = check_folder(path)
        edges, nodes = _find(folder, _EDGE_STEMS), companion or _find(folder, _NODE_STEMS)
    if edges is None or nodes is None:
        raise DataError(
            f"The file of the {'edges' if edges is None else 'nodes'} is missing.",
            where=folder.name,
            remedy="Give edges.csv (source,target) and nodes.csv (node,label, and one column a feature).",
        )
    return edges, nodes


def _find(folder: Path, stems: Sequence[str]) -> Path | None:
    names = (stem + suffix for stem in stems for suffix in _SUFFIXES)
    name = next((name for name in names if (folder / name).is_file()), None)
    return file_below(folder, name, folder.name) if name else None


def _column(table: pd.DataFrame, names: Sequence[str], meaning: str, file: Path) -> str:
    by_name = {str(name).strip().lower(): str(name) for name in reversed(table.columns)}
    found = next((by_name[name] for name in names if name in by_name), None)
    if found is None:
        present = ", ".join(quoted(name) for name in table.columns if name != SOURCE)
        raise DataError(
            f"Expected a column '{meaning}'; the columns are {present}.",
            where=f"{file.name}, line 1",
            remedy=f"Call the column '{meaning}'.",
        )
    return found


def _node_index(names: Sequence[Any], sources: Sequence[str]) -> dict[str, int]:
    index_of: dict[str, int] = {}
    for name, source in zip(names, sources, strict=True):
        word = str(name).strip()
        if not word or word in index_of:
            what = f"The node {quoted(word)} is listed twice." if word else "The node has no name."
            raise DataError(what, where=source, remedy="List every node once, by its name.")
        index_of[word] = len(index_of)
    return index_of


def _labels(
    labels: Sequence[Any], sources: Sequence[str], class_names: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class indices ``[nodes]``, :data:`UNLABELLED` where the table has nothing."""
    words = [label_word(label) for label in labels]
    given = [position for position, word in enumerate(words) if word]
    if not given:
        raise DataError("No node has a class.", where=sources[0], remedy="Write the classes that are known.")
    known, names = indices_and_names([words[at] for at in given], [sources[at] for at in given], class_names)
    indices = np.full(len(labels), UNLABELLED, dtype=np.int64)
    indices[given] = known
    return indices, names


def _features(table: pd.DataFrame, names: Sequence[str], sources: Sequence[str], file: str) -> np.ndarray:
    if not names:
        raise DataError("The nodes have no features.", where=file, remedy="Add one column a feature, such as a degree.")
    if len(names) * len(table) > MOST_FEATURE_VALUES:
        raise DataError(f"There are more than {MOST_FEATURE_VALUES:,} features.", where=file, remedy="Give fewer.")
    features = np.empty((len(table), len(names)), dtype=np.float32)
    for column, name in enumerate(names):
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        with np.errstate(over="ignore"):
            features[:, column] = numbers
        wrong = np.flatnonzero(~np.isfinite(features[:, column]))
        if len(wrong):
            raise DataError(
                f"Expected a number in the column {quoted(name)}; found {quoted(table[name].iloc[wrong[0]])}.",
                where=sources[wrong[0]],
                remedy="Write a number there.",
            )
    return features


def _edges(path: Path, index_of: dict[str, int], node_file: str) -> np.ndarray:
    table = read_table(path)
    ends = [table[_column(table, names, names[0], path)].tolist() for names in (_SOURCES, _TARGETS)]
    edges = np.empty((2, len(table)), dtype=np.int64)
    for position, names in enumerate(zip(*ends, strict=True)):
        for side, name in enumerate(names):
            word = str(name).strip()
            if word not in index_of:
                raise DataError(
                    f"The node {quoted(word)} is not in {node_file}.",
                    where=str(table[SOURCE].iloc[position]),
                    remedy="List it there, or drop the edge.",
                )
            edges[side, position] = index_of[word]
    return edges
