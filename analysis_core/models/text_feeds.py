"""How a table's rows become a batch of texts: one small function a task, chosen by what the model is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.text_answers import read_questions
from analysis_core.models.text_encoding import TextEncoding, check_texts
from analysis_core.tasks import NO_TARGET
from analysis_core.tasks.tokens import next_token_targets
from analysis_core.vocabulary import TaskType


@dataclass(frozen=True)
class Feed:
    """A way to read examples.

    Args:
        columns: what an example cannot do without.
        read: makes a batch of some rows, numbered by their position in the data.
    """

    columns: tuple[str, ...]
    read: Callable[[TextEncoding, pd.DataFrame, str], Batch]


def feed_for(task: TaskType, *, writes: bool = False) -> Feed:
    """How a task's examples are read.

    Args:
        task: what the model is asked to do.
        writes: whether an encoder reads and a decoder writes.
    """
    return _WRITING if writes and task in _WRITTEN else _FEEDS.get(task, _CLASSES)


def read_classes(texts: TextEncoding, rows: pd.DataFrame, where: str) -> Batch:
    """Texts with their classes, where they have any."""
    inputs = texts.inputs(texts.encoded(_strings(rows["text"], where), where=where))
    targets = torch.as_tensor(rows["label"].to_numpy("int64", copy=True)) if "label" in rows else None
    return Batch(inputs, targets, len(rows), padding_mask=inputs["attention_mask"])


def read_next_tokens(texts: TextEncoding, rows: pd.DataFrame, where: str) -> Batch:
    """Texts for a decoder; the targets are each text's own tokens, one place ahead.

    Raises:
        DataError: a text is empty, or so short that nothing follows its first token.
    """
    check_texts(rows, ("text",), where)
    inputs = texts.inputs(texts.encoded(rows["text"], where=where))
    mask = inputs["attention_mask"]
    targets = next_token_targets(inputs["input_ids"], mask)
    alone = (targets == NO_TARGET).all(1).tolist()
    if any(alone):
        raise DataError(
            f"Example {rows.index[alone.index(True)]} is a single token, so there is no next one to foresee.",
            where=where,
            remedy="Give longer texts.",
        )
    return Batch(inputs, targets, len(rows), padding_mask=mask)


def read_pairs(texts: TextEncoding, rows: pd.DataFrame, where: str) -> Batch:
    """A text for the encoder, and what the decoder is to write.

    The targets are the wanted text's tokens; the decoder is given them shifted by the model's own rule.

    Raises:
        DataError: one side of a pair is missing.
    """
    check_texts(rows, ("text", "target_text"), where)
    prefix = _prefix(texts.config)
    inputs = texts.inputs(texts.encoded([prefix + text for text in rows["text"]], where=where))
    # The tokenizer may keep another language, or other marks, for what is to be written.
    wanted = texts.encoded(where=where, text_target=list(rows["target_text"]))
    labels = wanted["input_ids"].masked_fill(~wanted["attention_mask"].bool(), NO_TARGET)
    inputs |= texts.decoder_inputs(labels)
    masks = {"encoder": inputs["attention_mask"], "decoder": wanted["attention_mask"]}
    if "decoder_attention_mask" in texts.accepted:
        inputs["decoder_attention_mask"] = wanted["attention_mask"]
    return Batch(inputs, labels, len(rows), padding_mask=inputs["attention_mask"], stack_masks=masks)


def example_inputs(texts: TextEncoding, tokens: Tensor, task: TaskType, *, writes: bool) -> dict[str, Any]:
    """Arguments for one text of no meaning, by which a model's layers are observed."""
    inputs = texts.inputs({"input_ids": tokens})
    if writes and task is not TaskType.CLASSIFICATION:
        start = getattr(texts.config, "decoder_start_token_id", None) or 0
        inputs["decoder_input_ids"] = torch.full((len(tokens), 1), start, dtype=torch.long)
    return inputs


def _prefix(config: Any) -> str:
    """The words that a model of many tasks was trained to find before its text, where it names just one such task."""
    named = getattr(config, "task_specific_params", None) or {}
    found = {str(own["prefix"]) for own in named.values() if isinstance(own, Mapping) and own.get("prefix")}
    return found.pop() if len(found) == 1 else ""


def _strings(column: pd.Series, where: str) -> list[str]:
    """A column of texts, which may be empty but not missing.

    Raises:
        DataError: names the first that is no text.
    """
    listed = list(column)
    for number, text in zip(column.index, listed, strict=True):
        if not isinstance(text, str):
            raise DataError(
                f"The text of example {number} is missing.", where=where, remedy="Fill it in, or leave it out."
            )
    return listed


_CLASSES = Feed(("text",), read_classes)
_WRITING = Feed(("text", "target_text"), read_pairs)
_WRITTEN = frozenset({TaskType.GENERATION, TaskType.TRANSLATION, TaskType.SUMMARIZATION})
_FEEDS: Mapping[TaskType, Feed] = {
    TaskType.CLASSIFICATION: _CLASSES,
    TaskType.GENERATION: Feed(("text",), read_next_tokens),
    TaskType.TRANSLATION: _WRITING,
    TaskType.SUMMARIZATION: _WRITING,
    TaskType.QA: Feed(("question", "context"), read_questions),
}
