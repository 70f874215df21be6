"""Gradient flow against retained gradients of plain autograd, one example at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.methods.gradient_flow import relative_rms
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.results import MethodResult
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.reference.flow import root_mean_squares
from tests.toy_attention import one_by_one, tiny_encoder
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches


def run(model: UniversalModel, batches: list[Batch]) -> MethodResult:
    method = METHODS.get("gradient_flow")
    assert isinstance(method, ProbeMethod)
    config = AnalysisConfig(analysis_methods=(method.name,))
    return method.result(measure(model, batches, task_for(model.task), method.needs(config)), model.layers, config)


class Chain(nn.Module):
    """Diagonal layers, then a sum into the logits: every gradient is a product of their weights."""

    def __init__(self, scales: list[float], *, skip_last: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(3, 3, bias=False) for _ in scales)
        self.skip_last = skip_last
        with torch.no_grad():
            for layer, scale in zip(self.layers, scales, strict=True):
                layer.weight.copy_(scale * torch.eye(3))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = layer(x)
        last: Tensor = self.layers[-1](x)
        return last.detach() + x if self.skip_last else last


def chain(scales: list[float], **settings: bool) -> UniversalModel:
    names = [f"layers.{i}" for i in range(len(scales))]
    return NamedLayersModel(Chain(scales, **settings), names, LayerKind.MLP)


def rows(examples: int = 6) -> list[Batch]:
    generator = torch.Generator().manual_seed(3)
    return [Batch(torch.randn(examples, 3, generator=generator), torch.arange(examples) % 3, examples)]


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional, tiny_encoder])
def test_against_retained_gradients(make: Callable[[], UniversalModel]) -> None:
    model, batches = make(), image_batches() if make is tiny_convolutional else token_batches()
    result, expected = run(model, batches), root_mean_squares(model, batches)
    np.testing.assert_allclose(result.extras["rms"], expected, rtol=1e-4)
    np.testing.assert_allclose(result.scores, expected / expected[-1], rtol=1e-4)
    assert result.scores[-1] == 1 and result.std_errors[-1] == 0


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_batch_size_and_padding_change_nothing(make: Callable[[], UniversalModel]) -> None:
    model, batches = make(), image_batches() if make is tiny_convolutional else token_batches()
    together, alone = run(model, batches), run(model, one_by_one(batches))
    np.testing.assert_allclose(together.scores, alone.scores, rtol=1e-4)
    np.testing.assert_allclose(together.std_errors, alone.std_errors, rtol=1e-3)


def test_a_chain_of_scales_by_hand() -> None:
    """Behind a layer that multiplies by s the gradient is s times what it was; what fades or blows up is flagged."""
    result = run(chain([1.0, 1e-4, 10.0, 1e4]), rows())
    np.testing.assert_allclose(result.scores, [10, 1e5, 1e4, 1], rtol=1e-5)
    assert result.extras["exploding"] == [False, True, True, False]
    faded = run(chain([1.0, 1e-3, 1.0]), rows())
    assert faded.extras["vanishing"] == [True, False, False]


def test_a_gradient_whose_square_is_no_float32_number() -> None:
    result = run(chain([1.0, 1e-15, 1e-15]), rows())
    np.testing.assert_allclose(result.scores, [1e-30, 1e-15, 1], rtol=1e-5)


def test_no_gradient_is_said() -> None:
    result = run(chain([1.0, 1.0], skip_last=True), rows())
    assert result.not_applicable is not None and "does not react to its output" in result.not_applicable
    result = run(chain([1.0, 0.0, 1.0]), rows())
    assert result.scores[0] is None and result.reasons[0] == "The loss does not react to its output."


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype) -> None:
    model, batches = tiny_bert(), token_batches()
    exact = run(model, batches)
    model.module.to(dtype)
    np.testing.assert_allclose(run(model, batches).scores, exact.scores, rtol=0.1)


def test_the_standard_error_matches_repeated_sampling() -> None:
    generator = np.random.default_rng(0)
    places = generator.integers(3, 9, (2000, 60, 1)).astype(float)
    level = generator.gamma(2.0, size=(2000, 60, 1))
    squares = places * level * generator.gamma(3.0, size=(2000, 60, 3))
    found = [relative_rms(one, np.repeat(n, 3, 1)) for one, n in zip(squares, places, strict=True)]
    values, errors = np.array([v for v, _ in found]), np.array([e for _, e in found])
    np.testing.assert_allclose(errors.mean(0)[:2], values.std(0, ddof=1)[:2], rtol=0.1)
