"""Healing: it helps or is said not to, it never learns from what judges, and the original stays as it is."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from analysis_core.compression.healing import distill as distillation
from analysis_core.compression.healing.better_state import check_apart, mean_loss
from analysis_core.compression.healing.heal import heal
from analysis_core.compression.healing.linear_patch import Gap, gaps
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import ConfigurationError, DataError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.results import CompressionPlan
from analysis_core.tasks import task_for
from analysis_core.tasks.base import logits_of
from analysis_core.vocabulary import HealWay, LayerKind, TaskType
from tests.compression import models
from tests.toys import NamedLayersModel, tiny_bert, token_batches

TASK = task_for(TaskType.CLASSIFICATION)


class Adds(nn.Module):
    """A block that adds a linear map of the stream to it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.map = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.map(x)
        return x + added


class LinearNet(nn.Module):
    """Blocks whose composition is linear, so that a linear patch can stand in for any of them."""

    def __init__(self, layers: int = 5, width: int = 8, classes: int = 3) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Adds(width) for _ in range(layers))
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(x)
        return logits


def linear_net() -> UniversalModel:
    torch.manual_seed(0)
    return NamedLayersModel(LinearNet(), [f"blocks.{i}" for i in range(5)], LayerKind.MLP)


def vectors(count: int, seed: int) -> list[Batch]:
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for first in range(0, count, 16):
        inputs = torch.randn(16, 8, generator=generator)
        batches.append(Batch(inputs, torch.randint(3, (16,), generator=generator), 16, first=first))
    return batches


def cut(model: UniversalModel, removed: list[int]) -> tuple[UniversalModel, CompressionPlan]:
    plan = plan_from_removed(model.layers, removed)
    return compressed_model(model, remove_layers(model, removed), removed), plan


def answers(model: UniversalModel, batches: list[Batch]) -> Tensor:
    with torch.no_grad():
        return torch.cat([model.forward(batch) for batch in batches])


def answered(model: UniversalModel, batches: list[Batch]) -> list[Batch]:
    """The same inputs with what a model answers as targets, so that there is something to keep."""
    with torch.no_grad():
        given = [logits_of(model.forward(batch)).argmax(-1) for batch in batches]
    return [replace(batch, targets=targets) for batch, targets in zip(batches, given, strict=True)]


@pytest.mark.parametrize("removed", [[1], [2, 3], [1, 3]])
def test_a_linear_patch_restores_what_is_linear(removed: list[int]) -> None:
    model, training = linear_net(), vectors(512, 1)
    search = answered(model, vectors(64, 2))
    smaller, plan = cut(model, removed)
    whole, before = answers(model, search), answers(smaller, search)
    names = set(smaller.module.state_dict())
    report = heal(model, smaller, plan, training, search, TASK, HealWay.LINEAR)
    left = (answers(smaller, search) - whole).norm() / (before - whole).norm()
    assert left < 0.05
    assert set(smaller.module.state_dict()) == names and len(smaller.layers) == 5 - len(removed)
    assert (report.way, report.examples) == ("linear", 512)


def test_a_patch_that_makes_it_worse_is_taken_back() -> None:
    model, training = linear_net(), vectors(512, 1)
    smaller, plan = cut(model, [2])
    # Judged by what the cut model itself answers, nothing can be better than leaving it alone.
    search = answered(smaller, vectors(64, 2))
    with torch.no_grad():
        for side in (model, smaller):
            side.module.state_dict()["head.weight"].mul_(20.0)  # sure of itself, so that every change costs loss
    before = {name: tensor.clone() for name, tensor in smaller.module.state_dict().items()}
    report = heal(model, smaller, plan, training, search, TASK, "linear")
    assert not report.helped and report.loss_reached > report.loss_before
    assert all(torch.equal(tensor, before[name]) for name, tensor in smaller.module.state_dict().items())


def test_gaps_are_spans_and_need_a_block_before_them() -> None:
    model = linear_net()
    assert gaps(model, cut(model, [1, 2, 4])[1]) == [Gap(0, 2), Gap(1, 4)]
    with pytest.raises(SurgeryError, match=r"No block stands before it .* Keep the first layer"):
        gaps(model, cut(model, [0, 2])[1])


def test_a_patch_folds_into_gpt2() -> None:
    model = models.gpt2()
    task = task_for(TaskType.GENERATION)
    generator = torch.Generator().manual_seed(3)

    def texts(count: int) -> list[Batch]:
        tokens = torch.randint(3, models.VOCABULARY, (count, 9), generator=generator)
        with torch.no_grad():
            told = model.module(input_ids=tokens).logits.argmax(-1)
        return [Batch({"input_ids": tokens}, told, count)]

    training, search = texts(64), texts(16)
    smaller, plan = cut(model, [2])
    before = mean_loss(smaller, search, task)
    report = heal(model, smaller, plan, training, search, task, HealWay.LINEAR)
    assert report.helped and report.loss_before == pytest.approx(before)
    assert mean_loss(smaller, search, task) == pytest.approx(report.loss_reached)


def test_a_normalised_sum_has_no_place_for_a_patch() -> None:
    model = tiny_bert()
    smaller, plan = cut(model, [2])
    with pytest.raises(SurgeryError, match=r"cannot be folded into it\. Heal by 'distill'"):
        heal(model, smaller, plan, token_batches(seed=1), token_batches(seed=2), TASK, HealWay.LINEAR)


def test_distillation_lowers_the_loss_within_its_time_and_leaves_the_original_alone() -> None:
    model = tiny_bert()
    training, search = answered(model, token_batches(96, seed=1)), answered(model, token_batches(32, seed=2))
    smaller, plan = cut(model, [1, 2])
    before = {name: tensor.clone() for name, tensor in model.module.state_dict().items()}
    mode = smaller.module.training
    told: list[float] = []
    began = time.perf_counter()
    report = heal(model, smaller, plan, training, search, TASK, seconds=2.0, progress=lambda done, _: told.append(done))
    assert time.perf_counter() - began < 20.0
    assert report.helped and report.steps > 3 and report.way == "distill"
    assert report.loss_reached < report.loss_before
    assert mean_loss(smaller, search, TASK) == pytest.approx(report.loss_reached, rel=1e-5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.module.state_dict().items())
    assert smaller.module.training == mode and all(weight.grad is None for weight in smaller.module.parameters())
    assert told and told == sorted(told)


def test_a_training_that_goes_wrong_is_not_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillation, "RATE_OF_WEIGHTS", 1e6)
    model = tiny_bert()
    training, search = answered(model, token_batches(64, seed=1)), answered(model, token_batches(32, seed=2))
    smaller, plan = cut(model, [2])
    before = {name: tensor.clone() for name, tensor in smaller.module.state_dict().items()}
    report = heal(model, smaller, plan, training, search, TASK, seconds=1.0)
    assert not report.helped and report.loss_reached > report.loss_before
    assert all(torch.equal(tensor, before[name]) for name, tensor in smaller.module.state_dict().items())


def test_nothing_is_done_where_nothing_is_asked_for_or_nothing_went() -> None:
    model, training, search = linear_net(), vectors(32, 1), vectors(32, 2)
    smaller, plan = cut(model, [2])
    before = smaller.module.state_dict()["blocks.1.map.weight"].clone()
    report = heal(model, smaller, plan, training, search, TASK, HealWay.NONE)
    assert not report.helped and report.steps == 0 and report.loss_reached == report.loss_before
    assert torch.equal(before, smaller.module.state_dict()["blocks.1.map.weight"])
    whole, nothing = cut(model, [])
    assert heal(model, whole, nothing, training, search, TASK).steps == 0


def test_bad_input_is_said() -> None:
    model, training, search = linear_net(), vectors(32, 1), vectors(32, 2)
    smaller, plan = cut(model, [2])
    with pytest.raises(ConfigurationError, match="Nothing heals in 0 seconds"):
        heal(model, smaller, plan, training, search, TASK, seconds=0)
    with pytest.raises(DataError, match="no training examples to heal with"):
        heal(model, smaller, plan, [], search, TASK)
    with pytest.raises(DataError, match="Training example 16 is among the search examples too"):
        heal(model, smaller, plan, training, [training[1], *search], TASK)


def test_the_same_text_is_the_same_however_it_is_padded() -> None:
    def text(tokens: list[int], label: int) -> Batch:
        ids = torch.tensor([tokens])
        mask = (ids != 0).long()
        return Batch({"input_ids": ids, "attention_mask": mask}, torch.tensor([label]), 1, padding_mask=mask)

    check_apart([text([4, 5], 0)], [text([4, 5, 6], 0), text([5, 4], 0), text([4, 5], 1)], "test")
    with pytest.raises(DataError, match=r"among the test examples too\. Heal with examples"):
        check_apart([text([4, 5, 0, 0], 0)], [text([4, 5, 0], 0)], "test")


def test_the_divergence_and_the_missed_share_by_hand() -> None:
    even, uneven = torch.tensor([[0.5, 0.5, 0.0]]), torch.tensor([[0.25, 0.75, 0.0]])
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert float(distillation._divergence(even, uneven)[0]) == pytest.approx(expected)
    assert float(distillation._divergence(even, even)[0]) == 0.0
    wanted, own = {"h": torch.tensor([0.0, 2.0, 4.0])}, {"h": torch.tensor([0.0, 2.0, 2.0]), "other": torch.ones(2)}
    assert float(distillation._missed_share(wanted, own)) == pytest.approx((4 / 3) / (8 / 3))
    assert distillation._missed_share(wanted, {}) == 0.0
