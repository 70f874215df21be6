"""`text-gpt2`: a small GPT-2 that continues the standard library's docstrings and reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.language_models import MAX_LENGTH, QUICK, Size, train_language_model


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer and its sample to `out_dir`, and return its card.

    `quick` trains a tiny one in seconds: for tests.
    """
    size = QUICK if quick else Size()
    facts = {
        "id": "zoo/text-gpt2",
        "title": f"GPT-2, {variation.depth or size.layers} layers, Python's documentation",
        "loader": "GPT2LMHeadModel",
        "architecture": "GPT-2",
        "recipe": "analysis_core.zoo.text_gpt2",
    }
    return train_language_model(out_dir, _build, facts, size, seed, progress, variation)


def _build(size: Size, tokenizer: PreTrainedTokenizerFast) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=MAX_LENGTH,
        n_embd=size.hidden,
        n_layer=size.layers,
        n_head=size.heads,
        n_inner=size.feed_forward,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    return GPT2LMHeadModel(config)
