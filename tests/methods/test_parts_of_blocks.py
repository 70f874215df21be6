"""Every method on attention and feed-forward parts, against the same thing done by hand on the block's modules."""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn

from analysis_core import create_analyzer
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.models.plain import ModuleModel
from analysis_core.models.sublayers import SublayerModel
from tests.methods.contract import result_of
from tests.reference.gradients import per_example_squared_norms
from tests.reference.similarity import linear_cka
from tests.toys import tiny_bert, token_batches

BATCHES = token_batches(examples=12, batch_size=6)


def pictures(examples: int = 12, batch_size: int = 6) -> list[Batch]:
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(examples, 3, 16, 16, generator=generator)
    labels = torch.randint(3, (examples,), generator=generator)
    return [
        Batch(inputs[i : i + batch_size], labels[i : i + batch_size], batch_size, first=i)
        for i in range(0, examples, batch_size)
    ]


def vit() -> UniversalModel:
    torch.manual_seed(0)
    module = timm.create_model(
        "vit_tiny_patch16_224", img_size=16, patch_size=8, embed_dim=24, depth=3, num_heads=2, num_classes=3
    ).eval()
    for weight in module.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=0.2)
    return ModuleModel(module, example=pictures()[0])


def losses(module: nn.Module, batches: list[Batch]) -> np.ndarray:
    with torch.no_grad():
        found = [
            nn.functional.cross_entropy(module(batch.inputs), batch.targets, reduction="none") for batch in batches
        ]
    return torch.cat(found).double().numpy()


class Silent(nn.Module):
    """Stands where a part stood, and adds nothing."""

    def forward(self, hidden: Tensor, *_: object, **__: object) -> Tensor:
        return torch.zeros_like(hidden)


def test_ablation_of_a_part_is_ablation_of_what_it_adds() -> None:
    base, batches = vit(), pictures()
    result = result_of("layer_ablation", SublayerModel(base, batches[0]), batches)
    intact, expected = losses(base.module, batches), []
    for block in range(3):
        for part in ("attn", "mlp"):
            twin = copy.deepcopy(base.module)
            setattr(twin.blocks[block], part, Silent())
            expected.append((losses(twin, batches) - intact).mean())
    np.testing.assert_allclose(result.scores, expected, rtol=1e-4, atol=1e-6)


def test_fisher_of_the_parts_adds_up_to_that_of_the_block() -> None:
    base = tiny_bert()
    parts = result_of("fisher_information", SublayerModel(base, BATCHES[0]), BATCHES)
    np.testing.assert_allclose(
        np.reshape(parts.scores, (-1, 2)).sum(1), per_example_squared_norms(base, BATCHES).mean(0), rtol=1e-5
    )


def test_the_stream_is_seen_on_both_sides_of_a_part() -> None:
    """CKA of a pre-norm block's parts, from the stream caught by hand."""
    base, batches = vit(), pictures()
    result = result_of("layer_correlation", SublayerModel(base, batches[0]), batches)
    streams: list[np.ndarray] = []
    with torch.no_grad():
        hidden = torch.cat([base.module.norm_pre(base.module._pos_embed(base.module.patch_embed(b.inputs)))
                            for b in batches])  # fmt: skip
        streams.append(hidden.mean(1).double().numpy())
        for block in base.module.blocks:
            for part in (lambda h, b=block: b.attn(b.norm1(h)), lambda h, b=block: b.mlp(b.norm2(h))):
                hidden = hidden + part(hidden)
                streams.append(hidden.mean(1).double().numpy())
    expected = [1 - linear_cka(a, b) for a, b in pairwise(streams)]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-3, atol=1e-5)


def test_attention_is_scored_where_it_is_and_nowhere_else() -> None:
    base = tiny_bert()
    parts = result_of("attention_analysis", SublayerModel(base, BATCHES[0]), BATCHES)
    whole = result_of("attention_analysis", base, BATCHES)
    np.testing.assert_allclose(parts.scores[::2], whole.scores, rtol=1e-5)
    assert set(parts.scores[1::2]) == {None}
    assert all(parts.reasons[index] for index in range(1, len(parts.scores), 2))


def test_shapley_of_parts_sums_to_full_minus_empty() -> None:
    base = tiny_bert(layers=2)
    result = result_of("layer_shapley", SublayerModel(base, BATCHES[0]), BATCHES)
    check = result.extras["efficiency"]
    assert check["sum"] == pytest.approx(check["full_value"] - check["empty_value"], abs=1e-9)
    assert result.extras["exact"] and len(result) == 4


def test_a_run_cuts_the_model_and_compression_plans_in_parts() -> None:
    adapter = create_analyzer(
        model_name="zoo/vision-vit", analysis_methods=["block_influence", "layer_ablation"], max_samples=16,
        granularity="sublayer",
    )  # fmt: skip
    adapter.load_model()
    report = adapter.analyze_importance()
    assert len(report.layers) == 24 and report.model["granularity"] == "sublayer"
    assert report.layers[0].name == "blocks.0.attn" and report.layers[0].stack == "blocks.0"
    plan = adapter.generate_compression_plan(2.0, strategy="block_influence")
    assert plan.original_layers == 24 and plan.compressed_layers == 12
