"""Per-example gradients of message passing: against one backward pass for each example."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv, GCNConv, GINConv, SAGEConv
from torch_geometric.nn.models import PNA, GraphSAGE

from analysis_core.data.examples import ExampleSet
from analysis_core.models.graph import GraphModel
from analysis_core.models.nets import DeepGraphNet
from analysis_core.probe.calls import call_of_one
from analysis_core.probe.differentiation import of_graphs, one_by_one
from analysis_core.probe.needs import PerExampleGradientNorms
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.reference.gradients import per_example_squared_norms

FEATURES, WIDTH, CLASSES = 4, 6, 3


class Weighted(nn.Module):
    """Convolutions that are called by keyword, with weights of edges that depend on the nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(FEATURES, WIDTH)
        self.convs = nn.ModuleList(GCNConv(WIDTH, WIDTH) for _ in range(3))
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        hidden = self.embed(x)
        weights = (x[edge_index[0], 0] - x[edge_index[1], 0]).abs()
        for conv in self.convs:
            hidden = hidden + torch.tanh(conv(hidden, edge_index=edge_index, edge_weight=weights))
        return self.head(hidden)


class Stacked(nn.Module):
    """Other convolutions with weights of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(FEATURES, WIDTH)
        self.convs = nn.ModuleList(
            [
                GATv2Conv(WIDTH, WIDTH // 2, heads=2),
                GINConv(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU()), train_eps=True),
                SAGEConv(WIDTH, WIDTH, normalize=True),
            ]
        )
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        hidden = self.embed(x)
        for conv in self.convs:
            hidden = hidden + conv(hidden, edge_index)
        return self.head(hidden)


NETS: dict[str, Callable[[], nn.Module]] = {
    "gcn": lambda: DeepGraphNet("gcn", FEATURES, WIDTH, 3, CLASSES),
    "gat": lambda: DeepGraphNet("gat", FEATURES, WIDTH, 3, CLASSES, heads=2),
    "gin": lambda: DeepGraphNet("gin", FEATURES, WIDTH, 3, CLASSES),
    "weights of edges, by keyword": Weighted,
    "other convolutions": Stacked,
    "batch norm": lambda: GraphSAGE(FEATURES, WIDTH, 3, CLASSES, norm="batch_norm"),
    "many aggregations": lambda: PNA(
        FEATURES, WIDTH, 3, CLASSES, aggregators=["mean", "max"], scalers=["identity", "amplification"],
        deg=torch.tensor([1, 4, 2, 1]),
    ),
}  # fmt: skip


def graphs(count: int = 7) -> ExampleSet:
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        nodes = int(generator.integers(1, 6))
        edges = generator.integers(0, nodes, (int(generator.integers(0, 9)), 2)).tolist()
        features = generator.normal(size=(nodes, FEATURES)).tolist()
        rows.append((features, edges, int(generator.integers(CLASSES))))
    return ExampleSet(pd.DataFrame(rows, columns=["node_features", "edges", "label"]))


@pytest.mark.parametrize("net", NETS)
def test_norms_equal_one_backward_pass_for_each_example(net: str) -> None:
    torch.manual_seed(0)
    model = GraphModel(NETS[net]())
    batches = list(model.batches(graphs(), 5))
    need = PerExampleGradientNorms()
    fast = run_shared_pass(model, batches, task_for(model.task), [need])[need]
    slow = per_example_squared_norms(model, list(model.batches(graphs(), 1)))
    assert slow.max() > 1e-8
    if net == "many aggregations":  # some of its weights meet every edge on its own: unknown, and said so
        assert np.isnan(fast).all()
        return
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=1e-9 * slow.max())


class Mixing(nn.Module):
    """Gives every node what all graphs' nodes have in common: no graph has a gradient of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return (x * self.scale).mean(0, keepdim=True) + x * self.scale


ALIKE: dict[str, Callable[[], nn.Module]] = {
    "gcn": lambda: GCNConv(WIDTH, WIDTH),
    "gat": lambda: GATConv(WIDTH, WIDTH // 2, heads=2),
    "gin": lambda: GINConv(nn.Linear(WIDTH, WIDTH), train_eps=True),
}


def messages(count: int = 5, nodes: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Rows, edges that join only rows of one graph, and a gradient."""
    generator = torch.Generator().manual_seed(1)
    x, gradient = torch.randn(2, count * nodes, WIDTH, generator=generator)
    edges = torch.randint(nodes, (2, count, 6), generator=generator) + nodes * torch.arange(count)[:, None]
    return x, edges.flatten(1), gradient


@pytest.mark.parametrize("net", ALIKE)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_all_graphs_at_once_as_one_after_the_other(net: str, count: int) -> None:
    torch.manual_seed(0)
    module, (x, edges, gradient) = ALIKE[net](), messages(count)
    fast = of_graphs(module, (x, edges), {}, gradient, count)
    assert fast is not None and len(fast) == len(list(module.parameters(recurse=False)))
    torch.testing.assert_close(fast, one_by_one(module, (x, edges), {}, gradient, count))


@pytest.mark.parametrize("net", [Mixing, lambda: GATv2Conv(WIDTH, WIDTH // 2, heads=2), lambda: nn.Linear(1, 1)])
def test_graphs_that_cannot_be_told_apart_at_once_are_left_to_the_slow_way(net: Callable[[], nn.Module]) -> None:
    x, edges, gradient = messages()
    assert of_graphs(net(), (x, edges), {}, gradient, 5) is None


def test_a_call_is_cut_by_rows_and_by_the_edges_between_them() -> None:
    conv = GCNConv(2, 2)
    x = torch.arange(12.0).reshape(6, 2)
    edges, weights = torch.tensor([[0, 4, 3, 2], [1, 5, 3, 0]]), torch.tensor([0.1, 0.2, 0.3, 0.4])
    args, kwargs = call_of_one(conv, (x, edges), {"edge_weight": weights}, slice(3, 6), rows=6)
    assert args[0].tolist() == x[3:].tolist()
    assert args[1].tolist() == [[1, 0], [2, 0]]
    torch.testing.assert_close(kwargs["edge_weight"], torch.tensor([0.2, 0.3]))


def test_a_call_without_edges_is_cut_by_rows_alone() -> None:
    mask = torch.tensor([1, 0, 1, 1])
    args, kwargs = call_of_one(nn.Linear(2, 2), (torch.ones(4, 2),), {"mask": (mask, 3)}, slice(2, 4), rows=4)
    assert args[0].shape == (2, 2)
    assert kwargs["mask"][0].tolist() == [1, 1] and kwargs["mask"][1] == 3
