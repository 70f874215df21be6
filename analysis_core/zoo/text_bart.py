"""`text-bart`: a small BART that writes the first line of a docstring, given the rest of it and the code.

Seen are signature, description and body of a class or function of the standard library; wanted is what its author
put first. Few people would hit the very words, so the figures are modest; they are far from chance all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from analysis_core.vocabulary import TaskType
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.definitions import summaries
from analysis_core.zoo.text_lessons import Lessons, quieten
from analysis_core.zoo.writers import Course, Size, train_writer

SIZE = Size(
    vocabulary=2000,
    longest=80,
    hidden=72,
    feed_forward=216,
    dropout=0.1,
    lessons=Lessons(batch=24, steps=2200, learning_rate=8e-4),
)
QUICK = Size(
    vocabulary=600, hidden=32, feed_forward=64, layers=1, lessons=Lessons(batch=16, steps=40, learning_rate=5e-3)
)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer and its sample to `out_dir`, and return its card.

    `quick` trains a tiny one in seconds: for tests.
    """
    course = Course(TaskType.SUMMARIZATION, summaries(seed), _build, _FACTS)
    return train_writer(out_dir, course, QUICK if quick else SIZE, seed, progress, variation)


def _build(size: Size, tokenizer: PreTrainedTokenizerFast) -> BartForConditionalGeneration:
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=size.hidden,
        encoder_layers=size.layers,
        decoder_layers=size.layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=size.feed_forward,
        decoder_ffn_dim=size.feed_forward,
        max_position_embeddings=size.longest,
        dropout=size.dropout,
        attention_dropout=0.0,
        init_std=0.04,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
        dtype="float32",
    )
    model = BartForConditionalGeneration(config)
    quieten(_branches(model), size.layers)
    return model


def _branches(model: BartForConditionalGeneration) -> Iterator[nn.Linear]:
    """What each layer adds to the stream; what a decoder takes from the encoder stays loud, or it learns without."""
    for stack in (model.model.encoder, model.model.decoder):
        for layer in stack.layers:
            yield from (layer.self_attn.out_proj, layer.fc2)


_FACTS = {
    "id": "zoo/text-bart",
    "title": "BART, 4 + 4 layers, first lines of docstrings",
    "loader": "BartForConditionalGeneration",
    "architecture": "BART",
    "description": "Writes the first line of a docstring, given the signature, the rest of the docstring and the code.",
    "data": {
        "name": "Python standard library definitions",
        "description": "Classes and functions with a docstring; held out by top-level definition.",
        "licence": "PSF-2.0",
    },
    "recipe": "analysis_core.zoo.text_bart",
}
