"""`text-bert`: a BERT of 12 layers that tells which field of the standard library a docstring comes from.

It guesses the topic and, from the same reading, masked words (J. Devlin et al., "BERT", 2019, section 3.1), so
that twelve layers have more to learn from 8,500 passages than eleven labels. Training for topics alone afterwards
was tried: the model learned the passages by heart and lost three points on the search split.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch.nn import functional
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.docstrings import TOPICS, DocstringSplits, load_splits
from analysis_core.zoo.masking import IGNORED, PassageBatches
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

LABELS = list(TOPICS)
MAX_LENGTH = 64
HEAL_ROWS = 512
MASKED_SHARE = 0.2
"""Of the words; the topic has to be told without them, which keeps passages from being learned by heart."""


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long.

    `words_weight` is that of the loss for masked words, beside the loss for topics.
    """

    vocabulary: int = 3000
    hidden: int = 96
    feed_forward: int = 288
    layers: int = 12
    batch: int = 32
    steps: int = 2800
    learning_rate: float = 1e-3
    words_weight: float = 0.5


QUICK = Size(vocabulary=2000, hidden=64, feed_forward=128, layers=2, steps=250, learning_rate=4e-3, words_weight=0.0)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of the split, the first weights, the order of examples and the masks.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    splits = load_splits(seed)
    kept = shared_out(len(splits.train), variation.data_share, seed)
    splits = replace(splits, train=[splits.train[index] for index in kept])
    tokenizer = train_tokenizer([passage.text for passage in splits.train], size.vocabulary, MAX_LENGTH)
    save_tokenizer(tokenizer, out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = BertForSequenceClassification(_config(size, len(tokenizer)))
        _quieten_branches(model)
        batches = PassageBatches.of(splits.train, LABELS, tokenizer, size.batch, seed)
        _fit_passages(model, batches, size, progress)
        seconds = time.process_time() - started
    packages = ["transformers", "tokenizers"]
    facts = _facts(size, splits, seed)
    return ship(out_dir, model, _sample(splits), facts, seconds=seconds, packages=packages)


def _config(size: Size, vocabulary: int) -> BertConfig:
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=4,
        intermediate_size=size.feed_forward,
        max_position_embeddings=MAX_LENGTH,
        type_vocab_size=1,
        initializer_range=0.04,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.1,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        pad_token_id=0,
        architectures=["BertForSequenceClassification"],
        dtype="float32",
    )


def _quieten_branches(model: BertForSequenceClassification) -> None:
    """Let every block begin close to the identity: its two outputs are scaled by 1 / sqrt(2 layers).

    BERT normalises after each residual sum, so gradients fade on the way down twelve loud blocks, and a small
    model takes long to leave chance. The factor is the one for residual branches in A. Radford et al.,
    "Language Models are Unsupervised Multitask Learners", 2019, section 2.3.
    """
    layers = model.bert.encoder.layer
    with torch.no_grad():
        for layer in layers:
            for branch in (layer.attention.output.dense, layer.output.dense):
                branch.weight.mul_((2 * len(layers)) ** -0.5)


def _fit_passages(
    model: BertForSequenceClassification, batches: PassageBatches, size: Size, progress: Progress | None
) -> None:
    """Guess the topic and the hidden words of the same passages, by the same layers."""
    guess = BertForMaskedLM(model.config).cls
    guess.predictions.decoder.weight = model.bert.embeddings.word_embeddings.weight

    def loss_of_step(step: int) -> torch.Tensor:
        batch = batches.draw(MASKED_SHARE)
        read = model.bert(input_ids=batch.ids, attention_mask=batch.attention)
        logits = model.classifier(model.dropout(read.pooler_output))
        topics = functional.cross_entropy(logits, batch.labels, label_smoothing=0.1)
        hidden = batch.words != IGNORED
        words = functional.cross_entropy(guess(read.last_hidden_state[hidden]), batch.words[hidden])
        return topics + size.words_weight * words

    model.train()
    trained = list(dict.fromkeys([*model.parameters(), *guess.parameters()]))
    fit(trained, loss_of_step, Stage("Words and topics", size.steps, size.learning_rate, 0.0, 0.98), progress)
    model.eval()


def _sample(splits: DocstringSplits) -> pd.DataFrame:
    """The held-out passages, and training passages spread evenly over the files."""
    stride = max(1, len(splits.train) // HEAL_ROWS)
    parts = {"search": splits.search, "test": splits.test, "heal": splits.train[::stride][:HEAL_ROWS]}
    rows = [
        (passage.text, LABELS.index(passage.topic), split) for split, passages in parts.items() for passage in passages
    ]
    return pd.DataFrame(rows, columns=["text", "label", "split"])


def _facts(size: Size, splits: DocstringSplits, seed: int) -> dict[str, Any]:
    topics = [passage.topic for passage in splits.test]
    commonest = max(LABELS, key=topics.count)
    return {
        "id": "zoo/text-bert",
        "title": f"BERT, {size.layers} layers, docstring topics",
        "modality": "text",
        "task": "classification",
        "library": "transformers",
        "loader": "BertForSequenceClassification",
        "architecture": "BERT",
        "description": "Tells which field of Python's standard library a docstring comes from.",
        "data": {
            "name": "Python standard library docstrings",
            "description": "Passages of the docstrings of modules, classes and functions, in eleven fields; "
            "held out by definition, the module's own name masked.",
            "licence": "PSF-2.0",
        },
        "labels": LABELS,
        "trivial": {"value": topics.count(commonest) / len(topics), "how": f"always answering '{commonest}'"},
        "recipe": "analysis_core.zoo.text_bert",
        "seed": seed,
    }
