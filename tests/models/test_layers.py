"""Layer detection on many architectures, and removability as observed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm
import tiny_models
import torch
import torchvision
import transformers as tf
from torch import Tensor, nn

from analysis_core.errors import NoLayersError
from analysis_core.models.kinds import SHAPE_CHANGES
from analysis_core.models.layers import DID_NOT_RUN, find_layers, observe_shapes
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind

IDS = torch.ones(1, 8, dtype=torch.long)
SIZES = {
    "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2,
    "num_key_value_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32, "pad_token_id": 0,
}  # fmt: skip
PATCHES = {
    "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16,
    "image_size": 16, "patch_size": 8,
}  # fmt: skip
Build = Callable[[], tuple[nn.Module, dict[str, Any]]]


def text(model_class: Any, config: Any) -> tuple[nn.Module, dict[str, Any]]:
    inputs = {"input_ids": IDS}
    if config.is_encoder_decoder:
        inputs["decoder_input_ids"] = IDS
    return model_class(config), inputs


def pictures(model_class: Any, config: Any, size: int = 16) -> tuple[nn.Module, dict[str, Any]]:
    return model_class(config), {"pixel_values": torch.zeros(1, 3, size, size)}


TRANSFORMERS: dict[str, tuple[Build, int, str, str]] = {
    "bert": (
        lambda: text(tf.BertForSequenceClassification, tf.BertConfig(**SIZES)),
        3, "bert.encoder.layer.0", "bert.encoder.layer.2"),
    "roberta": (
        lambda: text(tf.RobertaForSequenceClassification, tf.RobertaConfig(**SIZES)),
        3, "roberta.encoder.layer.0", "roberta.encoder.layer.2"),
    "distilbert": (
        lambda: text(tf.DistilBertForSequenceClassification,
                     tf.DistilBertConfig(vocab_size=20, dim=8, n_layers=3, n_heads=2, hidden_dim=16)),
        3, "distilbert.transformer.layer.0", "distilbert.transformer.layer.2"),
    "gpt2": (
        lambda: text(tf.GPT2LMHeadModel,
                     tf.GPT2Config(vocab_size=20, n_embd=8, n_layer=3, n_head=2, bos_token_id=0,
                                   eos_token_id=0)),
        3, "transformer.h.0", "transformer.h.2"),
    "llama": (
        lambda: text(tf.LlamaForCausalLM, tf.LlamaConfig(**SIZES)), 3, "model.layers.0", "model.layers.2"),
    "qwen2": (
        lambda: text(tf.Qwen2ForCausalLM, tf.Qwen2Config(**SIZES)), 3, "model.layers.0", "model.layers.2"),
    "mixtral": (
        lambda: text(tf.MixtralForCausalLM, tf.MixtralConfig(**SIZES)),
        3, "model.layers.0", "model.layers.2"),
    "opt": (
        lambda: text(tf.OPTForCausalLM, tf.OPTConfig(
            vocab_size=20, hidden_size=8, num_hidden_layers=3, num_attention_heads=2, ffn_dim=16,
            word_embed_proj_dim=8, max_position_embeddings=32)),
        3, "model.decoder.layers.0", "model.decoder.layers.2"),
    "mobilebert": (
        lambda: text(tf.MobileBertForSequenceClassification, tf.MobileBertConfig(
            vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=16,
            embedding_size=8, intra_bottleneck_size=8)),
        3, "mobilebert.encoder.layer.0", "mobilebert.encoder.layer.2"),
    "t5": (
        lambda: text(tf.T5ForConditionalGeneration, tf.T5Config(
            vocab_size=20, d_model=8, d_kv=4, d_ff=16, num_layers=2, num_decoder_layers=3, num_heads=2,
            decoder_start_token_id=0)),
        5, "encoder.block.0", "decoder.block.2"),
    "bart": (
        lambda: text(tf.BartForConditionalGeneration, tf.BartConfig(
            vocab_size=20, d_model=8, encoder_layers=2, decoder_layers=3, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=32)),
        5, "model.encoder.layers.0", "model.decoder.layers.2"),
    "vit": (
        lambda: pictures(tf.ViTForImageClassification, tf.ViTConfig(**PATCHES)),
        3, "vit.layers.0", "vit.layers.2"),
    "deit": (
        lambda: pictures(tf.DeiTForImageClassification, tf.DeiTConfig(**PATCHES)),
        3, "deit.layers.0", "deit.layers.2"),
    "swin": (
        lambda: pictures(tf.SwinForImageClassification, tf.SwinConfig(
            image_size=32, embed_dim=4, depths=[2, 3], num_heads=[1, 2], window_size=2), 32),
        5, "swin.encoder.layers.0.blocks.0", "swin.encoder.layers.1.blocks.2"),
    "convnext": (
        lambda: pictures(tf.ConvNextForImageClassification, tf.ConvNextConfig(
            hidden_sizes=[4, 8, 8, 16], depths=[2, 2, 3, 2]), 64),
        9, "convnext.encoder.stages.0.layers.0", "convnext.encoder.stages.3.layers.1"),
    "wav2vec2": (
        lambda: (tf.Wav2Vec2ForSequenceClassification(tf.Wav2Vec2Config(
            hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32,
            conv_dim=(8,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2)),
            {"input_values": torch.zeros(1, 2000)}),
        3, "wav2vec2.encoder.layers.0", "wav2vec2.encoder.layers.2"),
}  # fmt: skip


def found(module: nn.Module, **inputs: Any) -> tuple[list[Layer], tuple[Layer, ...]]:
    """By structure alone, and as observed."""
    layers = find_layers(module.eval())
    return layers, observe_shapes(module, layers, lambda: module(**inputs))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformer_blocks_are_found_and_all_could_go(name: str) -> None:
    build, count, first, last = TRANSFORMERS[name]
    module, inputs = build()
    structural, observed = found(module, **inputs)
    for layers in (structural, observed):
        assert [layers[0].name, layers[-1].name] == [first, last]
        assert [layer.index for layer in layers] == list(range(count))
        assert all(layer.removable and layer.why_not is None for layer in layers)
    kind = LayerKind.CONVOLUTION if name == "convnext" else LayerKind.TRANSFORMER
    assert {layer.kind for layer in observed} == {kind}
    block = module.get_submodule(observed[0].name)
    assert observed[0].parameters == sum(parameter.numel() for parameter in block.parameters())


def test_albert_says_that_its_one_block_runs_many_times() -> None:
    config = tf.AlbertConfig(**SIZES, embedding_size=4)
    structural, observed = found(tf.AlbertForSequenceClassification(config), input_ids=IDS)
    for layers in (structural, observed):
        (layer,) = layers
        assert layer.name == "albert.encoder.albert_layer_groups.0" and not layer.removable
        assert "runs 3 times in one pass with the same weights" in str(layer.why_not)


@pytest.mark.parametrize(
    ("name", "arguments", "count", "removable", "kind"),
    [
        ("vit_tiny_patch16_224", {"img_size": 32, "depth": 4, "embed_dim": 12}, 4, 4, LayerKind.TRANSFORMER),
        ("resnet18", {}, 8, 5, LayerKind.CONVOLUTION),
        ("convnext_atto", {}, 12, 12, LayerKind.CONVOLUTION),
        ("swin_tiny_patch4_window7_224", {"img_size": 56, "embed_dim": 12}, 12, 12, LayerKind.TRANSFORMER),
        ("mixer_s32_224", {"img_size": 32}, 8, 8, LayerKind.MLP),
        ("efficientnet_b0", {}, 16, 9, LayerKind.CONVOLUTION),
        ("regnety_002", {}, 13, 9, LayerKind.CONVOLUTION),
        ("xception41", {}, 13, 8, LayerKind.CONVOLUTION),
        ("resnet26", {}, 8, 4, LayerKind.CONVOLUTION),
    ],
)
def test_timm_blocks(name: str, arguments: dict[str, Any], count: int, removable: int, kind: LayerKind) -> None:
    module = timm.create_model(name, num_classes=3, **arguments).eval()
    size = arguments.get("img_size", 64)
    structural = find_layers(module)
    observed = observe_shapes(module, structural, lambda: module(torch.zeros(1, 3, size, size)))
    assert len(structural) == len(observed) == count
    assert sum(layer.removable for layer in observed) == removable
    assert {layer.kind for layer in observed} == {kind}
    assert sum(layer.removable for layer in structural) == removable
    assert {layer.why_not for layer in observed if not layer.removable} <= {SHAPE_CHANGES}


def test_torchvision_resnet_blocks_that_project_stay() -> None:
    module = torchvision.models.resnet18(weights=None, num_classes=2).eval()
    layers = observe_shapes(module, find_layers(module), lambda: module(torch.zeros(1, 3, 64, 64)))
    assert [layer.name for layer in layers if not layer.removable] == ["layer2.0", "layer3.0", "layer4.0"]
    assert layers[0].stack == "layer1" and layers[0].class_name == "BasicBlock"


def test_torchs_own_encoder() -> None:
    block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    module = nn.TransformerEncoder(block, 4, enable_nested_tensor=False).eval()
    layers = observe_shapes(module, find_layers(module), lambda: module(torch.zeros(2, 5, 8)))
    assert [layer.name for layer in layers] == [f"layers.{index}" for index in range(4)]
    assert all(layer.removable for layer in layers)


def test_blocks_in_a_plain_sequential_without_its_stem_and_head() -> None:
    module = nn.Sequential(
        nn.Linear(3, 4), tiny_models.Residual(4), tiny_models.Residual(4), nn.ReLU(), nn.Linear(4, 2)
    )
    layers = observe_shapes(module, find_layers(module), lambda: module(torch.zeros(1, 3)))
    assert [layer.name for layer in layers] == ["1", "2"]
    assert [layer.parameters for layer in layers] == [20, 20] and all(layer.removable for layer in layers)
    assert layers[0].stack == "" and layers[0].kind is LayerKind.MLP


def test_linear_layers_that_change_the_width_stay() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    structural = find_layers(module)
    assert [layer.removable for layer in structural] == [False, True, False]
    observed = observe_shapes(module, structural, lambda: module(torch.zeros(1, 4)))
    assert list(observed) == structural


class Backwards(nn.Module):
    """Runs its blocks from last to first, the middle one not at all and the first one twice."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(tiny_models.Residual(4) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        for index in (3, 2, 0, 0):
            x = self.blocks[index](x)
        return x


def test_the_order_is_the_one_that_is_seen() -> None:
    module = Backwards()
    layers = observe_shapes(module, find_layers(module), lambda: module(torch.zeros(1, 4)))
    assert [(layer.index, layer.name) for layer in layers] == [
        (0, "blocks.3"), (1, "blocks.2"), (2, "blocks.0"), (3, "blocks.1")]  # fmt: skip
    assert [layer.removable for layer in layers] == [True, True, False, False]
    assert "runs 2 times" in str(layers[2].why_not) and layers[3].why_not == DID_NOT_RUN


def test_weights_that_two_layers_share_count_where_they_first_appear() -> None:
    first, second = tiny_models.Residual(4), tiny_models.Residual(4)
    second.linear.weight = first.linear.weight
    assert [layer.parameters for layer in find_layers(nn.Sequential(first, second))] == [20, 4]


def test_blocks_under_numbered_attributes_are_found() -> None:
    class Numbered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Linear(3, 4)
            for index in range(1, 4):
                self.add_module(f"block{index}", tiny_models.Residual(4))

    assert [layer.name for layer in find_layers(Numbered())] == ["block1", "block2", "block3"]


def test_experts_side_by_side_are_no_layers() -> None:
    class Mixture(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Linear(4, 3)
            self.experts = nn.ModuleList(tiny_models.Residual(4) for _ in range(3))

    module = nn.Sequential(Mixture(), Mixture())
    assert [layer.name for layer in find_layers(module)] == ["0", "1"]


def test_a_cut_down_to_one_block_still_has_a_layer() -> None:
    module = tf.BertForSequenceClassification(tiny_models.bert_config(layers=1))
    assert [layer.name for layer in find_layers(module)] == ["bert.encoder.layer.0"]


@pytest.mark.parametrize("module", [nn.ReLU(), nn.Sequential(nn.ReLU(), nn.Flatten()), nn.ModuleList()])
def test_only_a_model_without_weights_has_no_layers(module: nn.Module) -> None:
    with pytest.raises(NoLayersError, match=r"mine: This model has no weights"):
        find_layers(module, "mine")
