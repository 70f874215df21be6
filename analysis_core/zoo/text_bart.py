"""`text-bart`: a small BART that sums up a paragraph on a place of the world in one line.

The paragraph tells facts in any order and wording, of another place too; the line keeps those of its subject.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from analysis_core.vocabulary import TaskType
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.first_weights import wake
from analysis_core.zoo.place_profiles import profiles
from analysis_core.zoo.text_lessons import Lessons
from analysis_core.zoo.writers import Course, Size, train_writer

SIZE = Size(vocabulary=1200, longest=96, lessons=Lessons(batch=32, steps=1500, learning_rate=2e-3))
QUICK = replace(SIZE, vocabulary=600, hidden=32, feed_forward=64, layers=1, lessons=Lessons(16, 40, 5e-3))


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
    parts = profiles(seed, 1500, 60, 80) if quick else profiles(seed)
    course = Course(TaskType.SUMMARIZATION, parts, _build, _FACTS)
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
    for stack in (model.model.encoder, model.model.decoder):
        # What a decoder takes from the encoder stays loud, or it learns without.
        wake(stack, [part for layer in stack.layers for part in (layer.self_attn.out_proj, layer.fc2)])
    return model


_FACTS = {
    "id": "zoo/text-bart",
    "title": "BART, 4 + 4 layers, places in a line",
    "loader": "BartForConditionalGeneration",
    "architecture": "BART",
    "description": "Sums up a paragraph on a place in one line: its city, language, currency, code and week.",
    "data": {
        "name": "CLDR facts, paragraphs and lines",
        "description": "Paragraphs composed from facts in Unicode's CLDR as Babel ships it; held out by fact: no fact "
        "that the held-out paragraphs tell was told in training, which tells each place other places' facts.",
        "licence": "Unicode-3.0",
    },
    "recipe": "analysis_core.zoo.text_bart",
}
