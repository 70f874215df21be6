"""The body that the small BERTs share: its configuration, and a start near the identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from analysis_core.zoo.text_lessons import Lessons


@dataclass(frozen=True)
class Size:
    """How large a BERT is, and how it is taught."""

    vocabulary: int = 1600
    longest: int = 128
    hidden: int = 64
    feed_forward: int = 192
    layers: int = 8
    heads: int = 4
    dropout: float = 0.0
    lessons: Lessons = field(default=Lessons(batch=24, steps=1400, learning_rate=2e-3))


def bert_config(size: Size, tokenizer: PreTrainedTokenizerFast, **changes: Any) -> BertConfig:
    """A BERT of that size for that tokenizer."""
    settings: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": size.feed_forward,
        "max_position_embeddings": size.longest,
        "initializer_range": 0.04,
        "hidden_dropout_prob": size.dropout,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": tokenizer.pad_token_id,
        "dtype": "float32",
    }
    return BertConfig(**settings | changes)


def branches(model: BertModel) -> Iterator[nn.Linear]:
    """What each layer adds to the stream."""
    for layer in model.encoder.layer:
        yield from (layer.attention.output.dense, layer.output.dense)
