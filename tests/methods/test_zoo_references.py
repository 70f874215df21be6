"""Every method on both shipped models, against its slow reference on real examples."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.methods.information_bottleneck import BETA
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.probe.needs import DroppedContributions, PathConductance
from analysis_core.results import MethodResult
from analysis_core.workflow.examples import SEARCH, prepare
from tests.methods.test_layer_conductance import captum_conductance, conductance
from tests.methods.test_scores import run
from tests.reference import persistence
from tests.reference.attention import heads_by_hand, library_attention, vit_attention
from tests.reference.dependence import normalised_hsic
from tests.reference.flow import outputs_and_gradients, participation_by_eigenvalues, root_mean_squares
from tests.reference.gradients import per_example_squared_norms, taylor_and_norm
from tests.reference.patching import dropout_information, indirect_effects
from tests.reference.similarity import linear_cka, one_minus_cosine_per_token
from tests.reference.spectra import weightwatcher_details

ZOO = ["zoo/text-bert", "zoo/vision-vit"]
EXAMPLES = 12

pytestmark = pytest.mark.parametrize("name", ZOO)


@cache
def subject(name: str) -> tuple[UniversalModel, tuple[Batch, ...]]:
    model = load_model(name, device="cpu")
    return model, prepare(model, load_examples(model), SEARCH, 4, EXAMPLES, seed=0).batches


def both(name: str, method: str, **settings: Any) -> tuple[UniversalModel, list[Batch], MethodResult]:
    model, batches = subject(name)
    return model, list(batches), run(method, model, list(batches), **settings)


@cache
def streams(name: str) -> list[list[np.ndarray]]:
    """Before the first layer and behind each, every example's real tokens, ``[tokens, width]``."""
    model, batches = subject(name)
    entering: list[torch.Tensor] = []
    handle = model.layer_modules[0].register_forward_pre_hook(lambda _m, args: entering.append(args[0].detach()))
    stored = outputs_and_gradients(model, list(batches))
    handle.remove()
    first = [hidden[0].double().numpy() for hidden in entering]
    return [first, *([example[index][0] for example in stored] for index in range(len(model.layers)))]


def pooled(name: str) -> list[np.ndarray]:
    return [np.stack([tokens.mean(0) for tokens in boundary]) for boundary in streams(name)]


def labels(batches: list[Batch]) -> np.ndarray:
    return np.concatenate([batch.targets.numpy() for batch in batches])


def losses_of(module: nn.Module, batches: list[Batch]) -> np.ndarray:
    found = []
    with torch.no_grad():
        for batch in batches:
            out = module(**batch.inputs) if isinstance(batch.inputs, dict) else module(batch.inputs)
            logits = getattr(out, "logits", out)
            found.append(nn.functional.cross_entropy(logits, batch.targets, reduction="none"))
    return torch.cat(found).double().numpy()


def without(model: UniversalModel, removed: set[int]) -> nn.Module:
    """A deep copy whose blocks are really gone."""
    twin = copy.deepcopy(model.module)
    path = model.layers[0].stack
    kept = [block for index, block in enumerate(twin.get_submodule(path)) if index not in removed]
    parent = twin.get_submodule(path.rpartition(".")[0])
    setattr(parent, path.rpartition(".")[2], nn.ModuleList(kept) if "bert" in model.name else nn.Sequential(*kept))
    if hasattr(twin, "config"):
        twin.config.num_hidden_layers = len(kept)
    return twin


def test_fisher_information(name: str) -> None:
    model, batches, result = both(name, "fisher_information")
    np.testing.assert_allclose(result.scores, per_example_squared_norms(model, batches).mean(0), rtol=1e-4)


def test_gradient_based(name: str) -> None:
    model, batches, result = both(name, "gradient_based")
    taylor, norm = taylor_and_norm(model, batches)
    np.testing.assert_allclose(result.scores, taylor, rtol=1e-4)
    np.testing.assert_allclose(result.extras["gradient_norm"], norm, rtol=1e-4)


def test_layer_ablation(name: str) -> None:
    model, batches, result = both(name, "layer_ablation")
    intact = losses_of(model.module, batches)
    expected = [(losses_of(without(model, {i}), batches) - intact).mean() for i in range(len(model.layers))]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-3, atol=1e-5)


def test_attention_analysis(name: str) -> None:
    model, batches, result = both(name, "attention_analysis")
    show: Callable[..., Any] = vit_attention
    if name == "zoo/text-bert":
        show, model = library_attention, copy.deepcopy(model)
        model.module.set_attn_implementation("eager")
    importance, entropy, distance = heads_by_hand(model, batches, show)
    np.testing.assert_allclose(result.scores, importance.sum(2).mean(0), rtol=1e-4)
    np.testing.assert_allclose(result.extras["entropy"], entropy, rtol=1e-4)
    np.testing.assert_allclose(result.extras["distance_tokens"], distance, rtol=1e-4)


def test_neuron_activation(name: str) -> None:
    _, _, result = both(name, "neuron_activation")
    expected = [participation_by_eigenvalues(np.concatenate(layer)) for layer in streams(name)[1:]]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-4)


def test_gradient_flow(name: str) -> None:
    model, batches, result = both(name, "gradient_flow")
    size = root_mean_squares(model, batches)
    np.testing.assert_allclose(result.scores, size / size[-1], rtol=1e-4)


def test_layer_correlation(name: str) -> None:
    _, _, result = both(name, "layer_correlation")
    states = pooled(name)
    expected = [1 - linear_cka(states[i], states[i + 1]) for i in range(len(states) - 1)]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-3, atol=1e-5)


def test_block_influence(name: str) -> None:
    _, _, result = both(name, "block_influence")
    found = streams(name)
    expected = [one_minus_cosine_per_token(found[i], found[i + 1]) for i in range(len(found) - 1)]
    np.testing.assert_allclose(result.scores, expected, rtol=1e-4, atol=1e-6)


def test_information_bottleneck(name: str) -> None:
    _, batches, result = both(name, "information_bottleneck")
    states, answers = pooled(name), np.eye(64)[labels(batches)]
    plane = [normalised_hsic(state, answers) - BETA * normalised_hsic(state, states[0]) for state in states]
    np.testing.assert_allclose(result.scores, np.diff(plane), atol=1e-5)


def test_causal_analysis(name: str) -> None:
    model, batches, result = both(name, "causal_analysis", seed=3)
    losses, size = indirect_effects(model, batches, seed=3)
    clean, corrupt, patched = losses[0].mean(), losses[1].mean(), losses[2:].mean(1)
    if result.not_applicable:  # twelve examples may not suffice to see the harm
        assert corrupt - clean <= 2 * (losses[1] - losses[0]).std(ddof=1) / np.sqrt(EXAMPLES) * 1.01
        return
    assert result.extras["noise"]["std"] == pytest.approx(size, rel=1e-4)
    np.testing.assert_allclose(result.extras["patched_loss"], patched, rtol=1e-3)
    np.testing.assert_allclose(result.scores, (corrupt - patched) / (corrupt - clean), rtol=5e-3, atol=1e-3)


def test_uncertainty_quantification(name: str) -> None:
    model, batches, result = both(name, "uncertainty_quantification", seed=2)
    need = DroppedContributions()
    for index in (0, 5, 11):
        slow = dropout_information(model, batches, index, 2, need.draws, need.rate, need.limit)
        assert result[index] == pytest.approx(slow.mean(), rel=2e-3, abs=1e-6)


def test_spectral_analysis(name: str) -> None:
    model, _, result = both(name, "spectral_analysis")
    theirs = weightwatcher_details(model.module)
    rows = [row for layer in result.extras["matrices"] for row in layer]
    assert len(rows) == (72 if name == "zoo/text-bert" else 48)
    for row in rows:
        other = theirs[row["name"].removesuffix(".weight")]
        assert row["alpha"] == pytest.approx(other["alpha"], rel=1e-6)
        assert row["stable_rank"] == pytest.approx(other["stable_rank"], rel=1e-6)


def test_topology_analysis(name: str) -> None:
    _, _, result = both(name, "topology_analysis")
    states = pooled(name)
    deaths = [np.stack([np.zeros(EXAMPLES - 1), persistence.component_deaths(s)], axis=1) for s in states]
    loops = [persistence.loops(state) for state in states]
    expected = [
        persistence.wasserstein(deaths[i], deaths[i + 1]) + persistence.wasserstein(loops[i], loops[i + 1])
        for i in range(len(states) - 1)
    ]
    np.testing.assert_allclose(result.scores, expected, rtol=5e-3, atol=1e-4)


def test_layer_shapley(name: str) -> None:
    """The whole and every sampled subset, with the blocks really gone; that shares are right is shown on small nets."""
    model, batches, result = both(name, "layer_shapley")
    intact = losses_of(model.module, batches)
    assert result.extras["efficiency"]["full_value"] == pytest.approx(-intact.mean(), rel=1e-4)
    assert sum(result.values()) == pytest.approx(
        result.extras["efficiency"]["full_value"] - result.extras["efficiency"]["empty_value"], abs=1e-9
    )
    subsets = result.extras["subsets"]
    for row in subsets[:: max(1, len(subsets) // 6)]:
        if len(row["removed"]) == len(model.layers):
            continue  # transformers refuses a model without any layer
        expected = (losses_of(without(model, set(row["removed"])), batches) - intact).mean()
        assert row["loss_increase"] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_layer_conductance(name: str) -> None:
    model, batches = subject(name)
    need, few = PathConductance(steps=4, power=1), batches[0].select(0, 2)
    found = conductance(model, [few], need)
    for layer in (0, 7):
        slow = captum_conductance(model, few, layer, steps=4)
        if few.padding_mask is not None:
            slow = slow * few.padding_mask.unsqueeze(-1)
        np.testing.assert_allclose(found.absolute[:, layer], slow.abs().flatten(1).sum(1), rtol=1e-3, atol=1e-4)
