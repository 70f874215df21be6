"""Export: whole or not at all, and loadable by somebody who has never heard of this project."""

from __future__ import annotations

import importlib.util
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
)

from analysis_core.compression.exporting import export as export_module
from analysis_core.compression.exporting.export import export, export_library
from analysis_core.compression.measuring.weights import stored_bytes
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.errors import ExportError
from analysis_core.results import CompressionPlan, Interval, Latency, Measurement
from analysis_core.vocabulary import Direction
from tests.compression import models
from tests.compression.models import TinyModel, inputs_for

MEASUREMENT = Measurement(
    metric="accuracy",
    metric_direction=Direction.HIGHER_IS_BETTER,
    original=0.8,
    compressed=0.76,
    difference=Interval(-0.04, -0.06, -0.02),
    retention=Interval(0.95, 0.92, 0.98),
    examples=500,
    latency_original=Latency(10.0, 12.0),
    latency_compressed=Latency(5.0, 6.0),
    speedup=Interval(2.0, 1.9, 2.1),
    batch_size=32,
    parameters_original=1000,
    parameters_compressed=600,
    bytes_original=4000,
    bytes_compressed=2400,
    machine="a machine",
    measured_at="2025-01-01T00:00:00+00:00",
)


def smaller(model: TinyModel, removed: list[int]) -> tuple[Any, CompressionPlan]:
    return compressed_model(model, remove_layers(model, removed), removed), plan_from_removed(model.layers, removed)


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_transformers_export_loads_with_from_pretrained(tmp_path: Path) -> None:
    model = models.bert()
    twin, plan = smaller(model, [1, 2])
    folder = export(twin, tmp_path / "new" / "out", plan=plan, measurement=MEASUREMENT, provenance={"seed": 3})
    loaded = AutoModelForSequenceClassification.from_pretrained(folder)
    inputs = inputs_for(model)
    with torch.no_grad():
        assert torch.equal(loaded(**inputs).logits, twin.module(**inputs).logits)
    assert loaded.config.num_hidden_layers == 2
    assert listing(tmp_path / "new") == [
        "out",
        *(
            f"out/{name}"
            for name in ("README.md", "compression.json", "config.json", "model.safetensors", "report.html")
        ),
    ]


def test_the_record_is_enough_to_repeat_it(tmp_path: Path) -> None:
    twin, plan = smaller(models.bert(), [2])
    folder = export(twin, tmp_path / "out", plan=plan, measurement=MEASUREMENT, provenance={"seed": 3, "data": "ab"})
    record = json.loads((folder / "compression.json").read_text(encoding="utf-8"))
    assert CompressionPlan.from_dict(record["plan"]) == plan
    assert Measurement.from_dict(record["measurement"]) == MEASUREMENT
    assert record["provenance"] == {"seed": 3, "data": "ab"}
    assert set(record["sha256"]) == {"model.safetensors"} and "torch" in record["versions"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "3 of 4 layers" in card and "95.0%" in card and "BertForSequenceClassification.from_pretrained" in card


def test_the_tied_head_of_a_decoder_stays_tied(tmp_path: Path) -> None:
    twin, plan = smaller(models.gpt2(), [0])
    folder = export(twin, tmp_path / "out", plan=plan)
    assert "lm_head.weight" not in load_file(folder / "model.safetensors")
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    assert loaded.lm_head.weight is loaded.transformer.wte.weight
    assert (folder / "model.safetensors").stat().st_size == stored_bytes(twin.module)


@pytest.mark.parametrize(("build", "removed"), [(models.vit, [0, 2]), (models.resnet, [1, 3]), (models.convnext, [3])])
def test_a_timm_export_loads_by_its_script(build: Any, removed: list[int], tmp_path: Path) -> None:
    model = build()
    twin, plan = smaller(model, removed)
    folder = export(twin, tmp_path / "out", plan=plan)
    spec = importlib.util.spec_from_file_location("exported_load", folder / "load.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    inputs = inputs_for(model)
    with torch.no_grad():
        assert torch.equal(script.load()(**inputs), twin.module(**inputs))
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["labels"] == ["a", "b", "c"]


def test_a_plain_module_is_filled_by_its_script(tmp_path: Path) -> None:
    twin, plan = smaller(models.plain(5), [1, 3])
    folder = export(twin, tmp_path / "out", plan=plan)
    script: dict[str, Any] = {"__file__": str(folder / "load.py"), "__name__": "load"}
    exec((folder / "load.py").read_text(encoding="utf-8"), script)  # noqa: S102 - our own script, just written
    loaded = script["load"](models.PlainNet(3))
    x = torch.randn(2, 8)
    assert torch.equal(loaded(x), twin.module(x))
    with pytest.raises(RuntimeError, match="Missing key"):
        script["load"](models.PlainNet(5))
    description = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert description["blocks"] == {"blocks": 3} and description["class"].endswith("PlainNet")
    assert "code of your own" in (folder / "README.md").read_text(encoding="utf-8")


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    twin, plan = smaller(models.plain(), [1])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="already exists"):
        export(twin, tmp_path / "out", plan=plan)
    assert listing(tmp_path) == ["out", "out/mine.txt"]


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    twin, plan = smaller(models.plain(), [1])
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match=r"could not be written.*Choose a folder"):
        export(twin, tmp_path / "file" / "out", plan=plan)
    assert listing(tmp_path) == ["file"]


@contextmanager
def largest_file(limit_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("build", [models.bert, models.vit, models.plain])
def test_a_file_that_does_not_fit_leaves_nothing(build: Any, tmp_path: Path) -> None:
    """The kernel refuses to let the weights' file grow, as a full disk would."""
    twin, plan = smaller(build(), [1])
    with largest_file(512), pytest.raises(ExportError, match=r"could not be written"):
        export(twin, tmp_path / "deep" / "out", plan=plan)
    assert listing(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("I/O error")])
def test_a_full_disk_is_said_in_a_sentence(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(export_module, "save_model", full)
    twin, plan = smaller(models.plain(), [1])
    with pytest.raises(ExportError, match=r"No space left on device|I/O error"):
        export(twin, tmp_path / "out", plan=plan)
    assert listing(tmp_path) == []


@pytest.mark.parametrize("last", ["README.md", "compression.json", "report.html"])
def test_a_disk_that_fills_up_at_the_end_leaves_nothing(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = export_module._write_text

    def filling(path: Path, text: str) -> None:
        if path.name == last:
            path.write_text(text[:10], encoding="utf-8")
            raise OSError(28, "No space left on device")
        write(path, text)

    monkeypatch.setattr(export_module, "_write_text", filling)
    twin, plan = smaller(models.plain(), [1])
    with pytest.raises(ExportError, match=r"could not be written: No space left on device\. Choose a folder"):
        export(twin, tmp_path / "deep" / "out", plan=plan)
    assert listing(tmp_path) == []


def test_a_folder_without_the_right_to_write_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests may write everywhere, so the refusal is the system's own error, raised here."""

    def refused(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    twin, plan = smaller(models.plain(), [1])
    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(ExportError, match=r"could not be written: Permission denied\. Choose a folder"):
        export(twin, tmp_path / "out", plan=plan)
    assert listing(tmp_path) == []


def test_an_unexpected_error_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(export_module, "readme", interrupted)
    twin, plan = smaller(models.plain(), [1])
    with pytest.raises(KeyboardInterrupt):
        export(twin, tmp_path / "out", plan=plan)
    assert listing(tmp_path) == []


def test_who_builds_a_model_is_seen_from_its_class() -> None:
    handed_in = TinyModel(models.bert().module, ["bert.encoder.layer"], "torch")
    assert export_library(handed_in) == "transformers"

    class MyBert(BertForSequenceClassification):  # type: ignore[misc]  # transformers is untyped
        """Code of the user's own."""

    mine = TinyModel(
        MyBert(BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=2)), ["bert.encoder.layer"]
    )
    assert export_library(mine) == "torch"
    assert export_library(models.vit()) == "timm"
    assert export_library(models.plain()) == "torch"
