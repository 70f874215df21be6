"""What both small encoder-decoders share: how they are taught to write, and how they are shipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from analysis_core.vocabulary import TaskType
from analysis_core.zoo import Progress, Variation
from analysis_core.zoo.definitions import Parts
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.subwords import WRITTEN, Reading, save_tokenizer, train_tokenizer
from analysis_core.zoo.text_lessons import Lessons, commonest_token_share, pair_rows, teach, training_rows
from analysis_core.zoo.training import reproducible

COLUMNS = ("text", "target_text")
HEAL_ROWS = 320


@dataclass(frozen=True)
class Size:
    """How large an encoder-decoder is, and how it is taught; `layers` counts those of each stack."""

    vocabulary: int = 1600
    longest: int = 64
    hidden: int = 64
    feed_forward: int = 192
    layers: int = 4
    heads: int = 4
    dropout: float = 0.0
    lessons: Lessons = field(default=Lessons(batch=32, steps=1500, learning_rate=3e-3))


@dataclass(frozen=True)
class Course:
    """What is written, and by what.

    Args:
        task: translation or summarization.
        parts: the pairs.
        build: makes the untrained model.
        reading: how its tokenizer reads.
        facts: what the card says of architecture and data.
    """

    task: TaskType
    parts: Parts
    build: Callable[[Size, PreTrainedTokenizerFast], PreTrainedModel]
    facts: Mapping[str, Any]
    reading: Reading = WRITTEN


def train_writer(
    out_dir: Path, course: Course, size: Size, seed: int, progress: Progress | None, variation: Variation
) -> dict[str, Any]:
    """Train an encoder-decoder, write it with its tokenizer and sample, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        course: what it learns.
        size: of the model, before `variation` changes its depth or steps.
        seed: of the first weights and the order of examples.
        progress: told how far it is.
        variation: in what the model differs from the shipped one; its depth is that of both stacks together.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    depth = -(-variation.depth // 2) if variation.depth else size.layers
    size = replace(size, layers=depth, lessons=replace(size.lessons, steps=variation.steps or size.lessons.steps))
    examples = training_rows(course.parts.train, variation.data_share, seed)
    tokenizer = train_tokenizer(
        [*examples["text"], *examples["target_text"]], size.vocabulary, size.longest, course.reading
    )
    save_tokenizer(tokenizer, out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = course.build(size, tokenizer)
        teach(model, tokenizer, course.task, examples, size.lessons, seed, progress)
        seconds = time.process_time() - started
    wanted = [pair.target for pair in course.parts.test]
    facts = {
        "modality": "text",
        "task": course.task.value,
        "library": "transformers",
        "trivial": {
            "value": commonest_token_share(tokenizer, examples["target_text"], wanted),
            "how": "always writing the most frequent token",
        },
        "seed": seed,
        **course.facts,
    }
    sample = pair_rows(course.parts, COLUMNS, HEAL_ROWS)
    return ship(out_dir, model, sample, facts, seconds=seconds, packages=["transformers", "tokenizers"])
