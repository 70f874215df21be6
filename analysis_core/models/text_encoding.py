"""Texts as a model takes them: tokens, cut to its length, padded behind to the longest of a batch."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.errors import DataError, ModelError

LONGEST_TEXT_TOKENS = 512
"""Where neither the tokenizer nor the model names a limit, texts are cut to so many tokens."""
_UNLIMITED = 10**6
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "roberta-prelayernorm"})
"""Model types that count positions from 2, so that two of their position embeddings hold no token."""


@dataclass(frozen=True)
class TextEncoding:
    """What stands between texts and a network's arguments.

    Args:
        module: the network.
        tokenizer: a transformers tokenizer that fits it.
        name: how the model is called in errors.
    """

    module: nn.Module
    tokenizer: Any
    name: str = field(default="model")

    @property
    def config(self) -> Any:
        """The network's configuration; None where it has none."""
        return getattr(self.module, "config", None)

    @property
    def longest_tokens(self) -> int:
        """Texts are cut to so many tokens: the tokenizer's or the model's own limit, the smaller one."""
        limits = [self.tokenizer.model_max_length, getattr(self.config, "max_position_embeddings", None)]
        known = [int(limit) for limit in limits if limit and 0 < limit < _UNLIMITED]
        offset = 2 if getattr(self.config, "model_type", "") in _OFFSET_POSITIONS else 0
        return min(known) - offset if known else LONGEST_TEXT_TOKENS

    @cached_property
    def accepted(self) -> Mapping[str, inspect.Parameter]:
        """The arguments that the network takes, by name."""
        return inspect.signature(self.module.forward).parameters

    def encoded(self, *texts: Sequence[str], where: str, **settings: Any) -> Mapping[str, Any]:
        """Texts, or pairs of texts, as the tokenizer returns them: ``[examples, tokens]`` each.

        Raises:
            DataError: not one of them holds a token.
        """
        settings = {"truncation": True, "max_length": self.longest_tokens, **settings}
        # Padding stands behind: decoders count positions from the first token, and what follows is never looked at.
        found: Mapping[str, Any] = self.tokenizer(
            *(list(part) for part in texts), padding=True, padding_side="right", return_tensors="pt", **settings
        )
        if found["input_ids"].shape[1] == 0:
            raise DataError("Every text of a batch is empty.", where=where, remedy="Leave empty texts out.")
        return found

    def inputs(self, encoded: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments of the network for encoded texts."""
        tokens = encoded["input_ids"]
        mask = encoded.get("attention_mask")
        found = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens) if mask is None else mask}
        if "token_type_ids" in encoded and "token_type_ids" in self.accepted:
            found["token_type_ids"] = encoded["token_type_ids"]
        return found | ({"use_cache": False} if "use_cache" in self.accepted else {})

    def decoder_inputs(self, labels: Tensor) -> dict[str, Tensor]:
        """What a decoder reads to foresee ``labels`` ``[examples, tokens]``: the same, one place later.

        Raises:
            ModelError: the network does not say how it begins.
        """
        shift = getattr(self.module, "prepare_decoder_input_ids_from_labels", None)
        if shift is None:
            raise ModelError(
                f"'{type(self.module).__name__}' does not say how its decoder begins a text.",
                where=self.name,
                remedy="Use an encoder-decoder of transformers with a language modelling head.",
            )
        shifted: Tensor = shift(labels=labels)
        return {"decoder_input_ids": shifted}


def refuse_empty(rows: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """See that a column of all the data holds some text.

    Raises:
        DataError: not one example has any.
    """
    for name in columns:
        if len(rows) and all(map(_is_blank, rows[name])):
            raise DataError(f"Every '{name}' is empty.", where=where, remedy="Give examples that hold some text.")


def check_texts(rows: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """See that every example has its texts.

    Args:
        rows: numbered by their position in the data.
        columns: that must hold a text with more than white space.
        where: how the data is called in errors.

    Raises:
        DataError: names the first example that lacks one.
    """
    for name in columns:
        bad = list(map(_is_blank, rows[name]))
        if any(bad):
            number = rows.index[bad.index(True)]
            others = " or ".join(f"'{other}'" for other in columns if other != name)
            raise DataError(
                f"Example {number} has no '{name}'" + (f" to go with its {others}." if others else "."),
                where=where,
                remedy="Fill it in, or leave the example out.",
            )


def _is_blank(text: object) -> bool:
    return not isinstance(text, str) or not text.strip()
