"""Shapley values against all orders of real removals, and the laws that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_core.methods.layer_shapley import exact_shares, sampled_shares, two_way_std_error
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import LayerSubsets
from analysis_core.tasks import task_for
from tests.methods.test_scores import run
from tests.probe.test_replay import losses_without
from tests.reference.shapley import shapley_by_all_orders
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches


def test_equals_all_orders_on_four_layers() -> None:
    model, batches = tiny_bert(), token_batches()
    slow = shapley_by_all_orders(range(4), lambda removed: losses_without(model, removed, batches))
    result = run("layer_shapley", model, batches)
    np.testing.assert_allclose(result.scores, slow.mean(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(result.std_errors, slow.std(1, ddof=1) / np.sqrt(20), rtol=1e-3)
    assert result.extras["exact"] and len(result.extras["subsets"]) == 16 and result.replays == 15
    by_set = {tuple(row["removed"]): row["loss_increase"] for row in result.extras["subsets"]}
    expected = (losses_without(model, [1, 2], batches) - losses_without(model, [], batches)).mean()
    assert by_set[1, 2] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("layers", [4, 8])
def test_shares_sum_to_the_whole(layers: int) -> None:
    model, batches = tiny_bert(layers=layers), token_batches()
    result = run("layer_shapley", model, batches)
    whole = (losses_without(model, range(layers), batches) - losses_without(model, [], batches)).mean()
    efficiency = result.extras["efficiency"]
    assert sum(result.scores) == pytest.approx(whole, rel=1e-4)
    assert efficiency["sum"] == pytest.approx(efficiency["full_value"] - efficiency["empty_value"], rel=1e-9)


def test_sampling_comes_as_near_as_its_standard_error_says() -> None:
    model, batches = tiny_bert(layers=8), token_batches(examples=10)
    task = task_for(model.task)
    exact = LayerSubsets(pairs=40)
    assert not exact.orders(range(8)) and LayerSubsets().orders(range(8))
    truth = measure(model, batches, task, [exact])[exact]
    table = {frozenset(gone): row for gone, row in zip(truth.removed, truth.losses, strict=True)}
    whole = exact_shares(table, range(8))
    deviations = []
    for seed in range(20):
        shares = sampled_shares(table, range(8), LayerSubsets(seed=seed).orders(range(8)))
        by_order = shares.mean(1).std(0, ddof=1) / np.sqrt(len(shares))
        deviations.append((shares.mean((0, 1)) - whole.mean(0)) / by_order)
    assert 0.4 < np.median(np.abs(deviations)) < 1.1  # Student's t with 7 degrees of freedom has 0.71


def test_layers_that_change_the_shape_stay() -> None:
    result = run("layer_shapley", tiny_convolutional(), image_batches())
    assert result.scores[2] is None and "another shape" in result.reasons[2]
    assert all(2 not in row["removed"] for row in result.extras["subsets"]) and len(result.extras["subsets"]) == 8
    efficiency = result.extras["efficiency"]
    assert efficiency["sum"] == pytest.approx(efficiency["full_value"] - efficiency["empty_value"])


@given(st.lists(st.floats(-5, 5), min_size=16, max_size=16), st.permutations(range(4)))
def test_the_laws_of_shapley(values: list[float], order: list[int]) -> None:
    players = range(4)
    sets = LayerSubsets().subsets(players)
    losses = {frozenset(removed): np.array([value]) for removed, value in zip(sets, values, strict=True)}
    shares = exact_shares(losses, players)[0]
    np.testing.assert_allclose(shares, shapley_by_all_orders(players, losses.__getitem__)[:, 0], atol=1e-9)
    renamed = {frozenset(order[index] for index in removed): row for removed, row in losses.items()}
    np.testing.assert_allclose(exact_shares(renamed, players)[0][order], shares, atol=1e-9)
    idle = {removed: losses[removed - {3}] for removed in losses}
    assert abs(exact_shares(idle, players)[0][3]) < 1e-12


def test_two_way_standard_error_covers_both_draws() -> None:
    generator = np.random.default_rng(0)

    def sample() -> np.ndarray:
        return (
            generator.normal(0, 1, (8, 1, 1)) + generator.normal(0, 2, (1, 64, 1)) + generator.normal(0, 3, (8, 64, 1))
        )

    drawn = [sample() for _ in range(400)]
    spread = np.std([shares.mean() for shares in drawn], ddof=1)
    assert np.mean([two_way_std_error(shares)[0] ** 2 for shares in drawn]) ** 0.5 == pytest.approx(spread, rel=0.12)
    assert np.isnan(two_way_std_error(drawn[0][:, :1])).all()


@pytest.mark.parametrize("layers", [4, 6, 9])
def test_declared_passes_are_the_counted_ones_and_sharing_saves(layers: int) -> None:
    model, batches, need = tiny_bert(layers=layers), token_batches(), LayerSubsets(limit=12)
    statistics = measure(model, batches, task_for(model.task), [need])
    assert statistics.passes_of[need] == pytest.approx(need.passes(layers, 20))
    one_by_one = sum(layers - len(removed) for removed in need.subsets(range(layers))) / layers * 12 / 20
    assert need.passes(layers, 20) < 0.65 * one_by_one


@pytest.mark.parametrize("layers", [1, 2, 6, 7, 24])
def test_every_step_of_every_order_is_run_once(layers: int) -> None:
    need = LayerSubsets()
    subsets, orders = need.subsets(range(layers)), need.orders(range(layers))
    assert len(set(subsets)) == len(subsets) and subsets[0] == () and tuple(range(layers)) in subsets
    assert bool(orders) == (layers > 6) and all(
        one == two[::-1] for one, two in zip(orders[::2], orders[1::2], strict=True)
    )
    assert len(subsets) <= 16 * (layers - 1) + 2
