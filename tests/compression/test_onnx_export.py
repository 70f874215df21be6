"""ONNX: written only where onnxruntime computes what torch computes, and otherwise a sentence says why."""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
import pytest
import torch
from torch import nn

from analysis_core.compression.exporting import onnx_export
from analysis_core.compression.exporting.export import export, onnx_report
from analysis_core.compression.exporting.onnx_export import TOLERANCE, write_onnx
from analysis_core.compression.exporting.onnx_trace import trace
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.compression.shrinking.quantize import quantize
from analysis_core.data.batches import Batch
from analysis_core.errors import ExportError
from analysis_core.results import OnnxReport
from tests.compression import models
from tests.compression.models import TinyModel


class TokenSums(nn.Module):
    """Tokens in, one number for each example out."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 4)
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))

    def forward(self, input_ids: torch.Tensor, scale: float = 1.0) -> dict[str, torch.Tensor]:
        hidden = self.table(input_ids)
        for block in self.blocks:
            hidden = hidden + torch.tanh(block(hidden))
        return {"scores": hidden.sum((1, 2)) * scale}


class Undecided(nn.Module):
    """Takes one way or the other for what is in its input, which no fixed graph can."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.blocks[0](x) if float(x.sum()) > 0 else x


TOKENS = Batch({"input_ids": torch.arange(12).reshape(3, 4) % 10, "scale": 2.0}, None, 3)


def run(path: Path, **inputs: torch.Tensor) -> list[np.ndarray]:
    """An ONNX model by itself."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return list(session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()}))


def test_another_number_of_examples_and_tokens_gives_what_torch_gives(tmp_path: Path) -> None:
    module = TokenSums()
    report = write_onnx(TinyModel(module, ["blocks"]), tmp_path, TOKENS)
    assert report.axes == ("batch", "tokens") and report.file == "model.onnx"
    assert report.largest_difference is not None and report.largest_difference <= TOLERANCE == report.tolerance
    other = torch.randint(0, 10, (5, 9))
    [scores] = run(tmp_path / "model.onnx", input_ids=other)
    assert torch.allclose(torch.as_tensor(scores), module(other, 2.0)["scores"], atol=1e-4)


def test_what_no_graph_can_say_is_said_in_a_sentence_and_the_rest_is_exported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = TinyModel(Undecided(), ["blocks"])
    plan, batch = plan_from_removed(model.layers, []), Batch(torch.ones(3, 4), None, 3)
    folder = export(model, tmp_path / "out", plan=plan, onnx=batch)
    report = onnx_report(folder)
    assert report is not None and report.file is None and report.reason is not None
    assert report.reason.startswith("torch's exporter gave up: ") and report.reason.endswith(".")
    assert {path.name for path in folder.iterdir()} >= {"model.safetensors", "report.html", "compression.json"}
    assert not list(folder.glob("*.onnx*"))
    assert "exporter gave up" in (folder / "report.html").read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", ""), "the exporter's graphs and warnings stay inside"
    assert logging.root.manager.disable == logging.NOTSET


def test_an_onnx_model_lies_beside_the_weights_and_is_in_the_record(tmp_path: Path) -> None:
    model = models.plain(4)
    twin, plan = compressed_model(model, remove_layers(model, [1]), [1]), plan_from_removed(model.layers, [1])
    x = torch.randn(3, 8)
    folder = export(twin, tmp_path / "out", plan=plan, onnx=Batch(x, None, 3))
    record = json.loads((folder / "compression.json").read_text(encoding="utf-8"))
    assert OnnxReport.from_dict(record["onnx"]) == onnx_report(folder)
    assert set(record["sha256"]) == {"model.safetensors", "model.onnx"} and "onnxruntime" in record["versions"]
    [output] = run(folder / "model.onnx", input_0=x[:2])
    assert torch.allclose(torch.as_tensor(output), twin.module(x[:2]), atol=1e-4)


def test_a_file_that_computes_something_else_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(traced: Any, inputs: Any, axes: Any) -> Any:
        other = deepcopy(traced)
        other.module.blocks[0].weight += 1
        return trace(other, inputs, axes)

    monkeypatch.setattr(onnx_export, "trace", spoiled)
    monkeypatch.setattr(onnx_export, "ways", lambda *_: [{"input_ids": {}}])  # once is enough
    report = write_onnx(TinyModel(TokenSums(), ["blocks"]), tmp_path, TOKENS)
    assert report.file is None and "computes something else" in str(report.reason)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "find_spec", lambda _name: None)
    report = write_onnx(TinyModel(TokenSums(), ["blocks"]), tmp_path, TOKENS)
    assert report.sentence.endswith("Install the extra: pip install 'universal-layerwise-adapter[onnx]'.")


def test_without_onnxruntime_it_is_written_and_said_to_be_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: None if name == "onnxruntime" else SimpleNamespace())
    monkeypatch.setattr(onnx_export, "ways", lambda *_: [{"input_ids": {}}])
    report = write_onnx(TinyModel(TokenSums(), ["blocks"]), tmp_path, TOKENS)
    assert report.file == "model.onnx" and report.checked_with is None and "was not checked" in report.sentence


def test_int8_layers_are_refused_with_a_reason(tmp_path: Path) -> None:
    model = models.plain(4)
    batch = Batch(torch.randn(3, 8), None, 3)
    quantize(model, batch)
    assert "int8 layers are made for torch alone" in str(write_onnx(model, tmp_path, batch).reason)


def test_a_disk_that_is_full_for_onnx_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def save(self, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx_export, "trace", lambda *_: Full())
    model = models.plain(4)
    with pytest.raises(ExportError, match=r"could not be written: No space left on device"):
        export(model, tmp_path / "out", plan=plan_from_removed(model.layers, []), onnx=Batch(torch.ones(3, 8), None, 3))
    assert list(tmp_path.iterdir()) == []
