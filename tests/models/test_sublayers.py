"""Models cut into attention and feed-forward parts."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.plain import ModuleModel
from analysis_core.models.sublayers import SublayerModel
from analysis_core.vocabulary import LayerKind
from tests.toys import tiny_bert, token_batches


def test_every_weight_of_a_block_has_one_owner() -> None:
    base = tiny_bert()
    model = SublayerModel(base, token_batches(examples=2)[0])
    assert [layer.kind for layer in model.layers] == [LayerKind.ATTENTION, LayerKind.MLP] * 4
    assert model.layers[0].name == "bert.encoder.layer.0.attention"
    assert model.layers[1].stack == "bert.encoder.layer.0"
    for position, block in enumerate(base.layer_modules):
        owned = [id(w) for site in model.sites if site.block == position for w in site.parameters()]
        assert len(owned) == len(set(owned))
        assert set(owned) == {id(weight) for weight in block.parameters()}
    assert sum(layer.parameters for layer in model.layers) == sum(layer.parameters for layer in base.layers)


def test_the_finer_model_computes_the_same() -> None:
    base, batch = tiny_bert(), token_batches(examples=2)[0]
    base.module.eval()
    model = SublayerModel(base, batch)
    torch.testing.assert_close(model.forward(batch).logits, base.forward(batch).logits)
    assert model.get_layer_output(batch, 1).shape == (2, 10, 16) or model.get_layer_output(batch, 1).dim() == 3


def test_blocks_that_are_no_chain_of_sums_are_refused() -> None:
    module = timm.create_model("resnet18", num_classes=3).eval()
    pictures = Batch(torch.randn(2, 3, 32, 32), None, 2)
    with pytest.raises(ModelError, match="Choose granularity 'block'"):
        SublayerModel(ModuleModel(module, example=pictures), pictures)


def test_a_mixed_model_keeps_what_cannot_be_cut() -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(16, 16)

        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.linear(hidden))

    encoder = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    module = nn.Sequential(encoder, Plain(), nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)).eval()
    batch = Batch(torch.randn(2, 5, 16), None, 2)
    model = SublayerModel(ModuleModel(module, example=batch), batch)
    assert len(model.layers) == 5
    assert model.sites[2].writer is None and model.layers[2].class_name == "Plain"
