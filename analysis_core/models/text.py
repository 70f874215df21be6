"""Models that read text: tokenised, padded to the longest text of a batch."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, ModelError
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.models.tokenizers import load_tokenizer
from analysis_core.vocabulary import ModalityType, TaskType

LONGEST_TEXT_TOKENS = 512
"""Where neither the tokenizer nor the model names a limit, texts are cut to so many tokens."""
_UNLIMITED = 10**6
_EXAMPLE_TOKENS = 8


def from_folder(module: nn.Module, source: FolderSource) -> TextModel:
    """The module with the tokenizer of its folder.

    Raises:
        ModelError: the folder holds no tokenizer, or one that does not fit the model.
    """
    config = getattr(module, "config", None)
    return TextModel(module, tokenizer=load_tokenizer(source.folder, config, source.name), **source.settings)


class TextModel(ReadingModel):
    """A transformers model with its tokenizer.

    Args:
        module: the network.
        tokenizer: a transformers tokenizer that fits it.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Raises:
        ModelError: the tokenizer knows tokens that the model has no embedding for.
    """

    modality = ModalityType.TEXT
    columns = ("text",)

    def __init__(
        self,
        module: nn.Module,
        *,
        tokenizer: Any,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "transformers",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        _check_vocabulary(module, tokenizer, name)
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.tokenizer = tokenizer
        accepted = inspect.signature(module.forward).parameters
        self._extra_inputs = {"use_cache": False} if "use_cache" in accepted else {}
        self._accepts_segments = "token_type_ids" in accepted
        self._needs_decoder_inputs = bool(getattr(getattr(module, "config", None), "is_encoder_decoder", False))
        self.observe(self._inputs(self._example_tokens(), None))

    @property
    def longest_tokens(self) -> int:
        """Texts are cut to so many tokens: the tokenizer's or the model's own limit, the smaller one."""
        config = getattr(self.module, "config", None)
        limits = [self.tokenizer.model_max_length, getattr(config, "max_position_embeddings", None)]
        known = [int(limit) for limit in limits if limit and 0 < limit < _UNLIMITED]
        offset = 2 if getattr(config, "model_type", "") in _OFFSET_POSITIONS else 0
        return min(known) - offset if known else LONGEST_TEXT_TOKENS

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Texts with their classes, padded to the longest of them; ``padding_mask`` is the attention mask."""
        encoded = self.tokenizer(
            list(rows["text"]),
            padding=True,
            truncation=True,
            max_length=self.longest_tokens,
            return_tensors="pt",
        )
        if encoded["input_ids"].shape[1] == 0:
            raise DataError("Every text of a batch is empty.", where=where, remedy="Leave empty texts out.")
        segments = encoded.get("token_type_ids") if self._accepts_segments else None
        mask = encoded["attention_mask"]
        inputs = self._inputs(encoded["input_ids"], mask, segments)
        targets = torch.as_tensor(rows["label"].to_numpy("int64", copy=True)) if "label" in rows else None
        return Batch(inputs, targets, len(rows), padding_mask=mask)

    def _example_tokens(self) -> torch.Tensor:
        """One short text of no meaning; it ends as texts do, for some heads look for the end."""
        tokens = torch.ones(1, _EXAMPLE_TOKENS, dtype=torch.long)
        end = getattr(getattr(self.module, "config", None), "eos_token_id", None)
        if isinstance(end, int):
            tokens[0, -1] = end
        return tokens

    def _inputs(
        self, token_ids: torch.Tensor, mask: torch.Tensor | None, segments: torch.Tensor | None = None
    ) -> dict[str, Any]:
        inputs = {
            "input_ids": token_ids,
            "attention_mask": torch.ones_like(token_ids) if mask is None else mask,
        }
        if segments is not None:
            inputs["token_type_ids"] = segments
        if self._needs_decoder_inputs and self.task is not TaskType.CLASSIFICATION:
            start = getattr(getattr(self.module, "config", None), "decoder_start_token_id", None) or 0
            inputs["decoder_input_ids"] = torch.full((len(token_ids), 1), start, dtype=torch.long)
        return inputs | self._extra_inputs


_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "roberta-prelayernorm"})
"""Model types that count positions from 2, so that two of their position embeddings hold no token."""


def _check_vocabulary(module: nn.Module, tokenizer: Any, name: str) -> None:
    get_embeddings = getattr(module, "get_input_embeddings", None)
    embeddings = get_embeddings() if callable(get_embeddings) else None
    rows = getattr(embeddings, "num_embeddings", None)
    if rows is not None and len(tokenizer) > rows:
        raise ModelError(
            f"The tokenizer knows {len(tokenizer)} tokens, but the model has embeddings for {rows} only.",
            where=name,
            remedy="Put the tokenizer that the model was trained with into its folder.",
        )
