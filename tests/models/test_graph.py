"""Models of graphs: examples keep apart whatever stands beside them, and what is no graph is refused by its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_model
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import global_mean_pool
from torch_geometric.nn.models import GCN, GraphSAGE

from analysis_core.adapter import UniversalLayerwiseAdapter
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.config import AnalysisConfig
from analysis_core.data.examples import ExampleSet
from analysis_core.data.neighbourhoods import neighbourhoods
from analysis_core.errors import DataError, ModelError
from analysis_core.models.graph import GraphModel
from analysis_core.models.loading import load_model, universal_model
from analysis_core.models.nets import DeepGraphNet
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import ModalityType

CLUB_NODES, FEATURES, CLASSES = 34, 3, 2


def karate_club() -> ExampleSet:
    """Zachary's karate club: each member with some of those around, and whom it followed."""
    club = networkx.karate_club_graph()
    one_way = np.array(list(club.edges)).T
    edges = np.concatenate([one_way, one_way[::-1]], axis=1)
    features = np.random.default_rng(0).normal(size=(CLUB_NODES, FEATURES))
    rows = [
        (features[near.nodes].tolist(), near.edges.tolist(), int(club.nodes[member]["club"] == "Officer"))
        for member, near in enumerate(neighbourhoods(edges, CLUB_NODES, range(CLUB_NODES), most_nodes=7))
    ]
    return ExampleSet(pd.DataFrame(rows, columns=["node_features", "edges", "label"]), "karate club")


def answers(model: GraphModel, examples: ExampleSet, batch_size: int) -> Tensor:
    with torch.no_grad():
        return torch.cat([model.forward(batch) for batch in model.batches(examples, batch_size)])


class Pooled(nn.Module):
    """Any model of PyTorch Geometric that answers for whole graphs."""

    def __init__(self, norm: str | None = None) -> None:
        super().__init__()
        self.body = GraphSAGE(FEATURES, 8, num_layers=4, norm=norm)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor, edge_index: Tensor, batch: Tensor) -> Tensor:
        return self.head(global_mean_pool(self.body(x, edge_index, batch=batch), batch))


def loader(batch_size: int = 5) -> DataLoader:
    generator = torch.Generator().manual_seed(0)
    graphs = []
    for nodes in (4, 2, 6, 3, 1, 5, 4, 4):
        edges = torch.randint(nodes, (2, 3 * nodes), generator=generator)
        features = torch.randn(nodes, FEATURES, generator=generator)
        graphs.append(Data(x=features, edge_index=edges, y=torch.randint(CLASSES, (1,), generator=generator)))
    return DataLoader(graphs, batch_size=batch_size)


@pytest.mark.parametrize("convolution", ["gcn", "gat", "gin"])
def test_an_example_is_judged_alike_in_every_company(convolution: str) -> None:
    torch.manual_seed(0)
    model = GraphModel(DeepGraphNet(convolution, FEATURES, width=8, depth=3, classes=CLASSES))
    club = karate_club()
    assert [layer.name for layer in model.layers] == ["layers.0", "layers.1", "layers.2"]
    assert all(layer.removable for layer in model.layers)
    together = answers(model, club, CLUB_NODES)
    assert together.shape == (CLUB_NODES, CLASSES) and together.std(0).min() > 1e-3
    torch.testing.assert_close(together, answers(model, club, 1), atol=1e-5, rtol=1e-4)


def test_the_first_node_is_the_one_in_question() -> None:
    torch.manual_seed(0)
    model = GraphModel(DeepGraphNet("gcn", FEATURES, width=8, depth=2, classes=CLASSES))
    (row,) = karate_club().frame.iloc[[0]].itertuples(index=False)
    with torch.no_grad():
        alone = model.module(torch.tensor(row.node_features), torch.tensor(row.edges).T)
    torch.testing.assert_close(answers(model, karate_club(), 8)[0], alone[0])


@pytest.mark.parametrize("norm", [None, "graph_norm"])
def test_models_of_whole_graphs_give_what_pytorch_geometric_gives(norm: str | None) -> None:
    torch.manual_seed(0)
    module = Pooled(norm).eval()
    with torch.no_grad():
        expected = torch.cat([module(part.x, part.edge_index, part.batch) for part in loader()])
    adapter = UniversalLayerwiseAdapter(AnalysisConfig(modality_type="graph", analysis_methods=("fisher_information",)))
    model = adapter.load_model(module)
    report = adapter.analyze_importance(loader())
    with torch.no_grad():
        found = torch.cat([model.forward(batch) for batch in adapter._batches])
    torch.testing.assert_close(found, expected)
    assert len(report.layers) == 4 and all(score > 0 for score in report["fisher_information"].scores)
    again = adapter.analyze_importance(loader(batch_size=2))
    np.testing.assert_allclose(report["fisher_information"].scores, again["fisher_information"].scores, rtol=1e-4)


def test_a_folder_with_a_model_of_the_library_is_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    arguments = {"in_channels": FEATURES, "hidden_channels": 8, "num_layers": 3, "out_channels": CLASSES}
    module = GCN(**arguments).eval()
    save_model(module, str(tmp_path / "model.safetensors"))
    config: dict[str, Any] = {"library": "torch_geometric", "architecture": "GCN", "model_args": arguments}
    (tmp_path / "config.json").write_text(json.dumps(config | {"task": "classification", "modality": "graph"}))
    model = load_model(str(tmp_path), device="cpu")
    assert isinstance(model, GraphModel) and model.features == FEATURES
    assert [layer.removable for layer in model.layers] == [False, True, False]
    torch.testing.assert_close(answers(model, karate_club(), 3), answers(universal_graph(module), karate_club(), 9))


def universal_graph(module: nn.Module) -> GraphModel:
    model = universal_model(module, modality=ModalityType.GRAPH)
    assert isinstance(model, GraphModel)
    return model


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an edge to nowhere": ({"edges": [[0, 2]]}, "example 0.*edge from 0 to 2 leads to a node that is not there"),
    "an edge from below": ({"edges": [[-1, 0]]}, "edge from -1 to 0"),
    "an edge of three": ({"edges": [[0, 1, 1]]}, "edges have 3 ends"),
    "an edge in between": ({"edges": [[0.5, 1.0]]}, "'edges' is no table of whole numbers"),
    "too many features": ({"node_features": [[1.0] * 4] * 2}, "have 4 features, but the model reads 3"),
    "ragged features": ({"node_features": [[1.0], [1.0, 2.0]]}, "'node_features' is no table of numbers"),
    "words": ({"node_features": [["a", "b", "c"]]}, "'node_features' is no table of numbers"),
    "no number": ({"node_features": [[1.0, 2.0, 3.0], [1.0, float("nan"), 3.0]]}, "Feature 1 of node 1 is nan"),
    "no nodes": ({"node_features": []}, "no nodes"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_graph_is_named(case: str) -> None:
    change, message = BAD[case]
    row = {"node_features": [[1.0, 2.0, 3.0]] * 2, "edges": [[0, 1]], "label": 0}
    model = GraphModel(DeepGraphNet("gcn", FEATURES, width=4, depth=1, classes=CLASSES))
    with pytest.raises(DataError, match=message):
        list(model.batches(ExampleSet(pd.DataFrame([row | change])), 2))


def test_a_class_that_the_model_does_not_have_is_named() -> None:
    adapter = UniversalLayerwiseAdapter(AnalysisConfig(modality_type="graph", analysis_methods=("fisher_information",)))
    adapter.load_model(DeepGraphNet("gcn", FEATURES, width=4, depth=2, classes=1))
    with pytest.raises(DataError, match="has label 1, but the model knows"):
        adapter.analyze_importance(loader())


def test_answers_for_neither_nodes_nor_graphs_are_refused() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = DeepGraphNet("gcn", FEATURES, width=4, depth=2, classes=CLASSES)

        def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
            return self.net(x, edge_index)[:1]

    with pytest.raises(ModelError, match="answers neither for 2 graphs nor for their 6 nodes"):
        GraphModel(Odd())


@pytest.mark.parametrize("norm", [None, "batch_norm"])
def test_a_block_goes_with_its_norm_from_the_librarys_own_network(norm: str | None, tmp_path: Path) -> None:
    torch.manual_seed(0)
    arguments = {"in_channels": FEATURES, "hidden_channels": 8, "num_layers": 5, "out_channels": CLASSES, "norm": norm}
    save_model(GCN(**arguments), str(tmp_path / "model.safetensors"))
    config: dict[str, Any] = {"library": "torch_geometric", "architecture": "GCN", "model_args": arguments}
    (tmp_path / "config.json").write_text(json.dumps(config | {"task": "classification", "modality": "graph"}))
    model = load_model(str(tmp_path), device="cpu")
    smaller = compressed_model(model, remove_layers(model, [1, 3]), [1, 3])
    assert smaller.config_dict["model_args"]["num_layers"] == 3  # type: ignore[attr-defined]
    expected = GCN(**{**arguments, "num_layers": 3}).eval()
    expected.load_state_dict(smaller.module.state_dict())
    (batch,) = model.batches(karate_club(), CLUB_NODES)  # type: ignore[attr-defined]
    found = smaller.forward(batch)
    torch.testing.assert_close(found, universal_graph(expected).forward(batch))
    if norm is None:  # the skipped norm does nothing, and an activation changes nothing the second time
        skipped = Replayer(model, task_for(model.task), [batch]).outcome([1, 3])
        losses = task_for(model.task).losses(found, batch).detach().numpy()
        np.testing.assert_allclose(skipped.losses, losses, rtol=1e-5)
