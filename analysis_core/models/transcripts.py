"""Transcripts as a decoder learns them: what it reads, what it is to write, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from analysis_core.errors import DataError
from analysis_core.tasks.base import NO_TARGET

_LONGEST_KEYS = ("max_target_positions", "max_position_embeddings")


def decoder_tokens(
    texts: Sequence[str], wheres: Sequence[str], tokenizer: Any, config: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """What a decoder reads, what it is to write, and which places are real, each ``[texts, tokens]``.

    Args:
        texts: what is spoken.
        wheres: how each is called in errors.
        tokenizer: ends every text by itself; a start that it adds is left out of what is to be written.
        config: of the model: ``decoder_start_token_id``, ``pad_token_id`` and the decoder's longest input.

    Raises:
        DataError: names the first transcript that is empty or too long.
    """
    start, padding = int(config.decoder_start_token_id), int(config.pad_token_id or 0)
    longest = next((limit for key in _LONGEST_KEYS if (limit := getattr(config, key, None))), None)
    rows = []
    for text, where in zip(texts, wheres, strict=True):
        check_transcript(text, where)
        tokens = list(tokenizer(text)["input_ids"])
        tokens = tokens[1:] if tokens[:1] == [start] else tokens
        if longest is not None and len(tokens) > longest:
            raise DataError(
                f"The transcript takes {len(tokens)} tokens; the model writes at most {longest}.",
                where=where,
                remedy="Cut the sound and its transcript into pieces.",
            )
        rows.append(torch.tensor(tokens))
    written = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=NO_TARGET)
    read = torch.cat([torch.full((len(rows), 1), start), written[:, :-1]], dim=1)
    return read.masked_fill(read == NO_TARGET, padding), written, (written != NO_TARGET).long()


def check_transcript(text: Any, where: str) -> None:
    """Refuse what nobody can have said.

    Raises:
        DataError: it is no text, or empty.
    """
    if not isinstance(text, str) or not text.strip():
        raise DataError("The transcript is empty.", where=where, remedy="Write down what is spoken, or leave it out.")
