"""Models that read graphs, from PyTorch Geometric: an example is one graph, or one node and what surrounds it.

A batch holds its graphs padded side by side, so that examples stay apart; the network gets them as PyTorch Geometric's
networks do, all nodes in one list and edges between its rows. Hidden states are then ``[examples * nodes, width]``,
each example's nodes one after the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch, Inputs
from analysis_core.data.padded_graphs import EDGE_FACTS, EDGES, NODES, flat_edges, padded_graphs
from analysis_core.errors import DataError, ModelError
from analysis_core.models.base import called, first_tensor
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.vocabulary import ModalityType, TaskType

_EXAMPLE_NODES = 3


def from_folder(module: nn.Module, source: FolderSource) -> GraphModel:
    """The module as a reader of graphs; it needs no settings of its own."""
    return GraphModel(module, **source.settings)


class GraphModel(ReadingModel):
    """A network that is called with ``(x, edge_index)`` and, where it asks for it, ``batch``.

    It answers for every node, and then the example's first node counts; or for every graph.

    Args:
        module: the network.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.
        example: a batch to observe it on; None makes one up where the number of features is known.

    Attributes:
        features: how many numbers it reads of each node; None where its structure does not say.
    """

    modality = ModalityType.GRAPH
    columns = ("node_features", "edges")

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "torch",
        config_dict: Mapping[str, Any] | None = None,
        example: Batch | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.features = _features_read(module)
        self._accepted = tuple(inspect.signature(module.forward).parameters)
        if example is None and self.features is not None:
            example = self._made_up(self.features)
        if example is not None:
            self.observe(example)

    def arguments(self, batch: Batch) -> Inputs:
        """All nodes in one list ``[examples * nodes, features]``, and ``edge_index [2, edges]`` between its rows."""
        inputs = batch.inputs
        if not _is_padded(inputs):
            return inputs
        examples, nodes = inputs[NODES].shape[:2]
        edge_index, real = flat_edges(inputs[EDGES], nodes)
        rows = inputs[NODES].flatten(0, 1)
        further = {name: inputs[name][real] for name in EDGE_FACTS if name in inputs and name in self._accepted}
        if "batch" in self._accepted:
            further["batch"] = _owners(batch.padding_mask, examples, nodes, edge_index.device)
        return (
            {**dict(zip(self._accepted, (rows, edge_index), strict=False)), **further}
            if further
            else (rows, edge_index)
        )

    def forward(self, batch: Batch) -> Any:
        """Answers ``[examples, …]``: of each example's first node, or of its graph.

        Raises:
            ModelError: the network answers for neither nodes nor graphs.
        """
        if not _is_padded(batch.inputs):
            return super().forward(batch)
        examples, nodes = batch.inputs[NODES].shape[:2]
        answers = first_tensor(called(self.module, self.arguments(batch)), self.name)
        if len(answers) == examples * nodes:
            return answers.reshape(examples, nodes, *answers.shape[1:])[:, 0]
        if len(answers) in (examples, examples + 1):
            return answers[:examples]
        raise ModelError(
            f"Its output of shape {tuple(answers.shape)} answers neither for {examples} graphs "
            f"nor for their {examples * nodes} nodes.",
            where=self.name,
            remedy="Return one row for each node, or one for each graph of 'batch'.",
        )

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Graphs padded to the largest of them, with the classes or numbers of their first nodes."""
        listed = rows[list(self.columns)].itertuples(name=None)
        graphs = [self._graph(features, edges, f"{where}, example {at}") for at, features, edges in listed]
        inputs, mask = padded_graphs([features for features, _ in graphs], [edges for _, edges in graphs])
        return Batch(inputs, _targets(rows), len(rows), padding_mask=mask)

    def _graph(self, features: Any, edges: Any, where: str) -> tuple[Tensor, Tensor]:
        """One example's features ``[nodes, features]`` and edges ``[edges, 2]``.

        Raises:
            DataError: they are no graph that this model can read.
        """
        numbers = _matrix(features, np.float32, "node_features", where)
        if not len(numbers):
            raise DataError("The graph has no nodes.", where=where, remedy="Give at least the node in question.")
        if self.features is not None and numbers.shape[1] != self.features:
            raise DataError(
                f"Its nodes have {numbers.shape[1]} features, but the model reads {self.features}.",
                where=where,
                remedy="Give the features that the model was trained with.",
            )
        if not np.isfinite(numbers).all():
            node, feature = np.argwhere(~np.isfinite(numbers))[0]
            raise DataError(
                f"Feature {feature} of node {node} is {numbers[node, feature]}.",
                where=where,
                remedy="Put a number there, or leave the example out.",
            )
        pairs = _matrix(edges, np.int64, "edges", where) if len(edges) else np.zeros((0, 2), dtype=np.int64)
        if pairs.shape[1] != 2:
            raise DataError(f"Its edges have {pairs.shape[1]} ends.", where=where, remedy="Give source and target.")
        wrong = pairs[((pairs < 0) | (pairs >= len(numbers))).any(1)]
        if len(wrong):
            raise DataError(
                f"The edge from {wrong[0, 0]} to {wrong[0, 1]} leads to a node that is not there; "
                f"its nodes are 0 to {len(numbers) - 1}.",
                where=where,
                remedy="Number nodes by their position in 'node_features'.",
            )
        return torch.from_numpy(numbers), torch.from_numpy(pairs)

    def _made_up(self, features: int) -> Batch:
        """Two small graphs of no meaning."""
        nodes = torch.linspace(-1, 1, _EXAMPLE_NODES * features).reshape(_EXAMPLE_NODES, features)
        path = torch.tensor([[0, 1], [1, 0], [1, 2], [2, 1]])
        inputs, mask = padded_graphs([nodes, nodes.flip(0)], [path, path[:2]])
        return Batch(inputs, None, 2, padding_mask=mask).to(self.device)


def _is_padded(inputs: Inputs) -> TypeGuard[dict[str, Any]]:
    return isinstance(inputs, dict) and NODES in inputs and EDGES in inputs


def _owners(mask: Tensor | None, examples: int, nodes: int, device: torch.device) -> Tensor:
    """Which graph each row belongs to; rows that fill up belong to one more, which is dropped from the answers."""
    owners = torch.arange(examples, device=device)[:, None].expand(examples, nodes)
    return (owners if mask is None else owners.where(mask.bool(), examples)).reshape(-1)


def _targets(rows: pd.DataFrame) -> Tensor | None:
    if "label" in rows:
        return torch.as_tensor(rows["label"].to_numpy("int64", copy=True))
    return torch.as_tensor(rows["target"].to_numpy("float32", copy=True)) if "target" in rows else None


def _matrix(rows: Any, dtype: type[np.generic], column: str, where: str) -> np.ndarray:
    """Lists of lists, as Parquet gives them, as one array."""
    try:
        found = np.array([np.asarray(row) for row in rows])
        if dtype is np.int64 and not np.issubdtype(found.dtype, np.integer):
            raise ValueError(f"found {found.dtype}")
        return found.astype(dtype).reshape(len(found), -1 if found.size else 0)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The column '{column}' is no table of {'whole ' if dtype is np.int64 else ''}numbers: {error}.",
            where=where,
            remedy="Give a list for each node or edge, all of one length.",
        ) from error


def _features_read(module: nn.Module) -> int | None:
    """Of the first part that names its number of inputs."""
    for part in module.modules():
        for name in ("in_channels", "in_features"):
            width = getattr(part, name, None)
            if isinstance(width, int) and width > 0:
                return width
    return None
