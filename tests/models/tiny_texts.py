"""Small folders of text models that write, mark answers and embed, built in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tiny_models import LABELS
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from analysis_core.models.pooling import mean_pooling_files
from analysis_core.zoo.subwords import AS_BERT, WRITTEN, Reading, save_tokenizer, train_tokenizer

SENTENCES = ["the river is long and cold", "a mountain is high", "which river is long", "cold water runs down"]
VOCABULARY, WIDTH, LONGEST = 60, 8, 24
SPECIAL = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
BERT: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 16, "max_position_embeddings": LONGEST, "pad_token_id": 0,
}  # fmt: skip


def _saved(folder: Path, module: PreTrainedModel, reading: Reading) -> Path:
    module.save_pretrained(folder)
    save_tokenizer(train_tokenizer(SENTENCES, VOCABULARY, LONGEST, reading), folder)
    return folder


def t5_folder(folder: Path, **changes: Any) -> Path:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=VOCABULARY, d_model=WIDTH, d_kv=4, d_ff=16, num_layers=2, num_decoder_layers=3, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=3, **changes,
    )  # fmt: skip
    return _saved(folder, T5ForConditionalGeneration(config), WRITTEN)


def bart_folder(folder: Path) -> Path:
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=WIDTH, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=LONGEST,
        decoder_start_token_id=3, forced_eos_token_id=3, **SPECIAL,
    )  # fmt: skip
    return _saved(folder, BartForConditionalGeneration(config), WRITTEN)


def questions_folder(folder: Path) -> Path:
    torch.manual_seed(0)
    return _saved(folder, BertForQuestionAnswering(BertConfig(**BERT)), AS_BERT)


def encoder_folder(folder: Path, *, described: bool = True, **pooling: Any) -> Path:
    """An encoder as sentence-transformers keeps one; without a description it is an encoder and no more."""
    torch.manual_seed(0)
    _saved(folder, BertModel(BertConfig(**BERT, num_labels=len(LABELS))), AS_BERT)
    if described:
        for name, content in mean_pooling_files(WIDTH).items():
            (folder / name).parent.mkdir(exist_ok=True)
            changed = name.startswith("1_") and pooling
            written = {"word_embedding_dimension": WIDTH, **pooling} if changed else content
            (folder / name).write_text(json.dumps(written))
    return folder
