"""Small real models and model folders, built in milliseconds."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

PADDING, UNKNOWN = "[PAD]", "[UNK]"
WORDS = [PADDING, UNKNOWN, "[CLS]", "[SEP]", "good", "bad", "film", "a", "the", "very"]
LABELS = ["negative", "positive", "neither"]
TIMM_ARGUMENTS = {"img_size": 16, "patch_size": 8, "embed_dim": 12, "depth": 3, "num_heads": 2}


def bert_config(layers: int = 3, **changes: Any) -> BertConfig:
    settings: dict[str, Any] = {
        "vocab_size": len(WORDS),
        "hidden_size": 8,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "max_position_embeddings": 32,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: index for index, label in enumerate(LABELS)},
        "pad_token_id": 0,
    }
    return BertConfig(**settings | changes)


def tokenizer(words: list[str] | None = None) -> PreTrainedTokenizerFast:
    vocabulary = {word: index for index, word in enumerate(words or WORDS)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token=PADDING, unk_token=UNKNOWN, model_max_length=16)


def bert_folder(folder: Path, layers: int = 3, **changes: Any) -> Path:
    torch.manual_seed(0)
    BertForSequenceClassification(bert_config(layers, **changes)).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def gpt2_folder(folder: Path) -> Path:
    config = GPT2Config(
        vocab_size=len(WORDS), n_embd=8, n_layer=2, n_head=2, n_positions=32, bos_token_id=2, eos_token_id=3
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def timm_folder(folder: Path, **changes: Any) -> Path:
    """A folder as the recipes write it."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    arguments = {**TIMM_ARGUMENTS, "in_chans": 1, "num_classes": 3}
    module = timm.create_model("vit_tiny_patch16_224", **arguments)
    save_file(module.state_dict(), folder / "model.safetensors")
    config = {
        "library": "timm",
        "architecture": "vit_tiny_patch16_224",
        "model_args": arguments,
        "pretrained_cfg": {"input_size": [1, 16, 16], "mean": [0.5], "std": [0.25]},
        "labels": LABELS,
    }
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def change_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def png(shade: int, size: tuple[int, int] = (16, 16), mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, shade if mode == "L" else (shade,) * 3).save(buffer, format="PNG")
    return buffer.getvalue()


class Residual(nn.Module):
    """``x + linear(relu(x))``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = x + self.linear(torch.relu(x))
        return summed
