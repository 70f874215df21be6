"""Smaller models whose depth no plain name tells: towers, lists, shares, overrides, outputs, patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from analysis_core.compression.removal.configuration import Cut
from analysis_core.compression.removal.elsewhere import adopt_counts, cut_shares
from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.errors import SurgeryError
from tests.compression.models import TinyModel
from tests.compression.test_surgery import skipped

TOKENS = torch.tensor([[5, 9, 3, 17, 8, 6], [4, 4, 11, 2, 19, 7]])
WORDS = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "max_position_embeddings": 32}
HEADS = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8}


def gemma4_text() -> TinyModel:
    """Two kinds of layers with overrides of their own, and a table with a share for each layer."""
    from transformers import Gemma4ForCausalLM, Gemma4TextConfig

    torch.manual_seed(0)
    kinds = ["sliding_attention", "full_attention", "sliding_attention", "full_attention"]
    config = Gemma4TextConfig(
        **WORDS,
        **HEADS,
        num_hidden_layers=4,
        layer_types=kinds,
        global_head_dim=16,
        hidden_size_per_layer_input=4,
        vocab_size_per_layer_input=40,
        num_kv_shared_layers=0,
        sliding_window=4,
        pad_token_id=0,
    )
    return TinyModel(Gemma4ForCausalLM(config), ["model.layers"])


def gpt_neo() -> TinyModel:
    from transformers import GPTNeoConfig, GPTNeoForCausalLM

    torch.manual_seed(0)
    config = GPTNeoConfig(
        vocab_size=40,
        hidden_size=16,
        num_layers=4,
        num_heads=2,
        attention_types=[[["global", "local"], 2]],
        window_size=3,
        max_position_embeddings=32,
        bos_token_id=1,
        eos_token_id=2,
    )
    return TinyModel(GPTNeoForCausalLM(config), ["transformer.h"])


def deepseek() -> TinyModel:
    """The first layers are dense, the others mixtures: a number in the configuration says how many."""
    from transformers import DeepseekV3Config, DeepseekV3ForCausalLM

    torch.manual_seed(0)
    config = DeepseekV3Config(
        **WORDS,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        q_lora_rank=8,
        kv_lora_rank=8,
        qk_nope_head_dim=8,
        qk_rope_head_dim=4,
        v_head_dim=8,
        moe_intermediate_size=8,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_group=1,
        topk_group=1,
        first_k_dense_replace=2,
    )
    return TinyModel(DeepseekV3ForCausalLM(config), ["model.layers"])


def run(module: nn.Module) -> Tensor:
    with torch.no_grad():
        logits: Tensor = module(input_ids=TOKENS, use_cache=False).logits
    return logits


@pytest.mark.parametrize(("build", "removed"), [(gpt_neo, 1), (deepseek, 0), (deepseek, 3)])
def test_what_is_left_computes_what_skipping_computes(build: Callable[[], TinyModel], removed: int) -> None:
    model = build()
    smaller = remove_layers(model, [removed])
    with skipped(model, [removed]):
        expected = run(model.module)
    torch.testing.assert_close(run(smaller), expected, rtol=1e-5, atol=1e-6)


def test_runs_of_layer_types_are_written_out() -> None:
    smaller: Any = remove_layers(gpt_neo(), [1])
    assert smaller.config.attention_types == [[["global", "global", "local"], 1]]
    assert smaller.config.attention_layers == ["global", "global", "local"]


@pytest.mark.parametrize(("removed", "dense"), [(0, 1), (3, 2)])
def test_a_number_of_leading_layers_follows(removed: int, dense: int) -> None:
    smaller: Any = remove_layers(deepseek(), [removed])
    assert (smaller.config.num_hidden_layers, smaller.config.first_k_dense_replace) == (3, dense)


def test_shares_and_overrides_of_single_layers_go_with_them() -> None:
    model: Any = gemma4_text()
    smaller: Any = remove_layers(model, [0])
    table, before = smaller.model.embed_tokens_per_layer.weight, model.module.model.embed_tokens_per_layer.weight
    assert table.shape == (40, 12) and torch.equal(table, before[:, 4:])
    assert smaller.config.layer_types == ["full_attention", "sliding_attention", "full_attention"]
    assert [layer.head_dim for layer in smaller.config.per_layer_config] == [16, 8, 16]
    with skipped(model, [0]):
        expected = run(model.module)
    torch.testing.assert_close(run(smaller), expected, rtol=1e-5, atol=1e-6)


def test_a_tower_leaves_the_depth_of_the_whole_alone() -> None:
    from transformers import CLIPConfig, CLIPModel

    part = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2, "num_hidden_layers": 3}
    picture = {"image_size": 8, "patch_size": 4, "projection_dim": 8}
    config = CLIPConfig(
        text_config={**part, "vocab_size": 40, "projection_dim": 8}, vision_config=part | picture, projection_dim=8
    )
    smaller: Any = remove_layers(TinyModel(CLIPModel(config), ["text_model.encoder.layers"]), [1])
    assert (smaller.config.text_config.num_hidden_layers, smaller.config.vision_config.num_hidden_layers) == (2, 3)


def test_outputs_of_a_backbone_are_renumbered() -> None:
    from transformers import Dinov2Backbone, Dinov2Config

    config = Dinov2Config(
        hidden_size=8, num_hidden_layers=4, num_attention_heads=2, image_size=8, patch_size=4, out_indices=[2, 4]
    )
    model = TinyModel(Dinov2Backbone(config), ["encoder.layer"])
    smaller: Any = remove_layers(model, [0])
    assert smaller.config.stage_names == ["stem", "stage1", "stage2", "stage3"]
    assert list(smaller.config.out_indices) == [1, 3]


def test_shares_that_do_not_fit_change_nothing() -> None:
    cut = Cut("layers", ("0", "1", "2"), (1,))
    ours, theirs = nn.Linear(4, 9), nn.Linear(4, 5)
    weight = ours.weight
    assert not cut_shares(ours, theirs, cut)
    assert ours.weight is weight


def test_shares_lie_one_after_the_other() -> None:
    cut = Cut("layers", ("0", "1", "2"), (1,))
    ours, theirs = nn.Linear(2, 6, bias=False), nn.Linear(2, 4, bias=False)
    expected = ours.weight[[0, 1, 4, 5]]
    assert cut_shares(ours, theirs, cut)
    assert torch.equal(ours.weight, expected) and ours.out_features == 4


def test_counts_elsewhere_follow_the_rebuilt_model() -> None:
    class Counting(nn.Module):
        def __init__(self, depth: int) -> None:
            super().__init__()
            self.depth, self.other = depth, 3

    ours = Counting(3)
    adopt_counts(ours, Counting(2), Cut("layers", ("0", "1", "2"), (1,)))
    assert (ours.depth, ours.other) == (2, 3)


def test_the_last_attention_layer_of_a_hybrid_stays() -> None:
    from transformers import Lfm2Config, Lfm2ForCausalLM

    torch.manual_seed(0)
    config = Lfm2Config(
        **WORDS,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        layer_types=["conv", "full_attention", "conv"],
        block_multiple_of=8,
    )
    model = TinyModel(Lfm2ForCausalLM(config), ["model.layers"])
    assert remove_layers(model, [0]) is not None
    with pytest.raises(SurgeryError, match="last attention layer"):
        remove_layers(model, [1])
