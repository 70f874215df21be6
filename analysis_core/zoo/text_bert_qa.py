"""`text-bert-qa`: a BERT of 8 layers that marks the answer to a question in a short paragraph about places."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from transformers import BertForQuestionAnswering, PreTrainedTokenizerFast

from analysis_core.models.text_answers import read_questions
from analysis_core.models.text_encoding import TextEncoding
from analysis_core.tasks import task_for
from analysis_core.vocabulary import TaskType
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.fact_questions import fact_questions
from analysis_core.zoo.first_weights import wake
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.small_bert import Size, bert_config, branches
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.text_lessons import Lessons, teach
from analysis_core.zoo.training import reproducible, shared_out

SIZE = Size(vocabulary=1200, longest=96, lessons=Lessons(batch=32, steps=2600, learning_rate=2e-3))
QUICK = Size(vocabulary=500, hidden=32, feed_forward=64, layers=2, lessons=Lessons(batch=16, steps=40))
COLUMNS = ["question", "context", "answers", "answer_start"]


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
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else SIZE
    size = replace(
        size,
        layers=variation.depth or size.layers,
        lessons=replace(size.lessons, steps=variation.steps or size.lessons.steps),
    )
    made = fact_questions(seed, 600, 60, 80, 60) if quick else fact_questions(seed)
    known = made[made["split"].isin(("train", "heal"))].reset_index(drop=True)
    examples = known.iloc[shared_out(len(known), variation.data_share, seed)].reset_index(drop=True)
    tokenizer = train_tokenizer([*examples["question"], *examples["context"]], size.vocabulary, size.longest)
    save_tokenizer(tokenizer, out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = BertForQuestionAnswering(bert_config(size, tokenizer))
        wake(model.bert.encoder, branches(model.bert))
        teach(model, tokenizer, TaskType.QA, examples[COLUMNS], size.lessons, seed, progress)
        seconds = time.process_time() - started
    facts = _facts(size, seed) | {"trivial": _trivial(model, tokenizer, examples, made[made["split"] == "test"])}
    sample = made[made["split"] != "train"]
    return ship(out_dir, model, sample, facts, seconds=seconds, packages=["transformers", "tokenizers", "babel"])


def _trivial(
    model: BertForQuestionAnswering, tokenizer: PreTrainedTokenizerFast, train: pd.DataFrame, test: pd.DataFrame
) -> dict[str, Any]:
    """The F1 of always marking the place where answers stand most often."""
    texts = TextEncoding(model, tokenizer)
    spans = [read_questions(texts, part.reset_index(drop=True), "trivial").targets for part in (train, test)]
    known, wanted = (part if part is not None else torch.zeros(0, 2) for part in spans)
    place = Counter(map(tuple, known.tolist())).most_common(1)[0][0]
    value = task_for(TaskType.QA).metrics(torch.tensor([place] * len(wanted)), wanted)["f1"]
    return {"value": value, "how": "always marking the place where most answers stand"}


def _facts(size: Size, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/text-bert-qa",
        "title": f"BERT, {size.layers} layers, questions about places",
        "modality": "text",
        "task": "qa",
        "library": "transformers",
        "loader": "BertForQuestionAnswering",
        "architecture": "BERT",
        "description": "Marks the answer to a question in a paragraph on currencies, languages, cities and codes.",
        "data": {
            "name": "CLDR facts, questions and answers",
            "description": "Paragraphs composed from facts in Unicode's CLDR as Babel ships it; held out by fact: "
            "none that the held-out paragraphs tell was told in training, which tells each place other places' facts.",
            "licence": "Unicode-3.0",
        },
        "recipe": "analysis_core.zoo.text_bert_qa",
        "seed": seed,
    }
