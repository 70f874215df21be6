"""What every task promises: nothing depends on the batch or on padding, shares make the metric, errors are clear."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, NumericalError
from analysis_core.tasks import NO_TARGET, TASKS, task_for
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import Direction, ModalityType, TaskType
from tests.tasks.cases import BUILDERS, EXAMPLES, PADDED, Case, case, padded

EVERY = pytest.mark.parametrize("name", list(BUILDERS))
UNIFORM = torch.linspace(0.03, 0.97, EXAMPLES, dtype=torch.float64)


def facts(task: Task, outputs: Any, batch: Batch) -> list[np.ndarray]:
    """All that a task says of each example, without what must be compared in another way."""
    assert batch.targets is not None
    found = [
        task.losses(outputs, batch),
        torch.from_numpy(task.metric_per_example(task.predictions(outputs, batch), batch.targets)),
        torch.from_numpy(task.answer_features(outputs, batch)),
    ]
    if task.has_probabilities:
        found.append(task.probabilities(outputs, batch))
    return [value.double().numpy() for value in found]


def joined(found: Case, size: int) -> tuple[list[np.ndarray], Tensor, dict[str, float]]:
    """Facts, drawn targets and metrics, computed in batches of a size."""
    parts, drawn, predictions, targets = [], [], [], []
    for start in range(0, EXAMPLES, size):
        outputs, batch = found.cut(start, min(start + size, EXAMPLES))
        assert batch.targets is not None
        parts.append(facts(found.task, outputs, batch))
        drawn.append(found.task.sample_targets(outputs, batch, UNIFORM[start : start + size]))
        predictions.append(found.task.predictions(outputs, batch))
        targets.append(found.task.kept_targets(batch.targets))
    metrics = found.task.metrics(torch.cat(predictions), found.task.joined_targets(targets))
    return [np.concatenate(column) for column in zip(*parts, strict=True)], torch.cat(drawn), metrics


def test_every_task_type_is_served() -> None:
    assert {TASKS.get(task_type.value).task_type for task_type in TaskType} == set(TaskType)
    assert {case(name).task for name in BUILDERS} == {TASKS.get(name) for name in TASKS}


def test_the_modality_decides_between_variants() -> None:
    plain = task_for(TaskType.GENERATION)
    assert plain is task_for(TaskType.GENERATION, ModalityType.TEXT) and plain.metric == "perplexity"
    assert task_for(TaskType.GENERATION, ModalityType.AUDIO).metric == "token_accuracy"
    assert task_for(TaskType.GENERATION, ModalityType.MULTIMODAL).metric == "bits_per_pixel"
    assert task_for(TaskType.CLASSIFICATION, ModalityType.AUDIO) is task_for(TaskType.CLASSIFICATION)


@EVERY
@pytest.mark.parametrize("size", [1, 4])
def test_the_batch_size_changes_nothing(name: str, size: int) -> None:
    found = case(name)
    whole, drawn, metrics = joined(found, EXAMPLES)
    parts, drawn_in_parts, metrics_of_parts = joined(found, size)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(drawn, drawn_in_parts)
    assert metrics_of_parts == pytest.approx(metrics, rel=1e-6)


@pytest.mark.parametrize("name", PADDED)
@settings(max_examples=8, deadline=None)
@given(more=st.integers(1, 9))
def test_padding_changes_nothing(name: str, more: int) -> None:
    short, long = case(name), padded(case(name), more)
    for task_facts in ("losses", "shares", "features", "entropy", "drawn"):
        np.testing.assert_allclose(fact_of(short, task_facts), fact_of(long, task_facts), rtol=1e-5, atol=1e-9)


def fact_of(found: Case, which: str) -> np.ndarray:
    task, (outputs, batch) = found.task, found.whole()
    if which == "entropy":
        return torch.special.entr(task.probabilities(outputs, batch)).sum(1).numpy()
    if which == "drawn":
        drawn = task.sample_targets(outputs, batch, UNIFORM)
        return drawn[:, : found.targets.shape[1]][drawn[:, : found.targets.shape[1]] != NO_TARGET].double().numpy()
    return facts(task, outputs, batch)[("losses", "shares", "features").index(which)]


@EVERY
def test_the_metric_follows_from_the_mean_of_the_shares(name: str) -> None:
    found = case(name)
    (_, shares, _, *_), _, metrics = joined(found, EXAMPLES)
    assert shares.shape == (EXAMPLES,)
    assert metrics[found.task.metric] == pytest.approx(found.task.metric_of(float(shares.mean())), rel=1e-6)


@EVERY
def test_the_metric_rises_with_the_mean_of_the_shares(name: str) -> None:
    task = case(name).task
    values = [task.metric_of(share) for share in (0.1, 0.5, 0.9)]
    assert values == sorted(values) and len(set(values)) == 3
    assert task.direction in Direction


@EVERY
def test_losses_are_not_negative_and_can_be_followed_back(name: str) -> None:
    found = case(name)
    outputs, batch = found.whole()
    leaves = {key: value.clone().requires_grad_() for key, value in outputs.items()}
    losses = found.task.losses(leaves, batch)
    assert losses.shape == (EXAMPLES,) and bool((losses >= 0).all())
    losses.sum().backward()
    for leaf in leaves.values():
        assert leaf.grad is not None and bool(leaf.grad.isfinite().all()) and bool(leaf.grad.any())


@EVERY
def test_probabilities_sum_to_one_or_are_refused(name: str) -> None:
    found = case(name)
    if found.task.has_probabilities:
        sums = found.task.probabilities(*found.whole()).sum(1)
        torch.testing.assert_close(sums, torch.ones(EXAMPLES, dtype=torch.float64))
    else:
        with pytest.raises(DataError, match="no probabilities"):
            found.task.probabilities(*found.whole())


@EVERY
def test_drawn_targets_are_accepted_and_follow_the_numbers(name: str) -> None:
    found = case(name)
    outputs, batch = found.whole()
    drawn = found.task.sample_targets(outputs, batch, UNIFORM)
    again = found.task.sample_targets(outputs, batch, UNIFORM)
    other = found.task.sample_targets(outputs, batch, 1 - UNIFORM)
    torch.testing.assert_close(drawn, again)
    assert not torch.equal(drawn, other)
    losses = found.task.losses(outputs, dataclasses.replace(batch, targets=drawn))
    assert bool(losses.isfinite().all())


@EVERY
def test_outputs_in_half_precision_are_reduced_in_full(name: str) -> None:
    found = case(name)
    outputs, batch = found.whole()
    half = {key: value.bfloat16() for key, value in outputs.items()}
    full = {key: value.float() for key, value in half.items()}
    torch.testing.assert_close(found.task.losses(half, batch), found.task.losses(full, batch))


@EVERY
def test_a_loss_that_is_no_number_names_its_example(name: str) -> None:
    found = case(name)
    key = next(iter(found.outputs))
    found.outputs[key][4] = torch.nan
    outputs, batch = found.cut(2, EXAMPLES)
    with pytest.raises(NumericalError, match="example 4"):
        found.task.losses(outputs, batch)


@EVERY
def test_missing_targets_are_named(name: str) -> None:
    found = case(name)
    outputs, batch = found.whole()
    with pytest.raises(DataError, match="carry no"):
        found.task.losses(outputs, dataclasses.replace(batch, targets=None))


@EVERY
def test_too_few_targets_are_named(name: str) -> None:
    found = case(name)
    outputs, batch = found.whole()
    with pytest.raises(DataError, match=r"for 6 examples|labels came|need logits|do not fit"):
        found.task.losses(outputs, dataclasses.replace(batch, targets=found.targets[:3]))


@EVERY
def test_outputs_of_another_task_are_refused(name: str) -> None:
    found = case(name)
    _, batch = found.whole()
    with pytest.raises(DataError):
        found.task.losses({"logits": torch.zeros(EXAMPLES, 2, 2, 2, 2)}, batch)
    with pytest.raises(DataError):
        found.task.losses({"hidden": torch.zeros(EXAMPLES, 2)}, batch)


def test_targets_of_several_lengths_are_filled_up() -> None:
    parts = [torch.ones(2, 3, 5), torch.ones(1, 1, 5)]
    joint = task_for(TaskType.DETECTION).joined_targets(parts)
    assert joint.shape == (3, 3, 5) and bool((joint[2, 1:] == NO_TARGET).all()) and bool((joint[2, 0] == 1).all())
