"""`text-bert-retrieval`: a BERT of 8 layers that finds the function of the standard library that a line describes.

One encoder reads both sides; a text's vector is the mean over its tokens, as sentence-transformers pool (N. Reimers,
I. Gurevych, "Sentence-BERT", 2019). It learns from contrast: of all definitions in a batch, which one belongs to the
line, and of all lines, which one belongs to the definition (A. van den Oord et al., 2018, InfoNCE).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertModel, PreTrainedTokenizerFast

from analysis_core.models.pooling import TextPooling, mean_pooling_files
from analysis_core.models.text_encoding import TextEncoding
from analysis_core.models.text_retrieval import CANDIDATES
from analysis_core.tasks.candidates import DEFAULT_SCALE
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.card import write_json
from analysis_core.zoo.definitions import functions
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.small_bert import Size, bert_config, branches
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.text_lessons import Dealer, Lessons, pair_rows, quieten, training_rows
from analysis_core.zoo.training import Stage, fit, reproducible

SIZE = Size(vocabulary=2400, longest=48, dropout=0.1, lessons=Lessons(batch=40, steps=500, learning_rate=2e-3))
QUICK = Size(vocabulary=600, longest=32, hidden=32, feed_forward=64, layers=2, lessons=Lessons(batch=16, steps=60))
HEAL_ROWS = 240


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer, its pooling and its sample to `out_dir`, and return its card.

    `quick` trains a tiny one in seconds: for tests.
    """
    size = QUICK if quick else SIZE
    size = replace(
        size,
        layers=variation.depth or size.layers,
        lessons=replace(size.lessons, steps=variation.steps or size.lessons.steps),
    )
    parts = functions(seed)
    examples = training_rows(parts.train, variation.data_share, seed)
    tokenizer = train_tokenizer([*examples["text"], *examples["target_text"]], size.vocabulary, size.longest)
    for name, content in mean_pooling_files(size.hidden).items():
        (out_dir / name).parent.mkdir(parents=True, exist_ok=True)
        write_json(out_dir / name, content)
    save_tokenizer(tokenizer, out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = BertModel(bert_config(size, tokenizer))
        quieten(branches(model), size.layers)
        _contrast(model, tokenizer, list(examples["text"]), list(examples["target_text"]), size, seed, progress)
        seconds = time.process_time() - started
    sample = pair_rows(parts, ("text", "target_text"), HEAL_ROWS)
    return ship(out_dir, model, sample, _facts(size, seed), seconds=seconds, packages=["transformers", "tokenizers"])


def _contrast(
    model: BertModel,
    tokenizer: PreTrainedTokenizerFast,
    lines: Sequence[str],
    definitions: Sequence[str],
    size: Size,
    seed: int,
    progress: Progress | None,
) -> None:
    texts, pooling = TextEncoding(model, tokenizer), TextPooling()
    dealer = Dealer([len(text) for text in definitions], size.lessons.batch, seed)

    def vectors(chosen: list[str]) -> Tensor:
        inputs = texts.inputs(texts.encoded(chosen, where="training"))
        return functional.normalize(pooling.pooled(model(**inputs).last_hidden_state, inputs["attention_mask"]), dim=-1)

    def loss_of_step(step: int) -> Tensor:
        drawn = dealer.draw()
        queries, found = (vectors([side[index] for index in drawn]) for side in (lines, definitions))
        scores = DEFAULT_SCALE * queries @ found.T
        right = torch.arange(len(drawn))
        return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2

    model.train()
    lessons = size.lessons
    fit(list(model.parameters()), loss_of_step, Stage("Contrast", lessons.steps, lessons.learning_rate, 0.0, 0.98),
        progress)  # fmt: skip
    model.eval()


def _facts(size: Size, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/text-bert-retrieval",
        "title": f"BERT, {size.layers} layers, from a line to its function",
        "modality": "text",
        "task": "retrieval",
        "library": "transformers",
        "loader": "BertModel",
        "architecture": "BERT",
        "description": "Finds the class or function of the standard library that a line describes. "
        "Words that both share do most of it: half of the layers can go at hardly any cost.",
        "data": {
            "name": "Python standard library definitions",
            "description": "First lines of docstrings, and the classes and functions that they stand in without their "
            f"docstrings, each among {CANDIDATES} candidates; held out by top-level definition.",
            "licence": "PSF-2.0",
        },
        "trivial": {
            "value": sum(1 / place for place in range(1, CANDIDATES + 1)) / CANDIDATES,
            "how": f"a random order of {CANDIDATES} candidates, on average",
        },
        "recipe": "analysis_core.zoo.text_bert_retrieval",
        "seed": seed,
    }
