"""Settings that would run code, fetch something or ask for too much are refused."""

from __future__ import annotations

from typing import Any

import pytest

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.configuration import check_configuration
from analysis_core.models.tensor_headers import TensorHeader

TENSORS = {f"layer.{index}.weight": TensorHeader("F32", (8, 8)) for index in range(12)}
PLAIN: dict[str, Any] = {
    "_name_or_path": "google-bert/bert-base-uncased",
    "model_type": "bert",
    "architectures": ["BertForSequenceClassification"],
    "hidden_act": "gelu",
    "num_hidden_layers": 12,
    "id2label": {"0": "news/sport", "1": "news/art"},
    "label2id": {"news/sport": 0},
    "dtype": "float32",
    "transformers_version": "5.23.0",
    "attn_implementation": "sdpa",
    "rope_parameters": {"rope_type": "default"},
    "eos_token_id": [1, 2],
}


def test_an_ordinary_configuration_passes() -> None:
    check_configuration(PLAIN, TENSORS)


@pytest.mark.parametrize(
    "settings",
    [
        {"auto_map": {"AutoModel": "modeling.Model"}},
        {"auto_map": "someone/repo--modeling.Model"},
        {"trust_remote_code": True},
        {"text_config": {"auto_map": {"AutoModel": "x.Y"}}},
        {"parts": [{"trust_remote_code": True}]},
    ],
)
def test_code_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UnsafeFileError, match="asks to run code"):
        check_configuration(PLAIN | settings, TENSORS)


@pytest.mark.parametrize(
    "settings",
    [
        {"attn_implementation": "someone/kernels"},
        {"_attn_implementation": "someone/kernels"},
        {"_attn_implementation_internal": "flash_attention_2"},
        {"_attn_implementation": {"": "someone/kernels@main:fast"}},
        {"vision_config": {"attn_implementation": "paged|someone/kernels"}},
        {"_experts_implementation": "someone/experts"},
        {"attn_implementation": 1},
    ],
)
def test_only_known_attention_is_let_in(settings: dict[str, Any]) -> None:
    with pytest.raises(UnsafeFileError, match="implementation"):
        check_configuration(PLAIN | settings, TENSORS)


@pytest.mark.parametrize(
    "settings",
    [
        {"quantization_config": {"quant_method": "gptq"}},
        {"transformers_weights": "pytorch_model.bin"},
        {"use_pretrained_backbone": True},
        {"fusion_config": {"patch_embeddings": True}},
        {"model_args": {"checkpoint_path": "weights.pth"}},
    ],
)
def test_other_ways_to_weights_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UnsafeFileError, match="is refused"):
        check_configuration(PLAIN | settings, TENSORS)


@pytest.mark.parametrize(
    "settings",
    [
        {"backbone": "microsoft/resnet-50"},
        {"question_encoder": {"name": "facebook/dpr"}},
        {"models": ["a", "someone/else@main"]},
    ],
)
def test_other_repositories_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UnsafeFileError, match="another repository"):
        check_configuration(PLAIN | settings, TENSORS)


@pytest.mark.parametrize("key", ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "depth"])
def test_3000_layers_over_twelve_tensors_are_refused(key: str) -> None:
    with pytest.raises(ModelError, match="asks for 3000 layers, but the weights hold 12 tensors"):
        check_configuration(PLAIN | {key: 3000}, TENSORS)


def test_a_model_that_shares_one_layer_may_be_deep_but_not_endless() -> None:
    check_configuration(PLAIN | {"model_type": "albert", "num_hidden_layers": 24}, TENSORS)
    with pytest.raises(ModelError, match="100000 layers"):
        check_configuration(PLAIN | {"model_type": "albert", "num_hidden_layers": 100_000}, TENSORS)


def test_numbers_beyond_reason_are_refused_unless_a_tensor_has_that_size() -> None:
    with pytest.raises(ModelError, match="larger than any real model's"):
        check_configuration(PLAIN | {"max_position_embeddings": 10**12}, TENSORS)
    large = TENSORS | {"embedding": TensorHeader("F32", (2**25, 1))}
    check_configuration(PLAIN | {"vocab_size": 2**25}, large)
