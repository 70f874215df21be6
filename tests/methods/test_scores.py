"""Every method against a slow, independent computation, on toy nets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.results import MethodResult
from analysis_core.tasks import task_for
from tests.probe.test_replay import losses_without
from tests.reference.gradients import per_example_squared_norms, taylor_and_norm
from tests.reference.similarity import linear_cka, one_minus_cosine_per_token
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches


def run(name: str, model: UniversalModel, batches: list[Batch], **settings: object) -> MethodResult:
    method = METHODS.get(name)
    assert isinstance(method, ProbeMethod)
    config = AnalysisConfig(analysis_methods=(name,), **settings)  # type: ignore[arg-type]
    statistics = measure(model, batches, task_for(model.task), method.needs(config), seed=config.seed)
    return method.result(statistics, model.layers, config)


@pytest.fixture(scope="module")
def bert() -> tuple[UniversalModel, list[Batch]]:
    return tiny_bert(), token_batches(examples=24)


def hidden_states(model: UniversalModel, batches: list[Batch]) -> list[list[np.ndarray]]:
    """Per layer boundary, each example's real tokens, as the library itself returns them."""
    model.module.eval()
    boundaries: list[list[np.ndarray]] = [[] for _ in range(len(model.layers) + 1)]
    for batch in batches:
        with torch.no_grad():
            states = model.module(**batch.inputs, output_hidden_states=True).hidden_states
        for found, state in zip(boundaries, states, strict=True):
            for row, length in zip(state.numpy(), batch.padding_mask.sum(1).tolist(), strict=True):
                found.append(row[:length])
    return boundaries


def test_fisher_information(bert: tuple[UniversalModel, list[Batch]]) -> None:
    model, batches = bert
    result, slow = run("fisher_information", model, batches), per_example_squared_norms(model, batches)
    np.testing.assert_allclose(result.scores, slow.mean(0), rtol=1e-5)
    np.testing.assert_allclose(result.std_errors, slow.std(0, ddof=1) / np.sqrt(len(slow)), rtol=1e-4)
    sizes = [layer.parameters for layer in model.layers]
    np.testing.assert_allclose(result.extras["per_parameter"], slow.mean(0) / sizes, rtol=1e-5)
    assert result.extras["labels"] == "data" and result.examples == 24 and result.passes == 3


def test_gradient_based(bert: tuple[UniversalModel, list[Batch]]) -> None:
    model, batches = bert
    result = run("gradient_based", model, batches)
    taylor, norm = taylor_and_norm(model, batches)
    np.testing.assert_allclose(result.scores, taylor, rtol=1e-5)
    np.testing.assert_allclose(result.extras["gradient_norm"], norm, rtol=1e-5)


def test_block_influence(bert: tuple[UniversalModel, list[Batch]]) -> None:
    model, batches = bert
    states = hidden_states(model, batches)
    expected = [one_minus_cosine_per_token(a, b) for a, b in pairwise(states)]
    np.testing.assert_allclose(run("block_influence", model, batches).scores, expected, rtol=1e-4)


def test_layer_correlation(bert: tuple[UniversalModel, list[Batch]]) -> None:
    model, batches = bert
    pooled = [np.stack([tokens.mean(0) for tokens in state]).astype(float) for state in hidden_states(model, batches)]
    result = run("layer_correlation", model, batches)
    expected = [1 - linear_cka(a, b) for a, b in pairwise(pooled)]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-3, atol=1e-6)
    outputs = pooled[1:]
    full = [[linear_cka(a, b) for b in outputs] for a in outputs]
    np.testing.assert_allclose(result.extras["cka_map"], full, rtol=1e-3, atol=1e-6)


def test_layer_ablation(bert: tuple[UniversalModel, list[Batch]]) -> None:
    model, batches = bert
    result, intact = run("layer_ablation", model, batches), losses_without(model, [], batches)
    differences = np.stack([losses_without(model, [i], batches) - intact for i in range(len(model.layers))])
    np.testing.assert_allclose(result.scores, differences.mean(1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.std_errors, differences.std(1, ddof=1) / np.sqrt(24), rtol=1e-4)
    assert result.replays == len(model.layers)


def test_shape_changing_layers_are_not_applicable_where_shapes_must_agree() -> None:
    result = run("block_influence", tiny_convolutional(), image_batches())
    assert result.scores[2] is None and all(result.scores[i] is not None for i in (0, 1, 3))
    assert run("layer_ablation", tiny_convolutional(), image_batches()).extras["mean_replaced"] == [2]


def test_too_few_examples_for_cka_is_said() -> None:
    result = run("layer_correlation", tiny_bert(), token_batches(examples=3))
    assert result.not_applicable == "CKA needs at least 4 examples; there are 3."
    assert set(result.scores) == {None}


@pytest.mark.parametrize("name", METHODS.names())
def test_two_examples_give_numbers_or_a_reason(name: str) -> None:
    result = run(name, tiny_bert(), token_batches(examples=2))
    assert result.not_applicable or all(score is not None for score in result.scores)


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_methods_stand_alone_too(make: Callable[[], UniversalModel]) -> None:
    """``analyze(model, data_loader)``, as a method of the user's own would be called."""
    model, batches = make(), token_batches() if make is tiny_bert else image_batches()
    for name in METHODS.names():
        found = METHODS.get(name).analyze(model, batches)
        assert found == dict(run(name, model, batches))
        assert set(found) <= set(range(len(model.layers)))


def test_a_silent_layer_has_no_influence() -> None:
    """A block whose weights are zero passes its input on: every method but the weight-free ones says 0."""
    model, batches = tiny_convolutional(), image_batches()
    with torch.no_grad():
        model.module.blocks[1].scale.zero_()
    assert run("block_influence", model, batches)[1] == pytest.approx(0, abs=1e-6)
    assert run("layer_ablation", model, batches)[1] == pytest.approx(0, abs=1e-6)
    assert run("layer_correlation", model, batches)[1] == pytest.approx(0, abs=1e-9)
