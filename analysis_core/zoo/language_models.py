"""What both small language models share: the standard library's docstrings and reference, and how they are shipped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from analysis_core.vocabulary import TaskType
from analysis_core.zoo import Progress, Variation
from analysis_core.zoo.definitions import passages
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.text_lessons import Lessons, pair_rows, teach, training_rows, unigram_perplexity
from analysis_core.zoo.training import reproducible

MAX_LENGTH = 80
HEAL_ROWS = 320
DATA = {
    "name": "Python standard library docstrings and reference",
    "description": "Passages of the docstrings of classes and functions and of the language reference that help() "
    "shows; held out by definition and by chapter.",
    "licence": "PSF-2.0",
}


@dataclass(frozen=True)
class Size:
    """How large a language model is, and how it is taught."""

    vocabulary: int = 1600
    hidden: int = 64
    feed_forward: int = 256
    layers: int = 8
    heads: int = 4
    lessons: Lessons = field(default=Lessons(batch=32, steps=900, learning_rate=4e-3))


QUICK = Size(vocabulary=600, hidden=32, feed_forward=64, layers=2, lessons=Lessons(steps=60, learning_rate=1e-2))


def train_language_model(
    out_dir: Path,
    build: Callable[[Size, PreTrainedTokenizerFast], PreTrainedModel],
    facts: dict[str, Any],
    size: Size,
    seed: int,
    progress: Progress | None,
    variation: Variation,
) -> dict[str, Any]:
    """Train a decoder, write it with its tokenizer and sample, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        build: makes the untrained model.
        facts: what the card says of the architecture.
        size: of the model, before `variation` changes its depth or steps.
        seed: of the split, the first weights and the order of examples.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    steps = variation.steps or size.lessons.steps
    size = replace(size, layers=variation.depth or size.layers, lessons=replace(size.lessons, steps=steps))
    parts = passages(seed)
    examples = training_rows(parts.train, variation.data_share, seed)
    tokenizer = train_tokenizer(list(examples["text"]), size.vocabulary, MAX_LENGTH)
    save_tokenizer(tokenizer, out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = build(size, tokenizer)
        teach(model, tokenizer, TaskType.GENERATION, examples[["text"]], size.lessons, seed, progress)
        seconds = time.process_time() - started
    trivial = unigram_perplexity(tokenizer, examples["text"], [pair.text for pair in parts.test])
    facts = {
        "modality": "text",
        "task": "generation",
        "library": "transformers",
        "description": "Continues passages of Python's own documentation.",
        "data": DATA,
        "trivial": {"value": trivial, "how": "knowing only how frequent each token is"},
        "seed": seed,
        **facts,
    }
    sample = pair_rows(parts, ["text"], HEAL_ROWS)
    return ship(out_dir, model, sample, facts, seconds=seconds, packages=["transformers", "tokenizers"])
