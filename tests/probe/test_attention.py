"""Opening attention: the same numbers, every library, and all back as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.attention import eager_attention, probabilities_in, self_attentions
from analysis_core.probe.needs import AttentionHeads
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.probe.test_shared_pass import assert_same, snapshot
from tests.toy_attention import (
    Maker,
    picture_batches,
    tiny_encoder,
    tiny_gpt2,
    tiny_llama,
    tiny_swin,
    tiny_vit,
)
from tests.toys import tiny_bert, token_batches

MAKERS: list[Maker] = [tiny_bert, tiny_gpt2, tiny_llama, tiny_vit, tiny_swin, tiny_encoder]


def data_of(make: Maker) -> list[Batch]:
    if make in (tiny_vit, tiny_swin):
        return picture_batches(6 if make is tiny_vit else 8)
    return token_batches(examples=11, batch_size=4)


def logits(model: UniversalModel, batch: Batch) -> torch.Tensor:
    outputs = model.forward(batch)
    return outputs if isinstance(outputs, torch.Tensor) else outputs.logits


def settings_of(module: nn.Module) -> dict[str, Any]:
    """Everything that decides how attention is computed."""
    found: dict[str, Any] = {"fast path": torch.backends.mha.get_fastpath_enabled()}
    for name, part in module.named_modules():
        config = getattr(part, "config", None)
        found[name] = (
            getattr(part, "fused_attn", None),
            vars(part).get("_attn_implementation"),
            getattr(config, "_attn_implementation", None),
            "forward" in vars(part),
        )
    return found


@pytest.mark.parametrize("make", MAKERS)
def test_the_model_computes_the_same(make: Maker) -> None:
    model, batch = make(), data_of(make)[0]
    model.module.eval()
    ways = settings_of(model.module)
    with torch.no_grad():
        usual = logits(model, batch)
        with eager_attention(model.module):
            assert settings_of(model.module) != ways or make is tiny_swin, "Swin computes it openly as it is"
            torch.testing.assert_close(logits(model, batch), usual, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("fail", [False, True])
def test_everything_is_back_as_it_was(make: Maker, fail: bool) -> None:
    model, batches = make(), data_of(make)
    model.module.train()
    before, ways = snapshot(model), settings_of(model.module)
    if fail:
        broken = Batch(batches[1].inputs, None, batches[1].size, batches[1].padding_mask)
        with pytest.raises(DataError, match="carry no labels"):
            run_shared_pass(model, [batches[0], broken], task_for(model.task), [AttentionHeads()])
    else:
        run_shared_pass(model, batches, task_for(model.task), [AttentionHeads()])
    assert_same(before, snapshot(model))
    assert settings_of(model.module) == ways


def test_only_a_need_that_asks_opens_attention() -> None:
    model, seen = tiny_bert(), []
    layer = model.layer_modules[0]
    handle = layer.register_forward_hook(lambda *_: seen.append(model.module.config._attn_implementation))
    try:
        run_shared_pass(model, token_batches(examples=2), task_for(model.task), [])
        run_shared_pass(model, token_batches(examples=2), task_for(model.task), [AttentionHeads()])
    finally:
        handle.remove()
    assert seen == ["sdpa", "eager"]


@pytest.mark.parametrize("arguments", [{}, {"need_weights": False}, {"average_attn_weights": False}])
def test_callers_of_multi_head_attention_get_what_they_ask_for(arguments: dict[str, bool]) -> None:
    torch.manual_seed(0)
    attention, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(3, 5, 8)
    with torch.no_grad():
        output, weights = attention(x, x, x, **arguments)
        with eager_attention(attention):
            opened = attention(x, x, x, **arguments)
    torch.testing.assert_close(opened[0], output)
    assert len(opened) == 2 and (weights is None) == (opened[1] is None)
    if weights is not None:
        torch.testing.assert_close(opened[1], weights)
    assert probabilities_in(opened).shape == (3, 2, 5, 5)


def test_attention_to_another_sequence_does_not_count() -> None:
    layer = nn.TransformerDecoderLayer(8, 2, 12, batch_first=True)
    assert [found.module for found in self_attentions(layer)] == [layer.self_attn]


def test_what_are_probabilities() -> None:
    scores = torch.randn(2, 3, 4, 4)
    assert probabilities_in((scores, scores.softmax(-1))) is not None
    assert probabilities_in(scores) is None and probabilities_in(scores.abs()) is None
    assert probabilities_in(scores[0].softmax(-1)) is None, "three dimensions have no heads"
    assert probabilities_in(None) is None
