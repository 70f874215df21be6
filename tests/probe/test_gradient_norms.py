"""Exact per-example gradient norms against one backward pass per example, on many kinds of nets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2ForSequenceClassification, LlamaConfig, LlamaForSequenceClassification

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.gradient_norms import squared_norms
from analysis_core.probe.needs import PerExampleGradientNorms
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.reference.gradients import per_example_squared_norms
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches


def tiny_gpt2() -> UniversalModel:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=50, n_embd=16, n_layer=3, n_head=2, n_positions=16, num_labels=3, pad_token_id=0)
    config.initializer_range = 0.3
    return NamedLayersModel(
        GPT2ForSequenceClassification(config), [f"transformer.h.{i}" for i in range(3)], LayerKind.TRANSFORMER
    )


def tiny_llama() -> UniversalModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=16, num_labels=3, pad_token_id=0, initializer_range=0.3,
    )  # fmt: skip
    return NamedLayersModel(
        LlamaForSequenceClassification(config), [f"model.layers.{i}" for i in range(3)], LayerKind.TRANSFORMER
    )


def tiny_timm(name: str, layers: list[str], kind: LayerKind, size: int = 32, **options: object) -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(timm.create_model(name, num_classes=3, in_chans=1, **options), layers, kind)


class Shared(nn.Module):
    """One linear module that is used three times, as in ALBERT."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(36, 8)
        self.block = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.embed(x.flatten(1))
        for _ in range(3):
            hidden = hidden + self.block(hidden)
        return self.head(hidden)


class TokensFirst(nn.Module):
    """torch's own transformer as it comes, tokens first, behind inputs that put examples first."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.body(self.embed(input_ids).transpose(0, 1), src_key_padding_mask=attention_mask == 0)
        return self.head(hidden.mean(0))


def pictures(size: int) -> list[Batch]:
    generator = torch.Generator().manual_seed(3)
    return [
        Batch(torch.randn(n, 1, size, size, generator=generator), torch.randint(3, (n,), generator=generator), n)
        for n in (3, 2)
    ]


NETS: dict[str, Callable[[], tuple[UniversalModel, list[Batch]]]] = {
    "bert": lambda: (tiny_bert(), token_batches()),
    "gpt2 (transposed linear)": lambda: (tiny_gpt2(), token_batches()),
    "llama (RMS norm, grouped heads)": lambda: (tiny_llama(), token_batches()),
    "convolutions in groups, layer scale": lambda: (tiny_convolutional(), image_batches()),
    "shared module": lambda: (NamedLayersModel(Shared(), ["block"], LayerKind.MLP), image_batches()),
    "torch's transformer, tokens first": lambda: (
        NamedLayersModel(TokensFirst().eval(), ["body.layers.0", "body.layers.1"], LayerKind.TRANSFORMER),
        token_batches(),
    ),
    "timm vit": lambda: (
        tiny_timm("vit_tiny_patch16_224", ["blocks.0", "blocks.1"], LayerKind.TRANSFORMER,
                  img_size=16, patch_size=8, embed_dim=16, depth=2, num_heads=2),
        pictures(16),
    ),
    "timm resnet": lambda: (
        tiny_timm("resnet10t", ["layer1.0", "layer2.0", "layer3.0", "layer4.0"], LayerKind.CONVOLUTION), pictures(32),
    ),
    "timm convnext": lambda: (
        tiny_timm("convnext_atto", ["stages.0.blocks.0", "stages.1.blocks.1"], LayerKind.CONVOLUTION,
                  depths=(1, 2, 1, 1), dims=(8, 8, 8, 8)),
        pictures(32),
    ),
    "timm swin (windows)": lambda: (
        tiny_timm("swin_tiny_patch4_window7_224", ["layers.0.blocks.0", "layers.0.blocks.1"], LayerKind.TRANSFORMER,
                  img_size=32, patch_size=2, window_size=4, embed_dim=8, depths=(2, 1), num_heads=(2, 2)),
        pictures(32),
    ),
}  # fmt: skip


@pytest.mark.parametrize("net", NETS)
def test_fisher_equals_one_backward_pass_per_example(net: str) -> None:
    model, batches = NETS[net]()
    need = PerExampleGradientNorms()
    fast = run_shared_pass(model, batches, task_for(model.task), [need])[need]
    slow = per_example_squared_norms(model, batches)
    assert fast.shape == slow.shape
    assert slow.min() >= 0 and slow.max() > 1e-8
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=1e-9 * slow.max())


@pytest.mark.parametrize("tokens", [1, 3, 40])
def test_linear_layer_by_hand(tokens: int) -> None:
    """Both ways to a linear layer's norm, the Gram products and the outer product, give the plain sum."""
    torch.manual_seed(0)
    linear = nn.Linear(6, 5)
    x, g = torch.randn(4, tokens, 6), torch.randn(4, tokens, 5)
    outer = torch.einsum("nto,nti->noi", g, x)
    expected = outer.square().sum((1, 2)) + g.sum(1).square().sum(1)
    torch.testing.assert_close(squared_norms(linear, (x,), {}, g, 4, {}), expected, rtol=1e-5, atol=1e-5)


def test_examples_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ModelError, match="does not keep the 4 examples apart"):
        squared_norms(nn.Linear(2, 2), (torch.ones(3, 2),), {}, torch.ones(3, 2), 4, {})


class Mixing(nn.Module):
    """Gives its inner layer fewer rows than there are examples, as a router gives its experts some of all tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.expert = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.plain(x)[:1], self.expert(x[1:])])


def test_only_the_layers_that_mix_examples_are_unknown() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 4), Mixing(), nn.Linear(4, 3))
    model = NamedLayersModel(module, ["0", "1", "2"], LayerKind.OTHER)
    batch = Batch(torch.randn(4, 4), torch.tensor([0, 1, 2, 0]), 4)
    need = PerExampleGradientNorms()
    found = run_shared_pass(model, [batch], task_for(model.task), [need])[need]
    assert np.isnan(found[:, 1]).all()
    assert (found[:, [0, 2]] > 0).all()


def test_outputs_without_a_graph_have_gradients_of_zero() -> None:
    model, batches = tiny_bert(), token_batches()
    rounded = NamedLayersModel(
        Rounded(model.module), [f"inner.{layer.name}" for layer in model.layers], LayerKind.TRANSFORMER
    )
    need = PerExampleGradientNorms()
    found = run_shared_pass(rounded, batches, task_for(model.task), [need])[need]
    assert found.shape == (20, 4) and not found.any()


class Rounded(nn.Module):
    """Its outputs are counts: nothing flows back through them."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, **inputs: Tensor) -> Tensor:
        logits: Tensor = self.inner(**inputs).logits
        return logits.detach().round()
