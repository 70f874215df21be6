"""Healing by adapters: only they learn, merging them changes nothing, and no trace of them is left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_equal
from analysis_core.compression.healing import lora
from analysis_core.compression.healing.better_state import mean_loss
from analysis_core.compression.healing.heal import heal
from analysis_core.compression.measuring.measure import measure
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import CancelledError, ConfigurationError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import universal_model
from analysis_core.results import CompressionPlan
from analysis_core.tasks import task_for
from analysis_core.tasks.base import logits_of
from analysis_core.vocabulary import HealWay, LayerKind, TaskType
from tests.compression import models
from tests.toys import NamedLayersModel, tiny_bert, token_batches

CLASSES, NEXT = task_for(TaskType.CLASSIFICATION), task_for(TaskType.GENERATION)


def texts(count: int, seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, models.VOCABULARY, (count, 9), generator=generator)
    return Batch({"input_ids": tokens}, torch.zeros(count, dtype=torch.long), count)


def pictures(count: int, seed: int) -> Batch:
    inputs = torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    return Batch({"x": inputs}, torch.zeros(count, dtype=torch.long), count)


def answered(model: UniversalModel, batch: Batch) -> Batch:
    """The same inputs with what the model answers as targets, so that there is something to keep."""
    with torch.no_grad():
        return Batch(batch.inputs, logits_of(model.forward(batch)).argmax(-1), batch.size, batch.padding_mask)


CASES: dict[str, tuple[Callable[[], UniversalModel], Callable[[int, int], Batch], Any]] = {
    "bert": (models.bert, texts, CLASSES),
    "gpt2": (models.gpt2, texts, NEXT),
    "vit": (models.vit, pictures, CLASSES),
}


def cut(model: UniversalModel, removed: list[int]) -> tuple[UniversalModel, CompressionPlan]:
    plan = plan_from_removed(model.layers, removed)
    return compressed_model(model, remove_layers(model, removed), removed), plan


def state_of(model: UniversalModel) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.module.state_dict().items()}


@pytest.mark.parametrize("case", CASES)
def test_it_heals_with_linear_weights_alone_and_leaves_no_trace(case: str, tmp_path: Path) -> None:
    make, examples, task = CASES[case]
    model = make()
    training, search = [answered(model, examples(32, seed)) for seed in (1, 2, 3)], [answered(model, examples(32, 4))]
    smaller, plan = cut(model, [1, 2])
    whole, before = state_of(model), state_of(smaller)
    modules, attributes = dict(smaller.module.named_modules()), set(vars(smaller.module))
    blocks, learning = smaller.blocks, [weight.requires_grad for weight in smaller.module.parameters()]
    report = heal(model, smaller, plan, training, search, task, "lora", seconds=4.0)
    assert report.helped and report.way == "lora" and report.steps > 3
    assert mean_loss(smaller, search, task) == pytest.approx(report.loss_reached, rel=1e-5)
    after = state_of(smaller)
    assert list(after) == list(before) and set(vars(smaller.module)) == attributes
    assert dict(smaller.module.named_modules()) == modules and tuple(smaller.blocks) == tuple(blocks)
    assert [weight.requires_grad for weight in smaller.module.parameters()] == learning
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    inside = {f"{name}.weight" for name, part in modules.items() if isinstance(part, (nn.Linear, Conv1D))}
    inner = {f"{layer.name}." for layer in smaller.layers}
    assert changed and all(name in inside and name.startswith(tuple(inner)) for name in changed)
    assert all(torch.linalg.matrix_rank((after[name] - before[name]).double(), rtol=1e-3) <= 8 for name in changed)
    assert all(torch.equal(tensor, whole[name]) for name, tensor in model.module.state_dict().items())
    measurement = measure(model, smaller, search, task, latency_pairs=2)
    export(smaller, tmp_path / "smaller", plan=plan, measurement=measurement, provenance={})
    assert reload_equal(smaller, tmp_path / "smaller", search[0]) is True


@pytest.mark.parametrize("case", CASES)
def test_the_merged_model_equals_the_adapted_one(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, examples, task = CASES[case]
    model = make()
    search, adapted = [answered(model, examples(16, 4))], []

    def instead_of_training(
        _teacher: Any, student: UniversalModel, *_: Any, trained: nn.Module, **__: Any
    ) -> lora.Attempt:
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for weight in trained.parameters():
                weight.copy_(0.05 * torch.randn(weight.shape, generator=generator))
        adapted.append(mean_loss(student, search, task))
        adapted.append(logits_of(student.forward(search[0])).detach())
        return lora.Attempt(float("inf"), 0.0)

    monkeypatch.setattr(lora, "distill", instead_of_training)
    smaller, _ = cut(model, [2])
    before = logits_of(smaller.forward(search[0])).detach()
    attempt = lora.train_adapters(model, smaller, search, search, task, seconds=1.0)
    merged = logits_of(smaller.forward(search[0])).detach()
    assert not torch.allclose(before, merged, atol=1e-3)
    torch.testing.assert_close(merged, adapted[1], rtol=1e-4, atol=1e-5)
    assert attempt.loss_reached == pytest.approx(adapted[0], rel=1e-5)


def test_what_did_not_help_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_bert()
    smaller, plan = cut(model, [2])
    # Judged by what the cut model itself answers when it is sure, nothing is better than leaving it alone.
    with torch.no_grad():
        smaller.module.eval().get_parameter("classifier.weight").mul_(50.0)
    training = [answered(model, batch) for batch in token_batches(48, seed=1)]
    search = [answered(smaller, batch) for batch in token_batches(32, seed=2)]
    before = state_of(smaller)
    monkeypatch.setattr("analysis_core.compression.healing.lora.RATE_OF_WEIGHTS", 1e3)
    report = heal(model, smaller, plan, training, search, CLASSES, HealWay.LORA, seconds=1.0)
    assert not report.helped
    assert all(torch.equal(tensor, before[name]) for name, tensor in smaller.module.state_dict().items())


def test_a_stopped_training_leaves_the_model_as_it_was_cut() -> None:
    def stop(_done: float, _message: str) -> None:
        raise CancelledError("stopped")

    model = tiny_bert()
    smaller, plan = cut(model, [2])
    before, modules = state_of(smaller), dict(smaller.module.named_modules())
    training, search = token_batches(48, seed=1), token_batches(32, seed=2)
    with pytest.raises(CancelledError):
        heal(model, smaller, plan, training, search, CLASSES, "lora", seconds=0.2, progress=stop)
    assert dict(smaller.module.named_modules()) == modules
    assert all(torch.equal(tensor, before[name]) for name, tensor in smaller.module.state_dict().items())


class Tied(nn.Module):
    """The first block's matrix is the head's too; the second's is its own; the third shares one module with itself."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 8)) for _ in range(4))
        self.head = nn.Linear(8, 8, bias=False)
        self.head.weight = self.blocks[0][0].weight
        self.blocks[3][2] = self.blocks[3][0]

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = x + block(x)
        logits: Tensor = self.head(x)
        return logits


def test_shared_weights_stay_shared() -> None:
    torch.manual_seed(0)
    model = universal_model(Tied().eval(), name="tied", task=TaskType.CLASSIFICATION)
    generator = torch.Generator().manual_seed(1)
    training, search = (
        [answered(model, Batch(torch.randn(64, 8, generator=generator), torch.zeros(64).long(), 64))] for _ in range(2)
    )
    smaller, plan = cut(model, [1])
    tied = smaller.module.get_parameter("head.weight").detach().clone()
    report = heal(model, smaller, plan, training, search, CLASSES, "lora", seconds=1.5)
    assert report.helped
    module: Any = smaller.module
    assert module.head.weight is module.blocks[0][0].weight and torch.equal(module.head.weight, tied)
    assert module.blocks[2][0] is module.blocks[2][2], "one module in two places is one still"


class Scaled(nn.Module):
    """Blocks without a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.LayerNorm(8) for _ in range(3))
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = x + block(x)
        logits: Tensor = self.head(x)
        return logits


def test_blocks_without_linear_layers_are_refused() -> None:
    model = NamedLayersModel(Scaled(), [f"blocks.{i}" for i in range(3)], LayerKind.OTHER)
    batches = [[Batch(torch.randn(4, 8), torch.zeros(4).long(), 4)] for _ in range(2)]
    smaller, plan = cut(model, [1])
    with pytest.raises(SurgeryError, match=r"no linear layer of their own .* Heal by 'distill'"):
        heal(model, smaller, plan, *batches, CLASSES, "lora", seconds=1.0)


def test_without_peft_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    model = tiny_bert()
    smaller, plan = cut(model, [2])
    with pytest.raises(ConfigurationError, match=r"needs the library peft.*pip install 'universal-layerwise-adapter"):
        heal(model, smaller, plan, token_batches(seed=1), token_batches(seed=2), CLASSES, "lora")
