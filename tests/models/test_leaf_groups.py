"""Nets in which nothing repeats are taken apart into the parts that hold their weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.groups import leaf_groups
from analysis_core.models.layers import WHOLE_MODEL, find_layers
from analysis_core.models.loading import universal_model
from analysis_core.workflow.analysis import analyze


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(16, 3)
        self.conv1, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(self.norm(self.conv1(x)).relu())
        logits: Tensor = self.fc(self.pool(x).flatten(1))
        return logits


class Pair(nn.Module):
    """A parent of leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.norm, self.narrow = nn.Linear(4, 8), nn.LayerNorm(8), nn.Linear(8, 4)


class Mixed(nn.Module):
    """A leaf beside a larger part, and weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.words, self.leaf, self.pair = nn.Embedding(9, 4), nn.Linear(4, 4), Pair()
        self.attention = nn.MultiheadAttention(4, 2)


def test_leaves_stand_for_themselves_in_the_order_in_which_they_run() -> None:
    torch.manual_seed(0)
    model = universal_model(LeNet(), example=torch.randn(1, 1, 8, 8))
    assert [layer.name for layer in model.layers] == ["conv1", "conv2", "fc"]  # fc was registered first
    assert [layer.removable for layer in model.layers] == [False, True, False]
    assert [layer.parameters for layer in model.layers] == [40, 148, 51]


def test_leaves_are_grouped_by_their_parent() -> None:
    assert list(leaf_groups(Mixed())) == ["leaf", "pair", "attention"]
    nested = nn.ModuleDict({"outer": Mixed(), "head": nn.Linear(4, 2)})
    assert list(leaf_groups(nested)) == ["outer.leaf", "outer.pair", "outer.attention", "head"]
    twice = nn.ModuleDict({"one": (pair := Pair()), "other": pair, "head": nn.Linear(4, 2)})
    assert list(leaf_groups(twice)) == ["one", "head"]


def test_norms_and_embeddings_count_where_there_is_nothing_else() -> None:
    assert list(leaf_groups(nn.ModuleDict({"words": nn.Embedding(9, 4), "norm": nn.LayerNorm(4)}))) == ["words", "norm"]


def test_a_net_that_is_one_leaf_is_its_own_layer() -> None:
    for net in (nn.Linear(2, 2), nn.LSTM(4, 4, 2)):
        (layer,) = find_layers(net)
        assert layer.name == "" and layer.why_not is not None and layer.why_not.startswith(WHOLE_MODEL)
    model = universal_model(nn.Linear(3, 3), example=torch.randn(1, 3))
    assert not model.layers[0].removable


def test_all_of_it_can_be_analysed() -> None:
    torch.manual_seed(0)
    batch = Batch(torch.randn(6, 1, 8, 8), torch.arange(6) % 3, 6)
    names = ("fisher_information", "gradient_based", "layer_ablation", "neuron_activation")
    config, methods = AnalysisConfig(analysis_methods=names), {name: METHODS.get(name) for name in names}
    report = analyze(universal_model(LeNet(), example=batch.inputs), [batch], config, methods)
    assert all(len(report[name]) == 3 for name in names)
    flat = Batch(torch.randn(6, 3), torch.arange(6) % 3, 6)
    single = analyze(universal_model(nn.Linear(3, 3), example=flat.inputs), [flat], config, methods)
    assert len(single["gradient_based"]) == 1
