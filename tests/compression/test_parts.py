"""Attention and feed-forward parts that are really taken out of their blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_equal
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.compression.shrinking.compact import has_silence
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.plain import ModuleModel
from analysis_core.models.sublayers import SublayerModel
from analysis_core.probe.replay import Replayer
from analysis_core.probe.skipping import are_same, outputs_without
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.cutting import cut_and_measure
from tests.compression import models
from tests.compression.models import TinyModel, inputs_for
from tests.toys import tiny_bert, token_batches


def in_parts(base: TinyModel) -> tuple[SublayerModel, Batch]:
    inputs: Any = inputs_for(base)
    batch = Batch(inputs.get("x", inputs), None, 3)
    return SublayerModel(base, batch), batch


def without(model: SublayerModel, removed: list[int]) -> SublayerModel:
    smaller = compressed_model(model, remove_layers(model, removed), removed)
    assert isinstance(smaller, SublayerModel)
    return smaller


def flops(model: UniversalModel, batch: Batch) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.forward(batch)
    return int(counter.get_total_flops())


ARCHITECTURES = [models.bert, models.gpt2, models.llama, models.t5, models.bart, models.vit]


@pytest.mark.parametrize("build", ARCHITECTURES, ids=lambda build: build.__name__)
def test_what_is_left_computes_what_skipping_computes(build: Callable[[], TinyModel]) -> None:
    model, batch = in_parts(build())
    before = {name: weight.clone() for name, weight in model.module.state_dict().items()}
    for removed in ([0], [1], [2, 3], [1, 4]):
        smaller = without(model, removed)
        with torch.no_grad():
            assert are_same(outputs_without(model, batch, removed), smaller.forward(batch))
        gone = sum(model.layers[index].parameters for index in removed)
        # Norms on the stream behind a part stay, and so does the position bias that T5's first attention hands on.
        assert 0.8 * gone <= model.parameter_count - smaller.parameter_count <= gone
        assert flops(smaller, batch) < flops(model, batch)
        assert [layer.name for layer in smaller.layers] == [
            layer.name for layer in model.layers if layer.index not in removed
        ]
    assert all(torch.equal(weight, before[name]) for name, weight in model.module.state_dict().items())


@pytest.mark.parametrize("removed", [[0], [2, 3, 4]], ids=str)
@pytest.mark.parametrize("build", [models.gpt2, models.llama], ids=lambda build: build.__name__)
def test_a_decoder_generates_with_its_cache(build: Callable[[], TinyModel], removed: list[int]) -> None:
    model, batch = in_parts(build())
    _check_cache(without(model, removed), batch)


@pytest.mark.parametrize("build", [models.t5, models.bart], ids=lambda build: build.__name__)
def test_an_encoder_decoder_generates_with_its_cache(build: Callable[[], TinyModel]) -> None:
    model, batch = in_parts(build())
    first = next(layer.index for layer in model.layers if "decoder" in layer.name)
    for removed in ([first], [first + 3], [first + 1, first + 4]):
        _check_cache(without(model, removed), batch)


def _check_cache(model: UniversalModel, batch: Batch) -> None:
    module: Any = model.module
    module.generation_config.eos_token_id = None
    tokens: Any = batch.inputs
    settings = {"do_sample": False, "max_new_tokens": 6}
    with_cache, alone = (module.generate(tokens["input_ids"], use_cache=use, **settings) for use in (True, False))
    assert torch.equal(with_cache, alone)


def test_attentions_that_a_cache_needs_where_they_are_stay() -> None:
    model, _ = in_parts(models.qwen2())
    with pytest.raises(SurgeryError, match="several kinds"):
        remove_layers(model, [0])
    without(model, [1])
    decoder, _ = in_parts(models.gpt2(2))
    with pytest.raises(SurgeryError, match="last attention"):
        remove_layers(decoder, [0, 2])


@pytest.mark.parametrize("build", [models.bert, models.gpt2, models.vit], ids=lambda build: build.__name__)
def test_an_export_comes_back_equal_in_a_process_of_its_own(build: Callable[[], TinyModel], tmp_path: Path) -> None:
    model, batch = in_parts(build())
    removed = [2, 3, 5]
    folder = export(without(model, removed), tmp_path / "out", plan=plan_from_removed(model.layers, removed))
    assert reload_equal(without(model, removed), folder, batch)


class OwnBlock(nn.Module):
    """A block whose layers stand in it one by one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.fc1, self.fc2 = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        added: Tensor = self.fc2(torch.relu(self.fc1(self.norm2(x))))
        return x + added


class Elsewhere(nn.Module):
    """A block that adds nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.linear(x)
        return torch.tanh(hidden)


def own(*blocks: nn.Module) -> tuple[SublayerModel, Batch]:
    torch.manual_seed(0)
    batch = Batch(torch.randn(2, 5, 8), None, 2)
    return SublayerModel(ModuleModel(nn.Sequential(*blocks).eval(), example=batch), batch), batch


def test_layers_that_stand_in_a_block_one_by_one_fall_silent() -> None:
    model, batch = own(*(OwnBlock(8) for _ in range(3)))
    smaller = without(model, [1, 2])
    assert model.parameter_count - smaller.parameter_count == model.layers[1].parameters + model.layers[2].parameters
    longer = Batch(torch.randn(4, 9, 8), None, 4)
    for examples in (batch, longer):
        torch.testing.assert_close(smaller.forward(examples), outputs_without(model, examples, [1, 2]))


@pytest.mark.parametrize("removed", [[0], [1], [0, 1]], ids=str)
def test_blocks_of_torch_itself_leave_their_fast_path(removed: list[int]) -> None:
    model, batch = own(*(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) for _ in range(2)))
    smaller = without(model, removed)
    with torch.no_grad():
        torch.testing.assert_close(smaller.forward(batch), outputs_without(model, batch, removed))


def test_blocks_that_are_layers_as_a_whole_go_with_the_parts() -> None:
    model, batch = own(OwnBlock(8), Elsewhere(8), OwnBlock(8))
    smaller = without(model, [2, 3])
    assert len(smaller.base.layers) == 2 and [layer.name for layer in smaller.layers] == [
        "0.attention", "0.fc1", "1.fc1"
    ]  # fmt: skip
    torch.testing.assert_close(smaller.forward(batch), outputs_without(model, batch, [2, 3]))


def test_a_module_of_several_places_stays() -> None:
    first, second = OwnBlock(8), OwnBlock(8)
    second.fc1 = first.fc1
    model, _ = own(first, second)
    with pytest.raises(SurgeryError, match="used in 2 places"):
        remove_layers(model, [1])


def test_half_precision_keeps_its_type() -> None:
    base = models.llama()
    base.module.bfloat16()
    model, batch = in_parts(base)
    smaller = without(model, [2, 3])
    output: Any = smaller.forward(batch)
    assert output.logits.dtype is torch.bfloat16 and output.logits.isfinite().all()
    assert {weight.dtype for weight in remove_layers(base, [1]).parameters()} == {torch.bfloat16}
    _check_cache(smaller, batch)


def test_a_smaller_model_can_be_cut_and_analysed_again() -> None:
    batch = token_batches(examples=2)[0]
    model = SublayerModel(tiny_bert(), batch)
    smaller = without(model, [2, 3])
    config = AnalysisConfig(analysis_methods=("layer_ablation",), granularity="sublayer")  # type: ignore[arg-type]
    report = analyze(smaller, token_batches(), config, {"layer_ablation": METHODS.get("layer_ablation")})
    assert len(report.layers) == 6 and report.model["layers"] == 6
    again = without(smaller, [0])
    assert [layer.name for layer in again.layers] == [layer.name for layer in smaller.layers][1:]


def test_greedy_over_parts_chooses_what_the_naive_way_chooses() -> None:
    batches = token_batches()
    model = SublayerModel(tiny_bert(), batches[0])
    task = task_for(model.task, model.modality)
    chosen: list[int] = []
    for _ in range(3):
        trials = {
            index: Replayer(model, task, batches).outcome([*chosen, index]).losses.mean()
            for index in range(len(model.layers))
            if index not in chosen
        }
        chosen.append(min(trials, key=lambda index: (trials[index], -index)))
    plan, _ = choose_layers(model, batches, 8 / 5, "greedy", protect=())
    assert list(plan.removal_order) == chosen
    result = cut_and_measure(model, plan, token_batches(), latency_pairs=2)
    assert has_silence(result.model) and plan.original_layers == 8 and plan.compressed_layers == 5
    skipped = Replayer(model, task, batches).outcome(chosen).losses
    again = Replayer(result.universal, task, batches).outcome().losses
    np.testing.assert_allclose(again, skipped, rtol=1e-4)
