"""The embedded models, for real: cut, measured, exported, loaded by a fresh process with equal outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_difference
from analysis_core.compression.measuring.measure import measure
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.loading import load_examples
from analysis_core.models.loading import load_model
from analysis_core.models.plain import ModuleModel
from analysis_core.tasks import task_for


@pytest.mark.parametrize("name", ["zoo/text-bert", "zoo/vision-vit"])
def test_an_embedded_model_goes_all_the_way(name: str, tmp_path: Path) -> None:
    model = load_model(name, device="cpu")
    assert isinstance(model, ModuleModel) and hasattr(model, "batches")
    removed = (3, 4, 5, 6, 7, 8)
    twin = compressed_model(model, remove_layers(model, removed), removed)
    batches = list(model.batches(load_examples(model).split("test"), 32, 96))

    result = measure(model, twin, batches, task_for(model.task), latency_pairs=5)
    assert result.examples == 96
    assert result.parameters_compressed < result.parameters_original
    assert result.bytes_compressed < result.bytes_original
    assert result.speedup.value > 1

    plan = plan_from_removed(model.layers, removed)
    folder = export(twin, tmp_path / "out", plan=plan, measurement=result)
    assert reload_difference(twin, folder, batches[0]) == 0.0

    again = load_model(str(folder), device="cpu")
    assert len(again.layers) == len(model.layers) - 6
    with torch.no_grad():
        outputs = [m.forward(batches[0]) for m in (twin, again)]
    first, second = (getattr(o, "logits", o) for o in outputs)
    assert torch.equal(first, second)
