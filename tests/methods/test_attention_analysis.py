"""Attention heads against the library's own maps with retained gradients, one example at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import AttentionHeads
from analysis_core.results import MethodResult
from analysis_core.tasks import task_for
from tests.reference.attention import (
    Show,
    encoder_attention,
    heads_by_hand,
    library_attention,
    swin_attention,
    vit_attention,
)
from tests.toy_attention import (
    Maker,
    one_by_one,
    picture_batches,
    tiny_encoder,
    tiny_gpt2,
    tiny_llama,
    tiny_swin,
    tiny_vit,
    with_gates,
    with_secret_attention,
)
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches


def run(model: UniversalModel, batches: list[Batch]) -> MethodResult:
    method = METHODS.get("attention_analysis")
    assert isinstance(method, ProbeMethod)
    config = AnalysisConfig(analysis_methods=(method.name,))
    statistics = measure(model, batches, task_for(model.task), method.needs(config))
    return method.result(statistics, model.layers, config)


def data_of(make: Maker) -> list[Batch]:
    if make in (tiny_vit, tiny_swin):
        return picture_batches(6 if make is tiny_vit else 8)
    return token_batches(examples=11, batch_size=4)


def with_eager(make: Maker) -> UniversalModel:
    """The same net, attention open from the start, for the reference alone."""
    model = make()
    if hasattr(model.module, "set_attn_implementation"):
        model.module.set_attn_implementation("eager")
    return model


CASES: list[tuple[Maker, Show, bool]] = [
    (tiny_bert, library_attention, False),
    (tiny_gpt2, library_attention, True),
    (tiny_llama, library_attention, True),
    (tiny_vit, vit_attention, False),
    (tiny_encoder, encoder_attention, False),
    (tiny_swin, swin_attention, False),
]
IDS = [make.__name__ for make, _, _ in CASES]


@pytest.mark.parametrize(("make", "show", "causal"), CASES, ids=IDS)
def test_against_the_maps_that_the_library_shows(make: Maker, show: Show, causal: bool) -> None:
    batches = data_of(make)
    result = run(make(), batches)
    importance, entropy, distance = heads_by_hand(with_eager(make), batches, show, causal=causal)
    rows = importance.sum(2)
    np.testing.assert_allclose(result.scores, rows.mean(0), rtol=1e-4)
    np.testing.assert_allclose(result.std_errors, rows.std(0, ddof=1) / np.sqrt(len(rows)), rtol=1e-4)
    np.testing.assert_allclose(result.extras["head_importance"], importance.mean(0), rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(result.extras["entropy"], entropy, rtol=1e-4)
    np.testing.assert_allclose(result.extras["distance_tokens"], distance, rtol=1e-4)
    assert result.reasons == (None,) * len(result.scores)


@pytest.mark.parametrize("make", [case[0] for case in CASES], ids=IDS)
def test_batch_size_and_padding_change_nothing(make: Maker) -> None:
    together, alone = run(make(), data_of(make)), run(make(), one_by_one(data_of(make)))
    for key in ("head_importance", "entropy", "distance_tokens"):
        np.testing.assert_allclose(together.extras[key], alone.extras[key], rtol=2e-4, atol=1e-8)
    np.testing.assert_allclose(together.scores, alone.scores, rtol=2e-4)


@pytest.mark.parametrize("uses", [1, 2])
def test_importance_is_the_derivative_by_a_gate_on_the_head(uses: int) -> None:
    """Michel et al.'s definition; a block that runs twice has one gate for both uses."""
    batches = one_by_one(token_batches(examples=6))
    result, model = run(with_gates(uses), batches), with_gates(uses)
    model.module.eval()
    rows = []
    for one in batches:
        loss = task_for(model.task).losses(model.forward(one), one).sum()
        rows.append(torch.autograd.grad(loss, model.module.block.gates)[0].abs().numpy())
    np.testing.assert_allclose(result.extras["head_importance"][0], np.mean(rows, 0), rtol=1e-4)
    assert result.scores[0] == pytest.approx(np.sum(rows, 1).mean(), rel=1e-4)


def test_the_shape_of_attention_is_that_of_the_first_examples() -> None:
    model, batches, few = tiny_bert(), token_batches(examples=11, batch_size=4), AttentionHeads(shape_examples=6)
    found = measure(model, batches, task_for(model.task), [few])[few]
    first = measure(model, one_by_one(batches)[:6], task_for(model.task), [AttentionHeads()])[AttentionHeads()]
    np.testing.assert_allclose(found.entropy, first.entropy, rtol=1e-4)
    np.testing.assert_allclose(found.distance, first.distance, rtol=1e-4)
    assert len(found.importance) == 11


def test_a_model_without_attention_says_so() -> None:
    result = run(tiny_convolutional(), image_batches())
    assert result.not_applicable == "No layer's attention can be scored. It has no self-attention."
    assert result.scores == (None,) * 4


def test_attention_that_shows_nothing_says_so() -> None:
    result = run(with_secret_attention(), token_batches(examples=4))
    assert result.not_applicable is not None and "never shows its probabilities" in result.not_applicable


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("make", [tiny_bert, tiny_llama, tiny_encoder])
def test_half_precision(make: Maker, dtype: torch.dtype) -> None:
    model, batches = make(), data_of(make)
    exact = run(model, batches)
    model.module.to(dtype)
    rough = run(model, batches)
    np.testing.assert_allclose(rough.scores, exact.scores, rtol=0.1)
    np.testing.assert_allclose(rough.extras["entropy"], exact.extras["entropy"], rtol=0.05, atol=0.02)


def test_other_needs_come_out_the_same_beside_it() -> None:
    """Losses and gradients with attention in the open are those of the fused kernels."""
    model, batches, task = tiny_bert(), token_batches(), task_for(tiny_bert().task)
    config = AnalysisConfig()
    needs = [need for name in ("fisher_information", "gradient_flow") for need in METHODS.get(name).needs(config)]
    fused, eager = measure(model, batches, task, needs), measure(model, batches, task, [*needs, AttentionHeads()])
    np.testing.assert_allclose(eager.losses, fused.losses, rtol=1e-5)
    np.testing.assert_allclose(eager[needs[0]], fused[needs[0]], rtol=1e-4)
    np.testing.assert_allclose(eager[needs[1]].squares, fused[needs[1]].squares, rtol=1e-4)
