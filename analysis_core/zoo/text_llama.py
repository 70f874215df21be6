"""`text-llama`: a small Llama that continues the standard library's docstrings and reference.

Beside GPT-2 on the same text it shows another way to build a decoder: rotary positions, gated feed-forward parts,
norms without a mean, and two query heads that share each key and value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

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
    size = QUICK if quick else Size(feed_forward=168)
    facts = {
        "id": "zoo/text-llama",
        "title": f"Llama, {variation.depth or size.layers} layers, Python's documentation",
        "loader": "LlamaForCausalLM",
        "architecture": "Llama",
        "recipe": "analysis_core.zoo.text_llama",
    }
    return train_language_model(out_dir, _build, facts, size, seed, progress, variation)


def _build(size: Size, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads // 2,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    return LlamaForCausalLM(config)
