"""Questions on a paragraph: both in one sequence, the answer as places of its first and last token.

A paragraph that is too long for the model is cut into windows that overlap, as the scripts for SQuAD do it; read is
the first window that holds the whole answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, ModelError
from analysis_core.models.text_encoding import TextEncoding, check_texts

NO_ANSWER = (0, 0)
"""The place of the classification token, as SQuAD 2 models answer where the paragraph does not."""
_PARAGRAPH = 1
_SHARED_SHARE = 8
"""Two windows share an eighth of what the model reads: the same for every batch, so that batches decide nothing."""


@dataclass(frozen=True)
class Stretch:
    """Characters ``start`` to ``stop - 1`` of a paragraph."""

    start: int
    stop: int


def read_questions(texts: TextEncoding, rows: pd.DataFrame, where: str) -> Batch:
    """Questions with their paragraphs; the targets are the answers' tokens, where answers are given.

    Raises:
        ModelError: the tokenizer does not say which characters a token stands for.
        DataError: a text is missing, a question fills the model alone, or an answer does not stand in its paragraph.
    """
    if not texts.tokenizer.is_fast:
        raise ModelError(
            "The tokenizer does not say which characters a token stands for.",
            where=texts.name,
            remedy="Put a tokenizer.json into the model's folder.",
        )
    check_texts(rows, ("question", "context"), where)
    _refuse_long_questions(texts, rows, where)
    answered = "answer_start" in rows
    wanted = [_stretch(row, where) for row in rows.itertuples()] if answered else [None] * len(rows)
    windows = texts.encoded(
        rows["question"],
        rows["context"],
        where=where,
        truncation="only_second",
        stride=texts.longest_tokens // _SHARED_SHARE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    chosen, spans = _chosen(windows, wanted)
    inputs = texts.inputs({name: windows[name][chosen] for name in windows if isinstance(windows[name], Tensor)})
    targets = torch.tensor(spans) if answered else None
    return Batch(inputs, targets, len(rows), padding_mask=inputs["attention_mask"])


def _stretch(row: Any, where: str) -> Stretch | None:
    """Where the first answer stands in the paragraph; None where the paragraph does not answer the question.

    Raises:
        DataError: it does not stand there.
    """
    start, answers = int(row.answer_start), [str(answer) for answer in getattr(row, "answers", ())]
    if start < 0 and not answers:
        return None
    answer = answers[0] if answers else ""
    if not answer.strip() or start < 0 or not row.context.startswith(answer, start):
        found = row.context[max(start, 0) : max(start, 0) + max(len(answer), 1)]
        raise DataError(
            f"The answer '{answer}' of example {row.Index} does not stand at character {start} of its paragraph; "
            f"'{found}' does.",
            where=where,
            remedy="Correct answer_start, which counts from 0; without an answer give -1 and an empty list.",
        )
    return Stretch(start, start + len(answer))


def _chosen(windows: Mapping[str, Any], wanted: Sequence[Stretch | None]) -> tuple[list[int], list[tuple[int, int]]]:
    """For each example the window that is read, and the answer's places in it."""
    of_example = windows["overflow_to_sample_mapping"].tolist()
    chosen: dict[int, tuple[int, tuple[int, int]]] = {}
    for window, example in enumerate(of_example):
        stretch = wanted[example]
        span = NO_ANSWER if stretch is None else _places(windows, window, stretch)
        # An answer that no window holds whole counts as none: the model never sees it.
        if example not in chosen or (chosen[example][1] == NO_ANSWER and span not in (None, NO_ANSWER)):
            chosen[example] = window, span or NO_ANSWER
    rows = [chosen[example] for example in range(len(wanted))]
    return [window for window, _ in rows], [span for _, span in rows]


def _places(windows: Any, window: int, stretch: Stretch) -> tuple[int, int] | None:
    """Places of the first and last token that share a character with a stretch; None where it is cut off."""
    of_paragraph = [place for place, part in enumerate(windows.sequence_ids(window)) if part == _PARAGRAPH]
    offsets = windows["offset_mapping"][window].tolist()
    inside = [p for p in of_paragraph if offsets[p][0] < stretch.stop and offsets[p][1] > stretch.start]
    whole = inside and offsets[inside[0]][0] <= stretch.start and offsets[inside[-1]][1] >= stretch.stop
    return (inside[0], inside[-1]) if whole else None


def _refuse_long_questions(texts: TextEncoding, rows: pd.DataFrame, where: str) -> None:
    most = texts.longest_tokens // 2
    for number, tokens in zip(rows.index, texts.tokenizer(list(rows["question"]))["input_ids"], strict=True):
        if len(tokens) > most:
            raise DataError(
                f"The question of example {number} has {len(tokens)} tokens; with more than {most} too little of the "
                "paragraph could be read.",
                where=where,
                remedy="Shorten it.",
            )
