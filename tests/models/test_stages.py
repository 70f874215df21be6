"""Stages: runs of blocks seen, measured and taken out as one layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import timm
import tiny_models
import torch
from torch import Tensor, nn

from analysis_core.compression.plan import one_shot_plan, require_cut
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError, PlanError, SurgeryError
from analysis_core.methods import METHODS
from analysis_core.models.loading import universal_model
from analysis_core.models.stages import StageModel, in_stages
from analysis_core.probe.edits import Change
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Granularity, ModalityType
from analysis_core.workflow.analysis import analyze

BATCH = Batch(torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 2, 8)


class Staged(nn.Module):
    """Two stages of residual blocks, two and three of them, the second one four numbers wide like the first."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.head = nn.Linear(3, 4), nn.Linear(4, 2)
        self.stages = nn.ModuleList(nn.ModuleList(tiny_models.Residual(4) for _ in range(count)) for count in (2, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]  # a ModuleList
                x = block(x)
        logits: Tensor = self.head(x)
        return logits


def staged() -> StageModel:
    return in_stages(universal_model(Staged(), example=BATCH.inputs))


def test_the_blocks_of_a_container_are_one_layer() -> None:
    model = staged()
    assert [(layer.index, layer.name, layer.parameters) for layer in model.layers] == [
        (0, "stages.0", 40),
        (1, "stages.1", 60),
    ]
    assert all(layer.removable for layer in model.layers)
    assert [list(site.positions) for site in model.sites] == [[0, 1], [2, 3, 4]]
    assert model.block_indices([1]) == [2, 3, 4]
    assert torch.equal(model.get_layer_output(BATCH, 0), model.base.get_layer_output(BATCH, 1))


def test_skipping_a_stage_is_skipping_its_blocks() -> None:
    model = staged()
    task = task_for(model.task, model.modality)
    stages, blocks = Replayer(model, task, [BATCH]), Replayer(model.base, task, [BATCH])
    for stage in (0, 1):
        expected = blocks.outcome(model.block_indices([stage])).losses
        np.testing.assert_allclose(stages.outcome([stage]).losses, expected, rtol=1e-6)
    np.testing.assert_allclose(stages.outcome().losses, blocks.outcome().losses, rtol=1e-6)


def test_what_a_stage_adds_is_edited_as_a_whole() -> None:
    model = staged()
    replayer = Replayer(model, task_for(model.task, model.modality), [BATCH])
    intact = replayer.intact(0)
    entered = intact.inputs[2]
    assert entered is not None
    assert torch.allclose(intact.contribution(1), intact.outputs[4] - entered)
    halved, outputs = replayer.rerun(0, Change(edits={1: lambda added: added / 2}))
    assert torch.allclose(halved.outputs[4], entered + intact.contribution(1) / 2)
    assert torch.allclose(outputs, model.module.head(halved.outputs[4]))  # type: ignore[operator]  # a Linear
    without, _ = replayer.rerun(0, Change(edits={1: torch.zeros_like}), intact)
    np.testing.assert_allclose(without.outcome.losses, replayer.outcome([1]).losses, rtol=1e-6)


def test_every_method_measures_stages() -> None:
    model = universal_model(Staged(), example=BATCH.inputs)
    names = METHODS.names()
    config = AnalysisConfig(analysis_methods=names, granularity="stage")  # type: ignore[arg-type]  # made a Granularity
    report = analyze(model, [BATCH], config, {name: METHODS.get(name) for name in names})
    assert report.model["granularity"] == "stage" and len(report.layers) == 2
    applied = {name for name in names if len(report[name]) == 2}
    assert len(applied) >= 12
    assert {"fisher_information", "layer_ablation", "block_influence", "layer_conductance", "layer_shapley"} <= applied
    by_block = analyze(model, [BATCH], AnalysisConfig(analysis_methods=("fisher_information",)), {
        "fisher_information": METHODS.get("fisher_information")})["fisher_information"]  # fmt: skip
    # A stage's per-example squared gradient norm is the sum of its blocks'.
    np.testing.assert_allclose(report["fisher_information"][1], sum(by_block[at] for at in (2, 3, 4)), rtol=1e-5)
    with pytest.raises(PlanError, match="scored whole stages"):
        require_cut(report, Granularity.BLOCK)


def test_a_stage_is_taken_out_as_a_whole() -> None:
    model = staged()
    smaller: Any = remove_layers(model, [1])
    assert [len(stage) for stage in smaller.stages] == [2, 0]
    twin = compressed_model(model, smaller, [1])
    assert [layer.name for layer in twin.layers] == ["stages.0.0", "stages.0.1"]
    task = task_for(model.task, model.modality)
    skipped = Replayer(model, task, [BATCH]).outcome([1]).losses
    np.testing.assert_allclose(task.losses(smaller(BATCH.inputs), BATCH).detach(), skipped, rtol=1e-5)


def test_a_plan_of_stages_cuts_stages() -> None:
    names = ("layer_ablation",)
    model = staged()
    report = analyze(model, [BATCH], AnalysisConfig(analysis_methods=names), {n: METHODS.get(n) for n in names})
    plan = one_shot_plan(report, 2.0, "layer_ablation", protect=[1])
    assert plan.remove == (0,)
    assert [len(stage) for stage in remove_layers(model, plan.remove).stages] == [0, 3]  # type: ignore[union-attr]


def test_a_stage_with_a_block_that_must_stay_stays() -> None:
    torch.manual_seed(0)
    module = timm.create_model("resnet18", num_classes=2, block_args={}).eval()
    model = in_stages(universal_model(module, modality=ModalityType.VISION, example=torch.randn(1, 3, 32, 32)))
    assert [(layer.name, layer.removable) for layer in model.layers] == [
        ("layer1", True),
        ("layer2", False),
        ("layer3", False),
        ("layer4", False),
    ]
    assert str(model.layers[1].why_not).startswith("Its block layer2.0 must stay. Its output has another shape")
    with pytest.raises(SurgeryError, match=r"layer2\.0"):
        remove_layers(model, [1])
    smaller: Any = remove_layers(model, [0])
    assert len(smaller.layer1) == 0 and smaller(torch.randn(1, 3, 32, 32)).shape == (1, 2)
    batch = Batch(torch.randn(4, 3, 32, 32), torch.arange(4) % 2, 4)
    names = ("layer_ablation", "block_influence")
    report = analyze(model, [batch], AnalysisConfig(analysis_methods=names), {n: METHODS.get(n) for n in names})
    assert len(report["layer_ablation"]) == 4  # where shapes change, the mean output takes the stage's place


def test_in_one_container_a_change_of_shape_begins_a_stage() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 2)
    )
    model = in_stages(universal_model(module, example=BATCH.inputs))
    assert [layer.name for layer in model.layers] == ["0-0", "2-4", "6-6"]
    assert [layer.parameters for layer in model.layers] == [12, 50, 12]


def test_a_single_stage_is_no_chain_of_stages() -> None:
    module = nn.Sequential(*(tiny_models.Residual(3) for _ in range(3)))
    with pytest.raises(ModelError, match=r"All 3 blocks of this model stand in one stage\. Choose granularity 'block'"):
        in_stages(universal_model(module, example=BATCH.inputs))


def test_stages_know_what_their_blocks_know() -> None:
    base = universal_model(Staged(), example=BATCH.inputs)
    vars(base)["batches"] = lambda examples, size: [examples, size]
    assert in_stages(base).batches("these", 3) == ["these", 3]
    with pytest.raises(AttributeError):
        _ = in_stages(base).nothing_of_the_kind
