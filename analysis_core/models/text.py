"""Models that read text: tokenised, padded to the longest text of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import ModelError
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.models.text_encoding import TextEncoding, refuse_empty
from analysis_core.models.text_feeds import example_inputs, feed_for
from analysis_core.models.tokenizers import load_tokenizer
from analysis_core.vocabulary import ModalityType, TaskType

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
        writes = bool(getattr(getattr(module, "config", None), "is_encoder_decoder", False))
        self._feed_of_task = feed_for(task, writes=writes)
        self.columns = self._feed_of_task.columns
        self.observe(example_inputs(self.texts, self._example_tokens(), task, writes=writes))

    @property
    def texts(self) -> TextEncoding:
        """How texts become the module's arguments."""
        return TextEncoding(self.module, self.tokenizer, self.name)

    @property
    def longest_tokens(self) -> int:
        """Texts are cut to so many tokens."""
        return self.texts.longest_tokens

    def _prepared(self, examples: ExampleSet) -> pd.DataFrame:
        rows = super()._prepared(examples)
        refuse_empty(rows, self.columns, examples.name)
        return rows

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        return self._feed_of_task.read(self.texts, rows, where)

    def _example_tokens(self) -> torch.Tensor:
        """One short text of no meaning; it ends as texts do, for some heads look for the end."""
        tokens = torch.ones(1, _EXAMPLE_TOKENS, dtype=torch.long)
        end = getattr(getattr(self.module, "config", None), "eos_token_id", None)
        if isinstance(end, int):
            tokens[0, -1] = end
        return tokens


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
