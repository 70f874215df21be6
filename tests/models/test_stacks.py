"""Where blocks are found: nets of plain layers, stages, cells, several stacks, experts, shared blocks."""

from __future__ import annotations

from typing import Any

import pytest
import tiny_models
import torch
import torchvision
import transformers as tf
from torch import Tensor, nn

from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.models.layers import find_layers, observe_shapes
from analysis_core.models.loading import universal_model


@pytest.mark.parametrize(
    ("name", "count", "first", "last", "class_name"),
    [
        ("alexnet", 8, "features.0", "classifier.6", "Conv2d"),
        ("vgg11", 11, "features.0", "classifier.6", "Conv2d"),
        ("mobilenet_v2", 17, "features.1", "features.17", "InvertedResidual"),
        ("mobilenet_v3_small", 11, "features.1", "features.11", "InvertedResidual"),
        ("mnasnet0_5", 16, "layers.8.0", "layers.13.0", "_InvertedResidual"),
        ("efficientnet_b0", 16, "features.1.0", "features.7.0", "MBConv"),
        ("shufflenet_v2_x0_5", 16, "stage2.0", "stage4.3", "InvertedResidual"),
        ("squeezenet1_0", 8, "features.3", "features.12", "Fire"),
        ("densenet121", 58, "features.denseblock1.denselayer1", "features.denseblock4.denselayer16", "_DenseLayer"),
        ("resnet18", 8, "layer1.0", "layer4.1", "BasicBlock"),
        ("convnext_tiny", 18, "features.1.0", "features.7.2", "CNBlock"),
        ("swin_t", 12, "features.1.0", "features.7.1", "SwinTransformerBlock"),
        ("vit_b_16", 12, "encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_11", "EncoderBlock"),
        ("maxvit_t", 11, "blocks.0.layers.0", "blocks.3.layers.1", "MaxVitLayer"),
    ],
)
def test_torchvision_nets(name: str, count: int, first: str, last: str, class_name: str) -> None:
    with torch.device("meta"):
        module = torchvision.models.get_model(name, weights=None)
    layers = find_layers(module)
    assert (len(layers), layers[0].name, layers[-1].name) == (count, first, last)
    assert layers[0].class_name == class_name


def test_inception_cells_and_not_their_branches() -> None:
    with torch.device("meta"):
        google = torchvision.models.googlenet(weights=None, init_weights=False, aux_logits=False)
    names = [layer.name for layer in find_layers(google)]
    assert [name for name in names if "inception" in name] == [
        f"inception{cell}" for cell in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    ]
    assert not any("branch" in name for name in names)


def test_torchs_transformer_has_two_stacks_that_can_be_cut_each_on_its_own() -> None:
    torch.manual_seed(0)
    module = nn.Transformer(8, 2, num_encoder_layers=3, num_decoder_layers=4, dim_feedforward=16, batch_first=True)
    x = torch.randn(2, 5, 8)
    model = universal_model(module, example=(x, x))
    assert [layer.stack for layer in model.layers] == ["encoder.layers"] * 3 + ["decoder.layers"] * 4
    assert all(layer.removable for layer in model.layers)
    encoder: Any = remove_layers(model, [1])
    assert (len(encoder.encoder.layers), len(encoder.decoder.layers)) == (2, 4)
    decoder: Any = remove_layers(model, [3, 6])
    assert (len(decoder.encoder.layers), len(decoder.decoder.layers)) == (3, 2)
    assert encoder(x, x).shape == decoder(x, x).shape == x.shape


def test_towers_are_kept_apart() -> None:
    sides = {"hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2}
    config = tf.CLIPConfig(
        text_config={**sides, "num_hidden_layers": 3, "vocab_size": 20, "eos_token_id": 2},
        vision_config={**sides, "num_hidden_layers": 2, "image_size": 16, "patch_size": 8},
        projection_dim=8,
    )
    model = universal_model(
        tf.CLIPModel(config),
        example={"input_ids": torch.tensor([[1, 5, 2]]), "pixel_values": torch.zeros(1, 3, 16, 16)},
    )
    stacks = [layer.stack for layer in model.layers]
    assert sorted(set(stacks)) == ["text_model.encoder.layers", "vision_model.encoder.layers"]
    assert (stacks.count("text_model.encoder.layers"), stacks.count("vision_model.encoder.layers")) == (3, 2)
    text = next(layer.index for layer in model.layers if layer.stack.startswith("text"))
    smaller: Any = remove_layers(model, [text])
    assert (smaller.config.text_config.num_hidden_layers, smaller.config.vision_config.num_hidden_layers) == (2, 2)


class Mixture(nn.Module):
    """Experts side by side, weighted by a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(4, 3)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4)) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        shares = self.gate(x).softmax(-1)
        parts = torch.stack([expert(x) for expert in self.experts], -1)
        mixed: Tensor = x + (parts * shares.unsqueeze(-2)).sum(-1)
        return mixed


def test_a_mixture_is_the_layer_and_its_experts_are_not() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), *(Mixture() for _ in range(3)))
    model = universal_model(module, example=torch.randn(2, 3))
    assert [layer.name for layer in model.layers] == ["1", "2", "3"]
    assert all(layer.removable for layer in model.layers)


def test_blocks_in_lists_of_lists() -> None:
    module = nn.ModuleList(nn.ModuleList(tiny_models.Residual(4) for _ in range(2)) for _ in range(3))
    assert [layer.name for layer in find_layers(module)] == [f"{a}.{b}" for a in range(3) for b in range(2)]


class Shared(nn.Module):
    """One block, several times; another one once."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([tiny_models.Residual(4), tiny_models.Residual(4)])

    def forward(self, x: Tensor) -> Tensor:
        for index in (0, 1, 0):
            x = self.blocks[index](x)
        return x


def test_a_shared_block_says_how_often_it_runs() -> None:
    module = Shared()
    layers = observe_shapes(module, find_layers(module), lambda: module(torch.zeros(1, 4)))
    assert [layer.removable for layer in layers] == [False, True]
    assert "runs 2 times in one pass" in str(layers[0].why_not)


def test_a_block_that_stands_in_two_places_counts_once() -> None:
    block = tiny_models.Residual(4)
    module = nn.Sequential(block, tiny_models.Residual(4), block)
    layers = find_layers(module)
    assert [layer.name for layer in layers] == ["0", "1"]
    assert sum(layer.parameters for layer in layers) == sum(weight.numel() for weight in module.parameters())


class Called(nn.Module):
    """Calls its blocks by name, the second one with more than a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.block1, self.block2, self.block3 = (tiny_models.Residual(4) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.block3(self.block2(x=self.block1(x)))
        return result


def test_where_code_calls_blocks_by_name_only_plain_calls_can_be_left_out() -> None:
    torch.manual_seed(0)
    module = Called()
    x = torch.randn(2, 4)
    model = universal_model(module, example=x)
    assert [layer.removable for layer in model.layers] == [True, False, True]
    assert "calls it by name" in str(model.layers[1].why_not)
    smaller: Any = remove_layers(model, [0])
    assert torch.equal(smaller(x), module.block3(module.block2(x)))
