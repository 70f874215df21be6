"""Models that find the text belonging to a text: one encoder for both, pooled to one vector each.

Each example is a query and its candidates, drawn once from the whole data (the first is the right one). They run
side by side through the encoder as ``[examples x (1 + candidates), tokens]``; hidden states keep that order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError
from analysis_core.models.pooling import TextPooling, read_pooling
from analysis_core.models.sources import FolderSource
from analysis_core.models.text import TextModel
from analysis_core.models.text_encoding import check_texts
from analysis_core.models.tokenizers import load_tokenizer
from analysis_core.tasks.candidates import candidate_places
from analysis_core.tasks.reading import field_of

CANDIDATES = 12
"""Texts that each query is compared with, its own among them."""
FEWEST_CANDIDATES = 2
MOST_EXAMPLES_A_BATCH = 8
"""An example is up to thirteen texts: more of them at once would hold gigabytes of activations."""
_CANDIDATES = "candidates"


def from_folder(module: nn.Module, source: FolderSource) -> RetrievalModel:
    """The module's encoder with the tokenizer and the pooling of its folder; a head for another task is left aside.

    Raises:
        ModelError: the folder holds no tokenizer that fits, or a step after the encoder that is not served.
    """
    module = getattr(module, "base_model", module)
    pooling = read_pooling(source.folder)
    tokenizer = load_tokenizer(source.folder, getattr(module, "config", None), source.name)
    if pooling.longest_tokens:
        tokenizer.model_max_length = pooling.longest_tokens
    return RetrievalModel(module, pooling=pooling, tokenizer=tokenizer, **source.settings)


class RetrievalModel(TextModel):
    """An encoder of transformers whose hidden states are pooled to one vector a text.

    Args:
        module: returns ``last_hidden_state``.
        pooling: how a text's tokens become one vector.
        settings: as in :class:`~analysis_core.models.text.TextModel`.
    """

    def __init__(self, module: nn.Module, *, pooling: TextPooling, **settings: Any) -> None:
        self.pooling = pooling
        super().__init__(module, **settings)
        self.columns = ("text", "target_text")
        self.companions |= pooling.files

    def batches(self, examples: ExampleSet, batch_size: int, max_samples: int | None = None) -> Iterator[Batch]:
        """As any reader's, in batches of at most :data:`MOST_EXAMPLES_A_BATCH`."""
        return super().batches(examples, min(batch_size, MOST_EXAMPLES_A_BATCH), max_samples)

    def arguments(self, batch: Batch) -> Any:
        """All texts of all examples as rows."""
        inputs: Any = batch.inputs
        return {name: _rows(value) if isinstance(value, Tensor) else value for name, value in inputs.items()}

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Vectors of the queries ``[examples, width]`` and of their candidates ``[examples, candidates, width]``.

        Raises:
            ModelError: the module gives no hidden states.
        """
        inputs: Any = batch.inputs
        arguments = self.arguments(batch)
        hidden = field_of(self.module(**arguments), ("last_hidden_state",))
        if hidden is None:
            raise ModelError(
                f"'{type(self.module).__name__}' returns no hidden states that could be pooled.",
                where=self.name,
                remedy="Use an encoder without a head, such as BertModel.",
            )
        vectors = self.pooling.pooled(hidden, arguments["attention_mask"])
        grouped = vectors.reshape(len(inputs["input_ids"]), -1, vectors.shape[-1])
        return {"query_embeds": grouped[:, 0], "document_embeds": grouped[:, 1:]}

    def _prepared(self, examples: ExampleSet) -> pd.DataFrame:
        rows = super()._prepared(examples)
        check_texts(rows, self.columns, examples.name)
        documents = rows["target_text"]
        candidates = min(CANDIDATES, documents.nunique())
        if candidates < FEWEST_CANDIDATES:
            raise DataError(
                "All examples have the same 'target_text', so there is nothing to choose from.",
                where=examples.name,
                remedy="Give at least two different ones.",
            )
        places = candidate_places(list(documents), candidates)
        chosen = [[documents[place] for place in row] for row in places.tolist()]
        return rows.assign(**{_CANDIDATES: chosen})

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Tokens ``[examples, 1 + candidates, tokens]``; the right candidate is the first."""
        query, document = self.pooling.query_prompt, self.pooling.document_prompt
        texts = [
            text
            for own, candidates in zip(rows["text"], rows[_CANDIDATES], strict=True)
            for text in (query + own, *(document + candidate for candidate in candidates))
        ]
        inputs = self.texts.inputs(self.texts.encoded(texts, where=where))
        mask = inputs["attention_mask"].reshape(len(rows), -1)
        grouped = {
            name: value.reshape(len(rows), -1, value.shape[-1]) if isinstance(value, Tensor) else value
            for name, value in inputs.items()
        }
        right = torch.zeros(len(rows), dtype=torch.long)
        return Batch(grouped, right, len(rows), padding_mask=mask, pieces=len(texts) // len(rows))


def _rows(value: Tensor) -> Tensor:
    return value.flatten(0, 1) if value.dim() > 2 else value
