"""`text-t5`: a small T5 that translates names, dates, quantities and lists from English into German."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from analysis_core.vocabulary import TaskType
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.subwords import WRITTEN
from analysis_core.zoo.text_lessons import Lessons
from analysis_core.zoo.translations import phrases
from analysis_core.zoo.writers import Course, Size, train_writer

QUICK = Size(vocabulary=400, hidden=32, feed_forward=64, layers=1, lessons=Lessons(steps=60, learning_rate=1e-2))


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
    size = QUICK if quick else Size()
    parts = phrases(seed, 1500, 60, 80) if quick else phrases(seed)
    course = Course(TaskType.TRANSLATION, parts, _build, _FACTS, replace(WRITTEN, split_digits=True))
    return train_writer(out_dir, course, size, seed, progress, variation)


def _build(size: Size, tokenizer: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=size.hidden,
        d_kv=size.hidden // size.heads,
        d_ff=size.feed_forward,
        num_layers=size.layers,
        num_decoder_layers=size.layers,
        num_heads=size.heads,
        relative_attention_num_buckets=16,
        relative_attention_max_distance=32,
        dropout_rate=size.dropout,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    return T5ForConditionalGeneration(config)


_FACTS = {
    "id": "zoo/text-t5",
    "title": "T5, 4 + 4 layers, English to German",
    "loader": "T5ForConditionalGeneration",
    "architecture": "T5",
    "description": "Translates names, dates, quantities, sums of money and lists from English into German.",
    "data": {
        "name": "CLDR phrases, English and German",
        "description": "Phrases composed from Unicode's CLDR as Babel ships it; held out by phrase: every date, "
        "quantity and list of the held-out parts is unseen, the names and units in them are not.",
        "licence": "Unicode-3.0",
    },
    "recipe": "analysis_core.zoo.text_t5",
}
