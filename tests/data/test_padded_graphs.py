"""Graphs side by side: padded, flattened, and read from PyTorch Geometric's own batches."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch as GeometricBatch
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from analysis_core.data.batches import as_batches
from analysis_core.data.padded_graphs import flat_edges, padded_graphs
from analysis_core.errors import DataError

PAIR = Data(x=torch.tensor([[1.0], [2.0]]), edge_index=torch.tensor([[0, 1], [1, 0]]), y=torch.tensor([1]))
PATH = Data(x=torch.tensor([[3.0], [4.0], [5.0]]), edge_index=torch.tensor([[0, 1], [1, 2]]), y=torch.tensor([0]))
ALONE = Data(x=torch.tensor([[6.0]]), edge_index=torch.zeros(2, 0, dtype=torch.long), y=torch.tensor([2]))


def test_padding_by_hand() -> None:
    features = [torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0]])]
    edges = [torch.tensor([[0, 1]]), torch.zeros(0, 2, dtype=torch.long)]
    inputs, mask = padded_graphs(features, edges)
    assert inputs["x"].tolist() == [[[1.0], [2.0]], [[3.0], [0.0]]]
    assert inputs["edges"].tolist() == [[[0, 1]], [[-1, -1]]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_edges_lead_between_rows_of_their_own_graph() -> None:
    edges = torch.tensor([[[0, 1], [1, 0]], [[2, 0], [-1, -1]]])
    edge_index, real = flat_edges(edges, nodes=3)
    assert edge_index.tolist() == [[0, 1, 5], [1, 0, 3]]
    assert real.tolist() == [[True, True], [True, False]]


def test_a_batch_of_pytorch_geometric_is_cut_into_its_graphs() -> None:
    (batch,) = as_batches(DataLoader([PAIR, PATH, ALONE], batch_size=3))
    assert batch.size == 3 and batch.targets is not None and batch.targets.tolist() == [1, 0, 2]
    assert batch.inputs["x"].squeeze(-1).tolist() == [[1, 2, 0], [3, 4, 5], [6, 0, 0]]
    assert batch.inputs["edges"].tolist() == [[[0, 1], [1, 0]], [[0, 1], [1, 2]], [[-1, -1], [-1, -1]]]
    assert batch.padding_mask is not None and batch.padding_mask.tolist() == [[1, 1, 0], [1, 1, 1], [1, 0, 0]]


def test_numbers_of_edges_stay_with_their_edges() -> None:
    weighted = [graph.clone() for graph in (PAIR, PATH)]
    weighted[0].edge_weight, weighted[1].edge_weight = torch.tensor([0.1, 0.2]), torch.tensor([0.3, 0.4])
    (batch,) = as_batches([GeometricBatch.from_data_list(weighted)])
    torch.testing.assert_close(batch.inputs["edge_weight"], torch.tensor([[0.1, 0.2], [0.3, 0.4]]))


def test_the_last_batch_is_cut_to_fit() -> None:
    batches = list(as_batches(DataLoader([PAIR, PATH, ALONE], batch_size=2), max_samples=1))
    assert [batch.size for batch in batches] == [1] and batches[0].inputs["x"].shape[0] == 1


def test_a_single_graph_is_one_example() -> None:
    (batch,) = as_batches([PATH])
    assert batch.size == 1 and batch.inputs["x"].shape == (1, 3, 1)


def test_targets_of_nodes_are_refused_with_the_way_out() -> None:
    nodes = Data(x=PATH.x, edge_index=PATH.edge_index, y=torch.tensor([0, 1, 0]))
    with pytest.raises(DataError, match=r"3 targets came for 1 graphs.*neighbourhood"):
        list(as_batches([nodes]))


def test_nodes_without_features_are_refused() -> None:
    with pytest.raises(DataError, match="no features"):
        list(as_batches([Data(edge_index=PATH.edge_index, num_nodes=3)]))
