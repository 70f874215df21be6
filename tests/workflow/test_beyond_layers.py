"""Int8 and low-rank layers through the front doors: plan, adapter, stored run, command line, export and reload."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from typer.testing import CliRunner

from analysis_core import cli
from analysis_core.adapter import create_analyzer
from analysis_core.cli.printing import print_outcome
from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_equal
from analysis_core.compression.measuring.weights import stored_bytes
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.compression.shrinking.compact import Int8Linear, LowRankLinear
from analysis_core.compression.shrinking.shrink import shrink
from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.data.batches import Batch
from analysis_core.documents import compression_document
from analysis_core.errors import ConfigurationError, DataError, ModelError, SurgeryError, UnknownNameError
from analysis_core.models.loading import load_model
from analysis_core.results import CompressionOutcome, CompressionPlan
from analysis_core.vocabulary import Quantization
from analysis_core.workflow.compression import compress_run
from analysis_core.workflow.cutting import cut_and_measure
from analysis_core.workflow.examples import SEARCH, configured_examples, prepare
from tests.compression import models
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

MODELS = ["zoo/text-bert", "zoo/vision-vit", "zoo/text-gpt2", "zoo/audio-conformer"]


@pytest.fixture(autouse=True)
def one_thread() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", MODELS)
def test_an_export_is_small_and_loads_where_this_project_is_unknown(name: str, tmp_path: Path) -> None:
    model = load_model(name, device="cpu")
    search = prepare(model, configured_examples(model, AnalysisConfig(name)), SEARCH, 16, 16, 0).batches
    plan = replace(plan_from_removed(model.layers, [2]), quantize=Quantization.INT8, low_rank=0.5)
    smaller = compressed_model(model, remove_layers(model, [2]), [2])
    floats = stored_bytes(smaller.module)
    changes = shrink(smaller, plan, search)
    assert any(change.rank for change in changes) and any(change.int8 for change in changes)
    folder = export(smaller, tmp_path / "out", plan=plan, linear=changes)
    assert reload_equal(smaller, folder, search[0], tolerance=0.0)
    written = load_file(folder / "compact.safetensors")
    linear = sum(tensor.numel() for tensor in written.values() if tensor.dtype == torch.int8)
    before = sum(part.in_features * part.out_features for part in smaller.module.modules()
                 if isinstance(part, LowRankLinear))  # fmt: skip
    assert 0.4 * before < linear < 0.55 * before + smaller.parameter_count / 20
    assert stored_bytes(smaller.module) < floats - 3 * before
    size = (folder / "compact.safetensors").stat().st_size
    assert size == pytest.approx(stored_bytes(smaller.module), rel=1e-3)  # a file names ties in its header
    record = json.loads((folder / "compression.json").read_text(encoding="utf-8"))
    assert record["plan"]["quantize"] == "int8" and len(record["linear"]) == len(changes)
    assert "two thin ones with 50% of its weights and stores its weights as int8" in (folder / "README.md").read_text()
    assert not (folder / "model.safetensors").exists()  # from_pretrained would fill it with random numbers
    with pytest.raises(ModelError, match=r"int8 or low-rank layers, which can be run but not taken apart"):
        load_model(str(folder))


def test_a_run_quantises_without_removing_a_layer_and_measures_by_the_same_rules() -> None:
    config = CompressionConfig(
        "zoo/graph-gcn", target_ratio=1, strategy="greedy", quantize="int8", max_samples=32, latency_pairs=2,
        device="cpu",
    )  # fmt: skip
    outcome = compress_run(config)
    found = outcome.measurement
    assert outcome.plan.remove == () and outcome.plan.quantize is Quantization.INT8
    assert outcome.linear and all(change.int8 and change.rank is None for change in outcome.linear)
    assert found.retention.low > 0.95
    assert found.bytes_compressed < 0.35 * found.bytes_original
    assert found.parameters_original < found.parameters_compressed < 1.02 * found.parameters_original  # scales as well
    assert CompressionOutcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome
    document = compression_document(outcome, None)
    assert document["plan"]["quantize"] == "int8" and document["linear"][0]["int8"] is True


def test_the_adapter_mixes_removal_with_both(capsys: pytest.CaptureFixture[str]) -> None:
    adapter = create_analyzer("toy", analysis_methods=["gradient_based"])
    model = adapter.load_model(tiny_bert(width=64))
    adapter.analyze_importance(token_batches(24, seed=1))
    plan, test = plan_from_removed(model.layers, [2]), token_batches(24, seed=2)
    both = adapter.compress(plan, quantize="int8", low_rank=0.5, test_loader=test, latency_pairs=2)
    assert both.plan == replace(plan, quantize=Quantization.INT8, low_rank=0.5)
    assert sum(change.rank is not None for change in both.linear) == 3 * 6
    parts = list(both.model.modules())
    assert any(isinstance(part, LowRankLinear) for part in parts) and any(isinstance(p, Int8Linear) for p in parts)
    assert all(layer.parameters < model.layers[0].parameters for layer in both.universal.layers)
    again = adapter.compress(both.plan, test_loader=test, latency_pairs=2)
    assert again.plan == both.plan and again.linear == both.linear
    assert not any(isinstance(part, (Int8Linear, LowRankLinear)) for part in model.module.modules())
    plain = adapter.compress(plan, quantize="none", test_loader=test, latency_pairs=2)
    assert plain.linear == () and plain.measurement.bytes_compressed > 2 * both.measurement.bytes_compressed
    print_outcome(CompressionOutcome({}, both.plan, both.measurement, linear=both.linear), None)
    assert "of the linear layers that stay 20 are int8 and 18 became two thin ones" in capsys.readouterr().out


def test_plans_of_older_runs_keep_weights() -> None:
    plan = plan_from_removed(tiny_bert().layers, [1])
    values = plan.to_dict()
    del values["quantize"], values["low_rank"]
    assert CompressionPlan.from_dict(values) == plan and plan.keeps_weights
    assert not replace(plan, low_rank=0.5).keeps_weights


def test_what_is_refused() -> None:
    for share in (0, -0.5, 1.01, float("nan")):
        with pytest.raises(ConfigurationError, match=r"of a layer's weights cannot stay\. Use a share above 0 and at"):
            CompressionConfig("toy", low_rank=share)
    with pytest.raises(UnknownNameError, match=r"quantisation 'int9'\. Did you mean 'int8'"):
        CompressionConfig("toy", quantize="int9")
    asked = ["compress", "zoo/text-bert", "--ratio", "1", "--low-rank", "2"]
    assert isinstance(CliRunner().invoke(cli.app, asked).exception, ConfigurationError)
    convolutional = tiny_convolutional()
    plan = plan_from_removed(convolutional.layers, [])
    convolutional.module.head = nn.Identity()
    with pytest.raises(SurgeryError, match="no linear layers"):
        shrink(convolutional, replace(plan, quantize=Quantization.INT8), image_batches())
    bert = tiny_bert()
    with pytest.raises(DataError, match=r"no examples to shape low-rank factors"):
        cut_and_measure(bert, replace(plan_from_removed(bert.layers, []), low_rank=0.5), token_batches())


class Peeking(nn.Module):
    """Calls its layer, and multiplies with its weights once more."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + nn.functional.linear(x, self.inner.weight)


def test_code_that_looks_into_a_layer_is_refused() -> None:
    bert = tiny_bert()
    bert.module.classifier = Peeking()
    plan = replace(plan_from_removed(bert.layers, []), quantize=Quantization.INT8)
    with pytest.raises(SurgeryError, match="With smaller linear layers the model does not run"):
        shrink(bert, plan, token_batches())


def test_an_owner_fills_a_module_of_their_own(tmp_path: Path) -> None:
    model = models.plain()
    batch = Batch(models.inputs_for(model), None, 3)
    plan = replace(plan_from_removed(model.layers, [1]), quantize=Quantization.INT8)
    smaller = compressed_model(model, remove_layers(model, [1]), [1])
    assert [change.path for change in shrink(smaller, plan, [batch])] == [f"blocks.{i}.linear" for i in range(4)]
    folder = export(smaller, tmp_path / "out", plan=plan)
    spec = spec_from_file_location("load", folder / "load.py")
    assert spec is not None and spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    filled = script.load(models.PlainNet(4), folder)
    assert torch.equal(filled(**batch.inputs), smaller.module(**batch.inputs))
