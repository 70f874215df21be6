"""Weight spectra against numpy, ``powerlaw`` and weightwatcher, and what is said where no tail can be fitted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.methods.power_law import fit_power_law
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.probe import spectra
from analysis_core.results import MethodResult
from analysis_core.vocabulary import LayerKind
from tests.methods.test_scores import run
from tests.reference.spectra import eigenvalues_by_svd, powerlaw_fit, weightwatcher_details
from tests.toys import NamedLayersModel, tiny_bert, token_batches

NAME = "spectral_analysis"
WIDTH = 32


def heavy_tailed(*shape: int, seed: int = 0) -> torch.Tensor:
    """A random matrix with some directions much stronger than others."""
    generator = torch.Generator().manual_seed(seed)
    strengths = torch.rand(shape[0], generator=generator).clamp(min=0.01) ** -0.7
    return torch.randn(*shape, generator=generator) * strengths.view(-1, *[1] * (len(shape) - 1))


class Stack(nn.Module):
    """Layers one after the other, and three logits."""

    def __init__(self, layers: list[nn.Module], width: int = WIDTH) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.head(x.flatten(1)[:, : self.head.in_features])


def linear(seed: int, inputs: int = WIDTH) -> nn.Linear:
    layer = nn.Linear(inputs, WIDTH)
    layer.weight.data = heavy_tailed(WIDTH, inputs, seed=seed)
    return layer


def model_of(*layers: nn.Module) -> UniversalModel:
    names = [f"layers.{index}" for index in range(len(layers))]
    return NamedLayersModel(Stack(list(layers)), names, LayerKind.OTHER)


def vectors() -> list[Batch]:
    return [Batch(torch.randn(6, WIDTH, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3, 6)]


def analysed(*layers: nn.Module) -> MethodResult:
    return run(NAME, model_of(*layers), vectors())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(20, 120))
def test_the_fit_equals_powerlaws(seed: int, size: int) -> None:
    generator = np.random.default_rng(seed)
    values = np.concatenate([generator.pareto(2.0, size) + 1, generator.random(size // 2)]) + 1e-3
    fit = fit_power_law(values)
    found = (fit.alpha, fit.x_min, fit.alpha_std_error, fit.ks_distance)
    np.testing.assert_allclose(found, powerlaw_fit(values), rtol=1e-8)


def test_a_long_table_of_candidates_is_cut_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).pareto(1.5, 150) + 1
    whole = fit_power_law(values)
    monkeypatch.setattr("analysis_core.methods.power_law._CELLS", 700)
    assert fit_power_law(values) == whole


def test_the_exponent_of_a_known_power_law_is_found_within_its_error() -> None:
    generator = np.random.default_rng(0)
    fits = [fit_power_law(generator.pareto(1.5, 400) + 1) for _ in range(30)]
    deviations = np.array([(fit.alpha - 2.5) / fit.alpha_std_error for fit in fits])
    assert np.median(np.abs(deviations)) < 1.5
    assert fits[0].tail_size >= 100


@pytest.mark.parametrize("shape", [(40, 24), (24, 40), (32, 32), (24, 8, 3, 3), (16, 30, 1, 1)])
def test_eigenvalues_equal_squared_singular_values(shape: tuple[int, ...]) -> None:
    weight = heavy_tailed(*shape)
    part = nn.Conv2d(shape[1], shape[0], shape[2]) if len(shape) == 4 else nn.Linear(shape[1], shape[0])
    part.weight.data = weight
    ((path, _, matrices),) = [row for row in spectra.weight_matrices(part) if row[0] == "weight"]
    expected = eigenvalues_by_svd(weight.numpy())
    assert path == "weight"
    np.testing.assert_allclose(spectra.eigenvalues(matrices), expected, rtol=1e-9, atol=1e-12 * expected.max())


def test_a_shipped_model_equals_weightwatcher() -> None:
    """Defaults of weightwatcher 0.7: no fingers clipped, no shuffled matrices, its own fit of the tail."""
    model = load_model("zoo/vision-vit", device="cpu")
    theirs = weightwatcher_details(model.module)
    images = torch.randn(2, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    result = run(NAME, model, [Batch(images, torch.tensor([0, 1]), 2)])
    matrices = [row for rows in result.extras["matrices"] for row in rows]
    assert len(matrices) == 12 * 4
    for row in matrices:
        other = theirs[row["name"].removesuffix(".weight")]
        ours = (row["alpha"], row["alpha_std_error"], row["x_min"], row["ks_distance"], row["stable_rank"])
        expected = tuple(other[key] for key in ("alpha", "sigma", "xmin", "D", "stable_rank"))
        np.testing.assert_allclose(ours, expected, rtol=1e-6, err_msg=row["name"])
        assert row["tail_size"] == other["num_pl_spikes"]
        assert row["spectral_norm"] ** 2 == pytest.approx(other["spectral_norm"], rel=1e-6)
        assert row["alpha_hat"] == pytest.approx(other["alpha_weighted"], rel=1e-5, abs=1e-6)


def test_a_convolution_equals_weightwatcher() -> None:
    """Kernel positions pooled; weightwatcher's own scaling of kernels is off, because it halves every eigenvalue."""
    layer = nn.Conv2d(12, 16, 3)
    layer.weight.data = heavy_tailed(16, 12, 3, 3)
    module = Stack([layer, nn.AdaptiveAvgPool2d(2)])
    (row,) = (row for name, row in weightwatcher_details(module, conv2d_norm=False).items() if name == "layers.0")
    model = NamedLayersModel(module, ["layers.0"], LayerKind.CONVOLUTION)
    result = run(NAME, model, [Batch(torch.randn(4, 12, 5, 5), torch.arange(4) % 3, 4)])
    ((found,),) = result.extras["matrices"]
    expected = [row[key] for key in ("alpha", "xmin", "stable_rank")]
    np.testing.assert_allclose([found[key] for key in ("alpha", "x_min", "stable_rank")], expected, rtol=1e-6)
    assert found["spectral_norm"] ** 2 == pytest.approx(row["spectral_norm"], rel=1e-6)
    assert found["shape"] == [16, 12, 3, 3] and row["num_evals"] == 9 * 12


def test_the_score_is_the_weighted_mean_exponent() -> None:
    result = analysed(nn.Sequential(linear(0), nn.ReLU(), linear(1, 32)), nn.Sequential(linear(2)))
    rows = result.extras["matrices"][0]
    assert result.scores[0] == pytest.approx(-(rows[0]["alpha"] + rows[1]["alpha"]) / 2)
    assert result.std_errors[0] == pytest.approx(math.hypot(rows[0]["alpha_std_error"], rows[1]["alpha_std_error"]) / 2)
    assert result.scores[1] == pytest.approx(-result.extras["matrices"][1][0]["alpha"])
    assert result.passes == 0 and result.replays == 0


def test_ranks_by_hand() -> None:
    """Singular values 1, …, 1 and 3: stable rank (31 + 9) / 9, entropy of the shares 1/34 and 3/34."""
    layer = nn.Linear(WIDTH, WIDTH)
    layer.weight.data = torch.diag(torch.tensor([1.0] * 31 + [3.0]))
    (row,) = analysed(layer).extras["matrices"][0]
    assert row["stable_rank"] == pytest.approx(40 / 9)
    assert row["spectral_norm"] == pytest.approx(3)
    entropy = 31 / 34 * math.log(34) + 3 / 34 * math.log(34 / 3)
    assert row["effective_rank"] == pytest.approx(math.exp(entropy))


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(1e-6, 1e6))
def test_the_scale_of_the_weights_changes_no_score(scale: float) -> None:
    small, large = linear(0), linear(0)
    large.weight.data *= scale
    assert analysed(large)[0] == pytest.approx(analysed(small)[0], rel=1e-4)


def test_tied_weights_are_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[torch.Tensor] = []
    plain = spectra.eigenvalues
    monkeypatch.setattr(spectra, "eigenvalues", lambda matrices: (calls.append(matrices), plain(matrices))[1])
    shared = linear(0)
    result = analysed(nn.Sequential(shared, nn.ReLU(), shared), nn.Sequential(shared))
    assert len(calls) == 1
    assert [len(rows) for rows in result.extras["matrices"]] == [1, 1] and result[0] == result[1]


def test_layers_without_a_tail_say_why() -> None:
    square = nn.Linear(WIDTH, WIDTH)
    nn.init.orthogonal_(square.weight)
    silent, thin = linear(0), linear(1)
    silent.weight.data.zero_()
    thin.weight.data[:, 5:] = 0
    result = analysed(linear(2), nn.ReLU(), square, silent, thin)
    assert [index for index, score in enumerate(result.scores) if score is not None] == [0]
    assert result.std_errors[1:] == (None,) * 4 and result.extras["spectra"][1:] == [None] * 4
    reasons = [[row["reason"] for row in rows] for rows in result.extras["left_out"]]
    assert reasons[:2] == [[], []]
    assert reasons[2] == ["All its eigenvalues are alike, so there is no tail."]
    assert reasons[3] == ["It has 0 eigenvalues other than zero; a tail takes 20."]
    assert reasons[4] == ["It has 5 eigenvalues other than zero; a tail takes 20."]


def test_weights_that_are_not_finite_say_so() -> None:
    broken = linear(0)
    broken.weight.data[3, 4] = math.inf
    found = spectra.eigenvalues(broken.weight.detach().unsqueeze(0))
    assert found.shape == (WIDTH,) and np.isnan(found).all()


def test_no_fitting_matrix_is_said() -> None:
    result = run(NAME, tiny_bert(), token_batches())
    assert (
        result.not_applicable
        == "At every layer: None of its weight matrices has 20 or more different eigenvalues, so no tail can be fitted."
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_and_left_alone(dtype: torch.dtype) -> None:
    exact, model = model_of(linear(0)), model_of(linear(0))
    model.module.to(dtype)
    before = model.module.layers[0].weight.clone()
    batches = [Batch(batch.inputs.to(dtype), batch.targets, batch.size) for batch in vectors()]
    assert run(NAME, model, batches)[0] == pytest.approx(run(NAME, exact, vectors())[0], rel=0.05)
    assert torch.equal(model.module.layers[0].weight, before) and before.dtype == dtype


def test_the_histogram_is_a_density_of_the_largest_matrix() -> None:
    wide = nn.Linear(WIDTH, 64)
    (found,) = analysed(nn.Sequential(linear(0), wide)).extras["spectra"]
    edges, densities = np.array(found["edges"]), np.array(found["densities"])
    assert len(densities) == len(edges) - 1 <= 30
    assert (densities * np.diff(edges)).sum() == pytest.approx(1)
    values = eigenvalues_by_svd(wide.weight.detach().numpy())
    assert found["name"] == "layers.0.1.weight"
    np.testing.assert_allclose(edges[[0, -1]], values[[0, -1]], rtol=1e-6)
