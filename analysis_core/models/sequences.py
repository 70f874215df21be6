"""Models that read what somebody took, oldest first, and say what comes next (SASRec, Kang & McAuley 2018).

Item n is token n + 1 and token 0 is padding, which stands behind the shorter histories of a batch. A prediction is the
model's logits at the last real place, without that of padding: one logit an item, at the item's own number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, ModelError
from analysis_core.models.base import first_tensor
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.vocabulary import ModalityType, TaskType

PADDING = 0
FIRST_ITEM = 1
"""The token of item 0."""


def from_folder(module: nn.Module, source: FolderSource) -> SequenceModel:
    """The module as a model of interaction histories.

    Raises:
        ModelError: it is no causal transformer over tokens.
    """
    return SequenceModel(module, **source.settings)


class SequenceModel(ReadingModel):
    """A causal transformer of transformers over item numbers, such as ``GPT2LMHeadModel``.

    Args:
        module: the network; its vocabulary is padding and all items.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Attributes:
        items: how many items it knows.
        longest_history: of a longer one, the newest items are read.

    Raises:
        ModelError: it has no token embeddings, or no head that gives a logit for every token.
    """

    modality = ModalityType.TABULAR
    columns = ("history",)

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str = "model",
        task: TaskType = TaskType.RECOMMENDATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "transformers",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.items = self._vocabulary() - FIRST_ITEM
        self.longest_history = int(getattr(module.config, "max_position_embeddings", 0) or 0) or None
        self.observe(self._inputs([np.arange(min(self.items, 3))]))

    def forward(self, batch: Batch) -> Tensor:
        """Logits ``[examples, items]`` for what comes after the last real place.

        The head runs at that place alone: over many items it would cost more than all layers together.
        """
        network: Any = self.module
        inputs: Any = batch.inputs
        hidden = first_tensor(network.base_model(**inputs), self.name)
        last = inputs["attention_mask"].sum(1) - 1
        logits: Tensor = network.get_output_embeddings()(hidden[torch.arange(len(last), device=hidden.device), last])
        return logits[:, FIRST_ITEM:]

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Histories, padded behind to the longest of them; targets are the next items' numbers."""
        histories = [self._history(row.history, f"example {row.Index}", where) for row in rows.itertuples()]
        inputs = self._inputs(histories)
        targets = None
        if "item" in rows:
            targets = torch.as_tensor(rows["item"].to_numpy("int64", copy=True))
        return Batch(inputs, targets, len(rows), padding_mask=inputs["attention_mask"])

    def _inputs(self, histories: Sequence[np.ndarray]) -> dict[str, Any]:
        tokens = torch.full((len(histories), max(map(len, histories))), PADDING)
        for row, history in enumerate(histories):
            tokens[row, : len(history)] = torch.as_tensor(history + FIRST_ITEM)
        return {"input_ids": tokens, "attention_mask": (tokens != PADDING).long(), "use_cache": False}

    def _history(self, items: Any, example: str, where: str) -> np.ndarray:
        """One history as numbers, cut to its newest items.

        Raises:
            DataError: it is empty, holds no item numbers, or items that the model does not know.
        """
        found = np.asarray(items)
        if found.ndim != 1 or not found.size or not np.issubdtype(found.dtype, np.integer):
            raise DataError(
                f"The history of {example} is no list of item numbers: {items!r}.",
                where=where,
                remedy="Give the numbers of the items that were taken, oldest first, at least one.",
            )
        if found.min() < 0 or found.max() >= self.items:
            strange = int(found.max() if found.max() >= self.items else found.min())
            raise DataError(
                f"The history of {example} names item {strange}, but the model knows items 0 to {self.items - 1}.",
                where=where,
                remedy="Number the items as they were when the model was trained.",
            )
        return found[-self.longest_history :] if self.longest_history else found

    def _vocabulary(self) -> int:
        """How many tokens the model has embeddings and logits for."""
        network: Any = self.module
        embeddings, head = (
            found() if callable(found := getattr(network, name, None)) else None
            for name in ("get_input_embeddings", "get_output_embeddings")
        )
        tokens, logits = getattr(embeddings, "num_embeddings", None), getattr(head, "out_features", None)
        if tokens is None or tokens != logits or tokens <= FIRST_ITEM or not hasattr(network, "base_model"):
            raise ModelError(
                f"'{type(self.module).__name__}' does not give one logit for each item that it reads.",
                where=self.name,
                remedy="Use a causal language model of transformers, such as GPT2LMHeadModel, over item numbers.",
            )
        return int(tokens)
