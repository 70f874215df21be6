"""Stacked recurrent modules, made chains of single layers with the same numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.loading import universal_model
from analysis_core.models.recurrent import RecurrentChain, split_recurrent
from analysis_core.vocabulary import LayerKind, ModalityType
from analysis_core.workflow.analysis import analyze

KINDS: list[tuple[type[nn.RNNBase], dict[str, Any]]] = [
    (nn.LSTM, {}),
    (nn.GRU, {}),
    (nn.RNN, {"nonlinearity": "relu"}),
    (nn.LSTM, {"proj_size": 2, "bias": False}),
]


def tensors(value: Any) -> list[Tensor]:
    return [value] if isinstance(value, Tensor) else [tensor for item in value for tensor in tensors(item)]


def assert_same(one: Any, other: Any) -> None:
    for mine, theirs in zip(tensors(one), tensors(other), strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize(("kind", "settings"), KINDS)
@pytest.mark.parametrize(("both_ways", "batch_first"), list(product([False, True], repeat=2)))
def test_a_chain_computes_the_same(
    kind: type[nn.RNNBase], settings: dict[str, Any], both_ways: bool, batch_first: bool
) -> None:
    torch.manual_seed(0)
    make: Any = kind
    stacked = make(3, 4, num_layers=3, bidirectional=both_ways, batch_first=batch_first, dropout=0.5, **settings).eval()
    chain = split_recurrent(stacked)
    assert isinstance(chain, RecurrentChain) and chain.num_layers == 3 and not chain.training
    x = torch.randn(5, 2, 3)
    assert_same(chain(x), stacked(x))
    _, states = stacked(x)
    first = (2 * states[0], -states[1]) if isinstance(states, tuple) else 2 * states
    assert_same(chain(x, first), stacked(x, first))
    assert_same(chain(x[0]), stacked(x[0]))  # without a batch


def test_packed_sequences_pass_through_also_in_training() -> None:
    torch.manual_seed(0)
    stacked = nn.GRU(3, 4, num_layers=2, bidirectional=True)
    packed = pack_padded_sequence(torch.randn(5, 2, 3), torch.tensor([5, 2]))
    assert_same(pad_packed_sequence(split_recurrent(stacked)(packed)[0]), pad_packed_sequence(stacked(packed)[0]))
    dropping = split_recurrent(nn.GRU(3, 4, num_layers=2, dropout=0.9))
    assert not torch.equal(dropping(packed)[0].data, dropping(packed)[0].data)


class Tagger(nn.Module):
    """Reads words and puts out two logits."""

    def __init__(self, layers: int = 4) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 6, num_layers=layers, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, ids: Tensor) -> Tensor:
        outputs, (last, _) = self.lstm(self.words(ids))
        logits: Tensor = self.head(outputs.mean(1) + last[-1])
        return logits


def test_layers_inside_one_module_are_told_and_made_layers() -> None:
    torch.manual_seed(0)
    net = Tagger().eval()
    ids = torch.randint(0, 11, (6, 7))
    whole = universal_model(net, example=ids[:1])
    assert [(layer.name, layer.class_name) for layer in whole.layers] == [
        ("lstm", "LSTM of 4 layers"),
        ("head", "Linear"),
    ]
    split = split_recurrent(net)
    assert torch.allclose(split(ids), net(ids), atol=1e-6)
    assert [name for name, _ in net.lstm.named_children()] == []  # the original is as it was
    model = universal_model(split, example=ids[:1])
    assert [layer.name for layer in model.layers] == [f"lstm.layers.{index}" for index in range(4)]
    assert {layer.kind for layer in model.layers} == {LayerKind.RECURRENT}
    assert all(layer.removable for layer in model.layers)
    smaller: Any = remove_layers(model, [1, 2])
    assert smaller.lstm.num_layers == 2
    expected = split.lstm.layers[3](split.lstm.layers[0](split.words(ids))[0])  # type: ignore[union-attr,operator,index]
    logits = split.head(expected[0].mean(1) + expected[1][0][-1])  # type: ignore[operator]
    assert torch.allclose(smaller(ids), logits, atol=1e-6)


def test_a_chain_is_analysed_layer_by_layer() -> None:
    from analysis_core.config import AnalysisConfig
    from analysis_core.methods import METHODS

    torch.manual_seed(0)
    model = universal_model(split_recurrent(Tagger()), modality=ModalityType.TEXT)
    names = ("fisher_information", "gradient_based", "layer_ablation", "block_influence")
    batch = Batch(torch.randint(0, 11, (8, 7)), torch.arange(8) % 2, 8)
    report = analyze(model, [batch], AnalysisConfig(analysis_methods=names), {n: METHODS.get(n) for n in names})
    for name in names:
        assert len(report[name]) == 4, name


def test_a_shape_change_keeps_a_stacked_module_and_the_reason_names_the_way_out() -> None:
    net = nn.ModuleDict({"lstm": nn.LSTM(3, 6, 2), "head": nn.Linear(6, 2)})
    first = universal_model(net).layers[0]
    assert not first.removable and "split_recurrent() makes each one of its own" in str(first.why_not)


def test_lists_of_single_recurrent_layers_are_stacks() -> None:
    net = nn.ModuleDict({"words": nn.Embedding(50, 4), "cells": nn.ModuleList(nn.GRU(4, 4) for _ in range(3))})
    model = universal_model(net)
    assert [layer.name for layer in model.layers] == ["cells.0", "cells.1", "cells.2"]
    assert all(layer.removable for layer in model.layers)


def test_first_states_of_another_number_of_layers_are_refused() -> None:
    chain = split_recurrent(nn.GRU(3, 4, num_layers=3))
    with pytest.raises(ModelError, match="First states of 2 layers do not fit 3"):
        chain(torch.randn(5, 2, 3), torch.zeros(2, 2, 4))


def test_a_single_layer_stays_what_it_is() -> None:
    single = nn.GRU(3, 4)
    copy = split_recurrent(single)
    assert type(copy) is nn.GRU and copy is not single
