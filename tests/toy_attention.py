"""Small nets that attend, one for each way in which libraries compute attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import timm
import torch
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
)

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.vocabulary import LayerKind
from tests.toys import NamedLayersModel

CLASSES = 3


def tiny_gpt2(layers: int = 2) -> UniversalModel:
    """Causal attention with learnt positions."""
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=50, n_embd=16, n_layer=layers, n_head=2, n_positions=16, num_labels=CLASSES, pad_token_id=0,
        initializer_range=0.3, bos_token_id=1, eos_token_id=2, use_cache=False,
    )  # fmt: skip
    module = GPT2ForSequenceClassification(config)
    return NamedLayersModel(module, [f"transformer.h.{i}" for i in range(layers)], LayerKind.TRANSFORMER)


def tiny_llama(layers: int = 2) -> UniversalModel:
    """Causal attention with rotary positions, two queries' heads to each head of keys."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=24, max_position_embeddings=16, num_labels=CLASSES, pad_token_id=0, initializer_range=0.3,
        bos_token_id=1, eos_token_id=2, use_cache=False,
    )  # fmt: skip
    module = LlamaForSequenceClassification(config)
    return NamedLayersModel(module, [f"model.layers.{i}" for i in range(layers)], LayerKind.TRANSFORMER)


def _stirred(module: nn.Module) -> nn.Module:
    """Weights large enough that attention is far from even."""
    for weight in module.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=0.4)
    return module


def tiny_vit(layers: int = 2) -> UniversalModel:
    """timm's vision transformer on pictures of 6 x 6 pixels: nine patches and a class token."""
    torch.manual_seed(0)
    module = timm.create_model(
        "vit_tiny_patch16_224", img_size=6, patch_size=2, embed_dim=12, depth=layers, num_heads=3, in_chans=1,
        num_classes=CLASSES,
    )  # fmt: skip
    return NamedLayersModel(_stirred(module), [f"blocks.{i}" for i in range(layers)], LayerKind.TRANSFORMER)


def tiny_swin() -> UniversalModel:
    """timm's Swin on 8 x 8 pixels in windows of 2 x 2 patches, the second block's shifted."""
    torch.manual_seed(0)
    module = timm.create_model(
        "swin_tiny_patch4_window7_224", img_size=8, patch_size=2, window_size=2, embed_dim=8, depths=(2,),
        num_heads=(2,), in_chans=1, num_classes=CLASSES,
    )  # fmt: skip
    return NamedLayersModel(_stirred(module), [f"layers.0.blocks.{i}" for i in range(2)], LayerKind.TRANSFORMER)


class EncoderNet(nn.Module):
    """torch's own encoder layers on embedded tokens; the padding mask decides what is attended to and pooled."""

    def __init__(self, layers: int = 2, width: int = 8, heads: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 12, dropout=0.1, batch_first=True) for _ in range(layers)
        )
        self.head = nn.Linear(width, CLASSES)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.embedding(input_ids)
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=attention_mask == 0)
        weights = attention_mask.to(hidden.dtype).unsqueeze(-1)
        logits: Tensor = self.head((hidden * weights).sum(1) / weights.sum(1))
        return logits


def tiny_encoder() -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(_stirred(EncoderNet()), ["layers.0", "layers.1"], LayerKind.TRANSFORMER)


class SecretAttention(nn.Module):
    """Attention that never shows its probabilities to any module."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        weights = (x @ x.transpose(1, 2)).softmax(-1)
        mixed: Tensor = x + self.mix(weights @ x)
        return mixed


class SharedBlockNet(nn.Module):
    """One attending block, run twice with the same weights."""

    def __init__(self, block: nn.Module, width: int = 8, uses: int = 2) -> None:
        super().__init__()
        self.embedding, self.block, self.uses = nn.Embedding(50, width), block, uses
        self.head = nn.Linear(width, CLASSES)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.embedding(input_ids)
        for _ in range(self.uses):
            hidden = self.block(hidden)
        logits: Tensor = self.head(hidden.mean(1))
        return logits


def with_secret_attention() -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(SharedBlockNet(SecretAttention(8), uses=1), ["block"], LayerKind.TRANSFORMER)


class GatedAttention(nn.Module):
    """Two heads that show their probabilities to a dropout, each with a gate on what it puts out, ``[heads]``."""

    def __init__(self, width: int = 8, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.attn_drop = nn.Dropout(0.1)
        self.gates = nn.Parameter(torch.ones(heads))

    def forward(self, x: Tensor) -> Tensor:
        examples, tokens, width = x.shape
        q, k, v = self.qkv(x).view(examples, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        maps = self.attn_drop((q @ k.transpose(-1, -2)).softmax(-1))
        mixed = self.gates[:, None, None] * (maps @ v)
        out: Tensor = x + self.out(mixed.transpose(1, 2).reshape(examples, tokens, width))
        return out


def with_gates(uses: int = 2) -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(_stirred(SharedBlockNet(GatedAttention(), uses=uses)), ["block"], LayerKind.TRANSFORMER)


def picture_batches(side: int, examples: int = 9, batch_size: int = 4) -> list[Batch]:
    """Random grey pictures with random labels."""
    generator = torch.Generator().manual_seed(5)
    pictures = torch.randn(examples, 1, side, side, generator=generator)
    labels = torch.randint(CLASSES, (examples,), generator=generator)
    return [
        Batch(pictures[i : i + batch_size], labels[i : i + batch_size], len(pictures[i : i + batch_size]), first=i)
        for i in range(0, examples, batch_size)
    ]


def one_by_one(batches: list[Batch]) -> list[Batch]:
    """Every example in a batch of its own, its padding cut off."""
    found = []
    for batch in batches:
        for row in range(batch.size):
            one = batch.select(row, row + 1)
            if batch.padding_mask is not None:
                length = int(batch.padding_mask[row].sum())
                inputs: Any = {key: value[:, :length] for key, value in one.inputs.items()}
                one = Batch(inputs, one.targets, 1, one.padding_mask[:, :length], one.first)
            found.append(one)
    return found


Maker = Callable[[], UniversalModel]
