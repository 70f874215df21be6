"""The library as the quick start uses it, on the embedded models and on modules of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from analysis_core import (
    AnalysisConfig,
    ImportanceAnalyzer,
    Layer,
    ModalityType,
    TaskType,
    UniversalLayerwiseAdapter,
    UniversalModel,
    create_analyzer,
)
from analysis_core.errors import (
    ConfigurationError,
    DataError,
    LayerwiseError,
    NoLayersError,
    PlanError,
    UnknownNameError,
)
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import LayerKind
from tests.toys import tiny_bert, token_batches


class Residual(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tanh(self.linear(x))


def plain_net(layers: int = 6) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Sequential(*(Residual() for _ in range(layers))), nn.Linear(8, 3))


def loader(examples: int = 40, classes: int = 3) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(examples, 4, generator=generator)
    return DataLoader(TensorDataset(inputs, torch.randint(classes, (examples,), generator=generator)), batch_size=16)


def adapter_for(module: nn.Module | UniversalModel, **settings: Any) -> UniversalLayerwiseAdapter:
    settings.setdefault("analysis_methods", ["all"])
    adapter = create_analyzer(task_type="classification", modality_type="tabular", **settings)
    adapter.load_model(module)
    return adapter


def test_the_first_quick_start(tmp_path: Path) -> None:
    """The project's first description, line by line, with its import line changed."""
    adapter = create_analyzer(
        model_name="bert-base-uncased",
        task_type="classification",
        modality_type="text",
        analysis_methods=["fisher_information", "gradient_based", "layer_ablation"],
    )
    model, data_loader = tiny_bert().module, [{**b.inputs, "labels": b.targets} for b in token_batches()]
    adapter.load_model(model)
    results = adapter.analyze_importance(data_loader)
    compression_plan = adapter.generate_compression_plan(target_ratio=2.0)
    assert compression_plan["original_layers"] == 4
    assert compression_plan["compressed_layers"] == 2
    assert set(results.methods) == {"fisher_information", "gradient_based", "layer_ablation"}
    assert results["fisher_information"][3] > 0

    config = AnalysisConfig(
        model_name="resnet50",
        task_type=TaskType.CLASSIFICATION,
        modality_type=ModalityType.VISION,
        batch_size=64,
        max_samples=5000,
        compression_targets=[1.5, 2.0, 2.5, 3.0],  # type: ignore[arg-type]  # a list does as well
        analysis_methods=["fisher_information", "gradient_based", "layer_ablation"],  # type: ignore[arg-type]
    )
    assert UniversalLayerwiseAdapter(config).config.compression_targets == (1.5, 2.0, 2.5, 3.0)


def test_from_a_name_to_a_folder(tmp_path: Path) -> None:
    """The whole path on an embedded model: analyse, plan by measured removal, compress, export, load again."""
    adapter = create_analyzer(model_name="zoo/text-bert", analysis_methods=["layer_ablation"], max_samples=48)
    report = adapter.analyze_importance()
    assert list(report.to_frame().columns) == ["layer_ablation"] and len(report.to_frame()) == 12
    plan = adapter.generate_compression_plan(target_ratio=1.2, strategy="greedy")
    result = adapter.compress(plan, heal="none", latency_pairs=2)
    assert len(plan.keep) == 10 and result.measurement.examples >= 500
    assert result.measurement.parameters_compressed < result.measurement.parameters_original
    folder = result.export(tmp_path / "smaller")
    from transformers import AutoModelForSequenceClassification

    again = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
    assert again.config.num_hidden_layers == 10


def test_a_plain_module_with_a_loader_of_ones_own() -> None:
    adapter = adapter_for(plain_net())
    report = adapter.analyze_importance(loader())
    assert len(report.layers) == 6
    assert all(len(result) == 6 or result.not_applicable for result in report.methods.values())
    assert report.provenance["examples"] == 40
    assert AnalysisReport.from_dict(report.to_dict()) == report
    plan = adapter.generate_compression_plan(1.5)
    with pytest.raises(DataError, match="must not judge them"):
        adapter.compress(plan)
    result = adapter.compress(plan, test_loader=loader(30), latency_pairs=2)
    assert sum(isinstance(module, Residual) for module in result.model.modules()) == 4
    assert result.measurement.examples == 30


def test_a_method_of_ones_own() -> None:
    class DepthAnalyzer(ImportanceAnalyzer):
        def __init__(self) -> None:
            super().__init__("depth")

        def analyze(self, model: UniversalModel, data_loader: Iterable[Any]) -> Mapping[int, float]:
            return {layer.index: float(layer.index) for layer in model.layers}

    adapter = adapter_for(plain_net(), analysis_methods=["block_influence"])
    adapter.registry.add_method("depth", DepthAnalyzer)
    report = adapter.analyze_importance(loader())
    assert dict(report["depth"]) == {index: float(index) for index in range(6)}
    assert adapter.generate_compression_plan(1.2, strategy="depth").remove == (1,)
    assert "depth" not in create_analyzer().registry.names()
    with pytest.raises(ConfigurationError, match="already taken"):
        adapter.registry.add_method("depth", DepthAnalyzer)


@pytest.mark.parametrize("returned", [{99: 1.0}, {"first": 1.0}])
def test_a_method_that_scores_what_is_no_layer(returned: dict[Any, float]) -> None:
    class Wrong(ImportanceAnalyzer):
        def __init__(self) -> None:
            super().__init__("wrong")

        def analyze(self, model: Any, data_loader: Any) -> Mapping[int, float]:
            return returned

    adapter = adapter_for(plain_net(), analysis_methods=["block_influence"])
    adapter.registry.add_method("wrong", Wrong)
    with pytest.raises(ConfigurationError, match="which is no layer"):
        adapter.analyze_importance(loader())


def test_a_kind_of_model_of_ones_own() -> None:
    class EveryOtherLayer(UniversalModel):
        def _initialize_layers(self) -> list[Layer]:
            return [Layer(i, f"1.{2 * i}", LayerKind.MLP, "Residual", 72) for i in range(3)]

        def get_layer_output(self, x: Tensor, layer_idx: int) -> Tensor:
            return self.module[1][: 2 * layer_idx + 1](self.module[0](x))

    model = EveryOtherLayer(plain_net(), name="mine")
    report = adapter_for(model).analyze_importance(loader())
    assert [layer.name for layer in report.layers] == ["1.0", "1.2", "1.4"]
    assert model.get_layer_output(torch.zeros(2, 4), 1).shape == (2, 8)


def test_the_layers_are_told_before_the_first_result() -> None:
    told: list[str] = []
    report = adapter_for(plain_net()).analyze_importance(
        loader(),
        on_result=lambda result: told.append(result.method),
        on_layers=lambda layers: told.extend(layer.name for layer in layers),
    )
    assert told[: len(report.layers)] == [layer.name for layer in report.layers]
    assert len(told) == len(report.layers) + len(report.methods)


def test_results_come_as_they_are_ready() -> None:
    seen: list[str] = []
    shares: list[float] = []
    adapter = adapter_for(plain_net())
    adapter.analyze_importance(
        loader(), progress=lambda done, _: shares.append(done), on_result=lambda result: seen.append(result.method)
    )
    assert sorted(seen) == sorted(adapter.registry.names())
    assert seen.index("fisher_information") < seen.index("layer_ablation")  # the shared pass comes first
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == pytest.approx(1)


BAD_INPUT: dict[str, tuple[Any, type[LayerwiseError], str]] = {
    "no examples": ([], DataError, "yields no examples"),
    "labels out of range": ([(torch.zeros(2, 4), torch.tensor([0, 7]))], DataError, "Example 1 has label 7"),
    "no labels": ([torch.zeros(2, 4)], DataError, "carry no labels"),
    "a loss that is no number": (
        [(torch.full((2, 4), torch.nan), torch.tensor([0, 1]))],
        LayerwiseError,
        "example 0 is nan",
    ),
    "items of another form": ([object()], DataError, "is not understood"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_data_gets_one_sentence(case: str) -> None:
    data, kind, message = BAD_INPUT[case]
    with pytest.raises(kind, match=message):
        adapter_for(plain_net()).analyze_importance(data)


def test_a_model_without_layers() -> None:
    with pytest.raises(NoLayersError, match=r"(?i)layers"):
        adapter_for(nn.Flatten())


def test_a_ratio_that_cannot_be_reached() -> None:
    adapter = adapter_for(plain_net(), analysis_methods=["block_influence"])
    adapter.analyze_importance(loader())
    for strategy in ("consensus", "greedy", "block_influence"):
        with pytest.raises(PlanError, match="cannot be reached"):
            adapter.generate_compression_plan(6.0, strategy=strategy)


def test_misspelt_names() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'fisher_information'"):
        create_analyzer(analysis_methods=["fischer"])
    with pytest.raises(UnknownNameError, match="Did you mean 'classification'"):
        create_analyzer(task_type="clasification")
    with pytest.raises(UnknownNameError, match="Did you mean 'zoo/text-bert'"):
        create_analyzer("zoo/tex-bert").load_model()
    adapter = adapter_for(plain_net(), analysis_methods=["block_influence"])
    adapter.analyze_importance(loader())
    with pytest.raises(UnknownNameError, match="Did you mean 'greedy'"):
        adapter.generate_compression_plan(1.5, strategy="gredy")
