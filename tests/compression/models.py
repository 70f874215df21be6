"""Tiny random models of real architectures, built without downloads, and their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import timm
import torch
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    ResNetConfig,
    ResNetForImageClassification,
    T5Config,
    T5ForConditionalGeneration,
)

from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind, ModalityType

VOCABULARY = 40
TOKENS = {"vocab_size": VOCABULARY, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


class TinyModel(UniversalModel):
    """A module whose layers are named by hand, so that tests do not hang on how layers are found."""

    def __init__(
        self,
        module: nn.Module,
        containers: Sequence[str],
        library: str = "module",
        config_dict: dict[str, Any] | None = None,
        fixed: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.containers, self.fixed = containers, fixed
        self.library, self.config_dict = library, config_dict
        self.tokenizer, self.preprocessing = None, None
        super().__init__(module.eval(), **settings)

    def _initialize_layers(self) -> list[Layer]:
        found: list[Layer] = []
        for stack in self.containers:
            for key, block in self.module.get_submodule(stack).named_children():
                name = f"{stack}.{key}" if stack else key
                changes = "downsample" in dict(block.named_children()) and name in self.fixed
                parameters = sum(parameter.numel() for parameter in block.parameters())
                reason = "It changes the shape." if changes or name in self.fixed else None
                found.append(
                    Layer(
                        len(found),
                        name,
                        LayerKind.OTHER,
                        type(block).__name__,
                        parameters,
                        reason is None,
                        reason,
                        stack,
                    )
                )
        return found

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        seen: list[Tensor] = []
        hook = self.layer_modules[layer_idx].register_forward_hook(
            lambda module, args, output: seen.append(first_tensor(output))
        )
        try:
            self.module(x)
        finally:
            hook.remove()
        return seen[0]


def bert(layers: int = 4) -> TinyModel:
    torch.manual_seed(0)
    module = BertForSequenceClassification(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=16,
            num_hidden_layers=layers,
            num_attention_heads=4,  # the same number as layers, on purpose
            intermediate_size=32,
            max_position_embeddings=32,
            num_labels=4,
            initializer_range=0.3,
        )
    )
    return TinyModel(module, ["bert.encoder.layer"], "transformers", name="tiny-bert")


def gpt2(layers: int = 4, **settings: Any) -> TinyModel:
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=layers, n_head=4, n_embd=16, n_positions=32, initializer_range=0.3, **TOKENS, **settings
    )
    return TinyModel(GPT2LMHeadModel(config), ["transformer.h"], "transformers", name="tiny-gpt2")


def _llama_like(layers: int) -> dict[str, Any]:
    return {
        "hidden_size": 16,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "initializer_range": 0.3,
        **TOKENS,
    }


def llama(layers: int = 4) -> TinyModel:
    torch.manual_seed(0)
    module = LlamaForCausalLM(LlamaConfig(**_llama_like(layers)))
    return TinyModel(module, ["model.layers"], "transformers", name="tiny-llama")


def qwen2(layers: int = 4) -> TinyModel:
    """Full attention in its first two layers, a sliding window of 4 tokens in the others."""
    torch.manual_seed(0)
    settings = {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 2}
    module = Qwen2ForCausalLM(Qwen2Config(**_llama_like(layers), **settings))
    return TinyModel(module, ["model.layers"], "transformers", name="tiny-qwen2")


def t5(layers: int = 3) -> TinyModel:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=16,
        d_kv=4,
        d_ff=32,
        num_layers=layers,
        num_heads=4,
        decoder_start_token_id=0,
    )
    module = T5ForConditionalGeneration(config)
    return TinyModel(module, ["encoder.block", "decoder.block"], "transformers", name="tiny-t5")


def bart(layers: int = 3) -> TinyModel:
    torch.manual_seed(0)
    config = BartConfig(
        d_model=16,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=32,
        decoder_start_token_id=2,
        forced_eos_token_id=None,
        **TOKENS,
    )
    module = BartForConditionalGeneration(config)
    return TinyModel(module, ["model.encoder.layers", "model.decoder.layers"], "transformers", name="tiny-bart")


def timm_model(architecture: str, containers: Sequence[str], fixed: Sequence[str] = (), **arguments: Any) -> TinyModel:
    torch.manual_seed(0)
    module = timm.create_model(architecture, **arguments)
    with torch.no_grad():  # fresh residual branches are all but silent; a removed block would not be missed
        for name, parameter in module.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
            elif name.endswith(("weight", "gamma")):
                parameter.fill_(1.0)
    config = {
        "library": "timm",
        "architecture": architecture,
        "model_args": arguments,
        "labels": ["a", "b", "c"],
    }
    return TinyModel(
        module, containers, "timm", config, fixed, name=f"tiny-{architecture}", modality=ModalityType.VISION
    )


def vit(layers: int = 4) -> TinyModel:
    sizes: dict[str, Any] = {
        "img_size": 16,
        "patch_size": 8,
        "embed_dim": 16,
        "num_heads": 4,
        "num_classes": 3,
    }
    return timm_model("vit_tiny_patch16_224", ["blocks"], depth=layers, **sizes)


def resnet() -> TinyModel:
    stages = [f"layer{stage}" for stage in (1, 2, 3, 4)]
    fixed = [f"{stage}.0" for stage in stages[1:]]
    return timm_model("resnet18", stages, fixed, layers=[2, 3, 2, 2], channels=[8, 8, 16, 16], num_classes=3)


def convnext() -> TinyModel:
    stages = [f"stages.{stage}.blocks" for stage in range(4)]
    return timm_model("convnext_atto", stages, depths=[1, 1, 3, 2], dims=[8, 8, 16, 16], num_classes=3)


def hf_resnet() -> TinyModel:
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[2, 4, 2, 2], layer_type="basic", num_labels=3
    )
    module = ResNetForImageClassification(config)
    stages = [f"resnet.encoder.stages.{stage}.layers" for stage in range(4)]
    fixed = [f"{stages[stage]}.0" for stage in (1, 2, 3)]
    return TinyModel(module, stages, "transformers", fixed=fixed, name="hf-resnet", modality=ModalityType.VISION)


def swin() -> TinyModel:
    """Every second block of a stage looks at shifted windows."""
    sizes: dict[str, Any] = {
        "img_size": 16,
        "patch_size": 2,
        "window_size": 2,
        "embed_dim": 8,
        "num_classes": 3,
    }
    stages = ["layers.0.blocks", "layers.1.blocks"]
    return timm_model("swin_tiny_patch4_window7_224", stages, depths=(4, 2), num_heads=(2, 2), **sizes)


class ResidualBlock(nn.Module):
    """A plain block that knows its place."""

    def __init__(self, width: int, layer_idx: int) -> None:
        super().__init__()
        self.layer_idx = layer_idx
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tanh(self.linear(x))


class PlainNet(nn.Module):
    """Nobody's library: a list of blocks, a count, and a head tied to the input layer."""

    def __init__(self, layers: int = 5, width: int = 8) -> None:
        super().__init__()
        self.num_layers = layers
        self.enter = nn.Linear(width, width, bias=False)
        self.blocks = nn.ModuleList([ResidualBlock(width, index) for index in range(layers)])
        self.leave = nn.Linear(width, width, bias=False)
        self.leave.weight = self.enter.weight

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        for index in range(self.num_layers):
            x = self.blocks[index](x)
        return cast(Tensor, self.leave(x))


def plain(layers: int = 5) -> TinyModel:
    torch.manual_seed(0)
    return TinyModel(PlainNet(layers), ["blocks"], name="plain")


def inputs_for(model: TinyModel) -> dict[str, Tensor]:
    """A small batch of the kind that the model reads, as keyword arguments."""
    generator = torch.Generator().manual_seed(1)
    if model.modality is ModalityType.VISION:
        size = 16 if "vit" in model.name or "swin" in model.name else 64
        return {
            "pixel_values" if model.name == "hf-resnet" else "x": torch.randn(3, 3, size, size, generator=generator)
        }
    if model.name == "plain":
        return {"x": torch.randn(3, 8, generator=generator)}
    tokens = {"input_ids": torch.randint(3, VOCABULARY, (3, 9), generator=generator)}
    if getattr(model.module.config, "is_encoder_decoder", False):
        tokens["decoder_input_ids"] = torch.randint(3, VOCABULARY, (3, 5), generator=generator)
    return tokens
