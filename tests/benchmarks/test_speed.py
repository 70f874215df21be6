"""Speed as ratios inside one run. ``uv run pytest tests/benchmarks`` runs these."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from opacus.grad_sample import GradSampleModule

from analysis_core.compression.search import Goal, SearchSpace, greedy_removal
from analysis_core.compression.search.greedy import naive_evaluations
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import MeanGradients, PerExampleGradientNorms, PooledStates, StreamTurn
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import skip_each_layer
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.benchmarks.subjects import SUBJECTS
from tests.benchmarks.timing import ratio

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
GRADIENT_FAMILY = [PerExampleGradientNorms(), MeanGradients(), StreamTurn(), PooledStates()]
Record = Callable[..., None]


def plain_step(model: UniversalModel, batches: Sequence[Batch]) -> None:
    """Forward and backward over the data as in training, gradients thrown away after each batch."""
    task = task_for(model.task)
    for batch in batches:
        model.module.zero_grad(set_to_none=True)
        task.losses(model.forward(batch), batch).mean().backward()
    model.module.zero_grad(set_to_none=True)


def full_forward(model: UniversalModel, batches: Sequence[Batch]) -> np.ndarray:
    task = task_for(model.task)
    with torch.no_grad():
        return torch.cat([task.losses(model.forward(batch), batch) for batch in batches]).double().numpy()


def opacus_norms(model: UniversalModel, batches: Sequence[Batch], *, layers_only: bool) -> np.ndarray:
    """Per-example squared gradient norms for each layer, by Opacus's per-sample gradients.

    With ``layers_only`` the embeddings and the head are frozen, so that Opacus computes nothing that is not asked for.
    """
    twin = copy.deepcopy(
        model.module
    ).train()  # Opacus listens only in train mode; without dropout nothing else changes
    for module in twin.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    names = [layer.name for layer in model.layers]
    for name, weight in twin.named_parameters():
        weight.requires_grad_(not layers_only or any(name.startswith(f"{layer}.") for layer in names))
    wrapped = GradSampleModule(twin, loss_reduction="sum")
    task, rows = task_for(model.task), []
    for batch in batches:
        task.losses(wrapped(**batch.inputs), batch).sum().backward()
        columns = [
            sum(w.grad_sample.flatten(1).square().sum(1) for w in twin.get_submodule(name).parameters())
            for name in names
        ]
        rows.append(torch.stack(columns, 1))
        wrapped.zero_grad(set_to_none=True)
    return torch.cat(rows).double().numpy()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_gradient_family_in_one_shared_pass(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task = task_for(model.task)
    found = ratio(lambda: run_shared_pass(model, batches, task, GRADIENT_FAMILY), lambda: plain_step(model, batches))
    record(f"gradient family / plain forward+backward, {subject}", found.value, 1.5, str(found))
    if subject == "all-MiniLM-L6-v2":
        assert found.value <= 1.5


@pytest.mark.parametrize("subject", SUBJECTS)
def test_exact_fisher_alone(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task, need = task_for(model.task), PerExampleGradientNorms()
    found = ratio(lambda: run_shared_pass(model, batches, task, [need]), lambda: plain_step(model, batches))
    record(f"exact Fisher / plain forward+backward, {subject}", found.value, 1.0, str(found))
    if subject == "all-MiniLM-L6-v2":
        assert found.value <= 1.0


@pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:.*:FutureWarning")  # Opacus's own, of its use of torch
@pytest.mark.parametrize("layers_only", [False, True], ids=["whole model", "layers only"])
def test_exact_fisher_against_opacus(record: Record, layers_only: bool) -> None:
    model, batches = SUBJECTS["all-MiniLM-L6-v2"]()
    task, need, few = task_for(model.task), PerExampleGradientNorms(), batches[:2]
    ours = run_shared_pass(model, few, task, [need])[need]
    np.testing.assert_allclose(ours, opacus_norms(model, few, layers_only=layers_only), rtol=1e-3)
    found = ratio(
        lambda: opacus_norms(model, few, layers_only=layers_only),
        lambda: run_shared_pass(model, few, task, [need]),
    )
    what = "layers only" if layers_only else "whole model"
    record(f"Opacus ({what}) / exact Fisher, all-MiniLM-L6-v2", found.value, 5.0, f"equal norms; {found}")
    assert found.value >= (2 if layers_only else 5)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_ablation_of_all_layers(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task, layers = task_for(model.task), len(model.layers)

    def ours() -> Any:
        return skip_each_layer(Replayer(model, task, batches))

    def plain() -> None:
        for _ in range(layers):
            full_forward(model, batches)

    found = ratio(ours, plain, rounds=5)
    record(f"ablation of {layers} layers / {layers} forward passes, {subject}", found.value, 0.6, str(found))
    if subject == "all-MiniLM-L6-v2":
        assert found.value <= 0.6


def naive_greedy(model: UniversalModel, batches: Sequence[Batch], steps: int) -> list[int]:
    """A full forward pass of the smaller model for every candidate at every step."""
    order: list[int] = []
    parent = model.layers[0].name.rpartition(".")[0]
    for _ in range(steps):
        losses = {}
        for candidate in range(1, len(model.layers) - 1):
            if candidate in order:
                continue
            stack = model.module.get_submodule(parent)
            blocks = list(stack)
            gone = {*order, candidate}
            smaller = type(stack)([]) if isinstance(stack, torch.nn.ModuleList) else type(stack)()
            for index, block in enumerate(blocks):
                if index not in gone:
                    smaller.append(block)
            model.module.set_submodule(parent, smaller)
            try:
                losses[candidate] = full_forward(model, batches).mean()
            finally:
                model.module.set_submodule(parent, stack)
        order.append(min(losses, key=losses.__getitem__))
    return order


@pytest.mark.parametrize("subject", SUBJECTS)
def test_greedy_removal_to_half_depth(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task, half = task_for(model.task), len(model.layers) // 2
    orders: dict[str, list[int]] = {}
    passes: dict[str, float] = {}

    def ours() -> None:
        found = greedy_removal(Replayer(model, task, batches, memory_limit_bytes=2 * 2**30), 2.0)
        orders["ours"], passes["ours"] = list(found.plan.removal_order), found.evaluations

    def naive() -> None:
        orders["naive"] = naive_greedy(model, batches, half)

    found = ratio(ours, naive, rounds=3, warm_up=0)
    share = passes["ours"] / naive_evaluations(SearchSpace(model.layers, Goal(2.0)), half)
    assert orders["ours"] == orders["naive"]
    record(f"greedy to half depth / naive, {subject}", found.value, 0.65, f"same layers {orders['ours']}; {found}")
    record(f"greedy to half depth / naive in block evaluations, {subject}", share, 0.33, f"{len(batches)} batches")
    if subject == "all-MiniLM-L6-v2":
        assert found.value <= 0.65
