"""A fixed part of the walk over transformers' model types, and how they are built small.

All of it: ``uv run python -m tests.universality.walk transformers``.
"""

from __future__ import annotations

import re

import pytest
import torch

from analysis_core.vocabulary import ModalityType
from tests.universality import transformers_types
from tests.universality.cases import DoesNotBuildError, Entry
from tests.universality.shrinking import small_configuration
from tests.universality.shrinking_rules import LAYERS, VOCABULARY
from tests.universality.walking import walk

METHODS = ("fisher_information", "layer_ablation", "neuron_activation")
STRATIFIED = {
    "llama": "decoder",
    "bert": "encoder",
    "t5": "encoder and decoder",
    "vit": "pictures",
    "wav2vec2": "sounds",
    "whisper": "sounds to text",
    "clip": "two towers",
    "qwen2_vl": "pictures in a text",
    "mixtral": "mixture of experts",
    "mamba": "state space",
    "rwkv": "recurrent",
    "gemma4_text": "layers with settings of their own",
}
"""A type of each kind."""


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    cases = transformers_types.cases()
    return {entry.name: entry for entry in walk({name: cases[name] for name in STRATIFIED}, methods=METHODS)}


@pytest.mark.parametrize("name", STRATIFIED)
def test_a_type_is_taken_apart_cut_saved_and_loaded_equal(entries: dict[str, Entry], name: str) -> None:
    entry = entries[name]
    assert entry.reason is None
    assert entry.layers >= 2
    assert set(METHODS) == {*entry.methods, *entry.silent} and "layer_ablation" in entry.methods
    assert entry.removed is not None and entry.equals_skipping and entry.reload_equal
    assert entry.reached == "loaded again"


def test_both_towers_and_both_stacks_have_layers(entries: dict[str, Entry]) -> None:
    assert [len(entries[name].stacks) for name in ("t5", "whisper", "clip")] == [2, 2, 2]


def test_a_configuration_is_shrunk_with_all_its_parts() -> None:
    config = small_configuration("llava")
    text, pictures = config.text_config, config.vision_config
    assert text.num_hidden_layers == pictures.num_hidden_layers == LAYERS
    assert text.vocab_size == VOCABULARY and config.image_token_index < VOCABULARY
    assert text.hidden_size % text.num_attention_heads == 0
    assert pictures.image_size % pictures.patch_size == 0


def test_lists_with_an_entry_a_layer_keep_each_kind() -> None:
    config = small_configuration("gemma3_text")
    assert len(config.layer_types) == config.num_hidden_layers == LAYERS
    assert set(config.layer_types) == {"sliding_attention", "full_attention"}


def test_a_part_without_a_model_of_its_own_does_not_build() -> None:
    with pytest.raises(DoesNotBuildError, match="No model class"):
        transformers_types.build("sam_mask_decoder")


def test_building_is_repeatable_and_knows_what_is_read() -> None:
    one, other = (transformers_types.build("blip") for _ in range(2))
    assert one.modality is ModalityType.MULTIMODAL
    assert all(torch.equal(a, b) for a, b in zip(one.module.parameters(), other.module.parameters(), strict=True))
    assert all(torch.equal(one.inputs[name], other.inputs[name]) for name in ("input_ids", "pixel_values"))


def test_every_type_has_a_case() -> None:
    assert list(transformers_types.cases()) == list(transformers_types.MODEL_TYPES)
    assert all(re.fullmatch(r"[\w.\-]+", name) for name in transformers_types.MODEL_TYPES)
