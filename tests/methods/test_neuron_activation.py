"""Participation ratios against eigenvalues of stored activations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.methods.neuron_activation import describe, excess_kurtosis, participation_ratio
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import Activity, UnitActivity
from analysis_core.results import MethodResult
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.reference.flow import participation_by_eigenvalues, stored_activations
from tests.toy_attention import one_by_one
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches


def run(model: UniversalModel, batches: list[Batch]) -> MethodResult:
    method = METHODS.get("neuron_activation")
    assert isinstance(method, ProbeMethod)
    config = AnalysisConfig(analysis_methods=(method.name,))
    return method.result(measure(model, batches, task_for(model.task), method.needs(config)), model.layers, config)


def subject(make: Callable[[], UniversalModel]) -> tuple[UniversalModel, list[Batch]]:
    return make(), image_batches() if make is tiny_convolutional else token_batches(examples=30)


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_against_eigenvalues_of_stored_activations(make: Callable[[], UniversalModel]) -> None:
    model, batches = subject(make)
    result = run(model, batches)
    layers = [np.concatenate(examples) for examples in stored_activations(model, batches)]
    np.testing.assert_allclose(result.scores, [participation_by_eigenvalues(x) for x in layers], rtol=1e-4)
    expected = [participation_by_eigenvalues(x, centred=False) for x in layers]
    np.testing.assert_allclose(result.extras["uncentred"], expected, rtol=1e-4)
    assert result.extras["width"] == [x.shape[1] for x in layers]
    assert result.extras["dead_fraction"] == [0.0] * len(layers)


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_batch_size_and_padding_change_nothing(make: Callable[[], UniversalModel]) -> None:
    model, batches = subject(make)
    together, alone = run(model, batches), run(model, one_by_one(batches))
    np.testing.assert_allclose(together.scores, alone.scores, rtol=1e-4)
    np.testing.assert_allclose(together.std_errors, alone.std_errors, rtol=1e-3)
    for name in ("sparsity", "excess_kurtosis"):
        np.testing.assert_allclose(together.extras[name], alone.extras[name], rtol=1e-3, atol=1e-5)


class FixedOutputs(nn.Module):
    """Layers that put out what they are given, some units silenced; a head for a loss."""

    def __init__(self, gains: torch.Tensor) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Scaled(gains)])
        self.head = nn.Linear(len(gains), 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.layers[0](x))
        return logits


class Scaled(nn.Module):
    def __init__(self, gains: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("gains", gains)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gains


def fixed(values: torch.Tensor, gains: torch.Tensor) -> MethodResult:
    batch = Batch(values, torch.arange(len(values)) % 3, len(values))
    return run(NamedLayersModel(FixedOutputs(gains), ["layers.0"], LayerKind.MLP), [batch])


def test_silent_units_by_hand() -> None:
    """Four corners of a square in two of four units: half of the width, two dead units, half of the values zero."""
    corners = torch.tensor([[1.0, 1, 9, 9], [1, -1, 9, 9], [-1, 1, 9, 9], [-1, -1, 9, 9]]).repeat(3, 1)
    result = fixed(corners, torch.tensor([1.0, 1, 0, 0]))
    assert result.scores[0] == pytest.approx(0.5)
    assert result.extras["dimensions"] == [pytest.approx(2)]
    assert result.extras["dead_fraction"] == [0.5] and result.extras["sparsity"] == [0.5]
    assert result.extras["excess_kurtosis"] == [pytest.approx(-2)]


def test_a_large_mean_takes_no_digits() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(64, 6, generator=generator) * torch.tensor([1, 2, 3, 1, 1, 0.5])
    plain, moved = fixed(values, torch.ones(6)), fixed(values + 1000, torch.ones(6))
    assert moved.scores[0] == pytest.approx(plain.scores[0], rel=1e-3)


def test_a_constant_output_is_said() -> None:
    result = fixed(torch.full((8, 4), 3.7), torch.ones(4))
    assert result.not_applicable is not None and "the same for every token" in result.not_applicable


def test_wide_layers_are_judged_by_some_units() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(40, 12, generator=generator)
    batch = Batch(values, torch.arange(40) % 3, 40)
    model = NamedLayersModel(FixedOutputs(torch.ones(12)), ["layers.0"], LayerKind.MLP)
    need = UnitActivity(units=5)
    first, second = (measure(model, [batch], task_for(model.task), [need])[need].layers[0] for _ in range(2))
    assert first.width == 12 and first.covariance.shape == (5, 5)
    np.testing.assert_array_equal(first.covariance, second.covariance)
    full = np.cov(values.numpy().T, bias=True)
    assert all(any(np.isclose(own, value) for value in np.diag(full)) for own in np.diag(first.covariance))


def test_memory_does_not_grow_with_the_number_of_examples() -> None:
    model, need = tiny_bert(layers=1), UnitActivity(examples=5, tokens=2)
    found = measure(model, token_batches(examples=40), task_for(model.task), [need])[need].layers[0]
    assert found.kept.shape == (10, 16) and len(found.tokens) == 40


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_participation_lies_between_one_direction_and_all(width: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(30, width))
    assert 1 - 1e-9 <= participation_ratio(np.cov(values.T, bias=True).reshape(width, width)) <= width + 1e-9


def test_the_standard_error_matches_repeated_sampling() -> None:
    """Tokens of one example share a direction; some of them are kept, and the error is still that of all."""
    generator = np.random.default_rng(1)
    spread = np.array([3.0, 2.0, 1.0, 0.5])

    def sample(kept: int) -> Activity:
        counts = generator.integers(10, 30, 80)
        shared = generator.normal(size=(80, 4)) * spread
        rows = [shared[e] + 0.7 * generator.normal(size=(n, 4)) for e, n in enumerate(counts)]
        whole = np.concatenate(rows)
        return Activity(
            width=4, covariance=np.cov(whole.T, bias=True), mean=whole.mean(0), tokens=counts.astype(float),
            kept=np.concatenate([row[:kept] for row in rows]), kept_examples=np.repeat(np.arange(80.0), kept),
            kept_counts=np.repeat(counts.astype(float), kept),
        )  # fmt: skip

    for kept in (8, 2):
        found = [describe(sample(kept)) for _ in range(300)]
        claimed = np.mean([one["std_error"] for one in found])
        assert claimed == pytest.approx(np.std([one["score"] for one in found], ddof=1), rel=0.2)


def test_kurtosis_of_known_distributions() -> None:
    generator = np.random.default_rng(2)
    assert excess_kurtosis(generator.normal(size=(20000, 5))) == pytest.approx(0, abs=0.15)
    assert excess_kurtosis(generator.laplace(size=(20000, 5))) == pytest.approx(3, abs=0.5)
    assert math.isnan(excess_kurtosis(np.ones((4, 2))))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype) -> None:
    model, batches = tiny_bert(), token_batches()
    exact = run(model, batches)
    model.module.to(dtype)
    np.testing.assert_allclose(run(model, batches).scores, exact.scores, rtol=0.05)
