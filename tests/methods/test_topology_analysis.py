"""Persistent homology of clouds whose shape is known, against slow references, and what leaves it unchanged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from analysis_core.methods.persistence import Diagrams, diagram_distance, diagrams_of
from tests.methods.made_up import scores_of
from tests.methods.test_scores import hidden_states, run
from tests.reference import persistence as slow
from tests.toys import tiny_bert, token_batches

NAME = "topology_analysis"


def circle(points: int = 40) -> np.ndarray:
    turns = np.linspace(0, 2 * math.pi, points, endpoint=False)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


def blobs(points: int = 40, seed: int = 0) -> np.ndarray:
    centres = np.array([[-5.0, 0.0], [5.0, 0.0]])
    return centres[np.arange(points) % 2] + 0.3 * np.random.default_rng(seed).normal(size=(points, 2))


def cloud(seed: int, points: int = 30, width: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(points, width))


def diagrams(points: np.ndarray) -> Diagrams:
    found = diagrams_of(points)
    assert found is not None
    return found


def lengths(bars: np.ndarray) -> list[float]:
    return sorted((bars[:, 1] - bars[:, 0]).tolist(), reverse=True)


def test_a_circle_has_one_long_loop() -> None:
    """Its loop is born when neighbours meet and dies at the side of the inscribed triangle, sqrt(3)/2 diameters."""
    found = diagrams(circle(42))
    assert len(found.loops) == 1
    assert found.loops[0] == pytest.approx([math.sin(math.pi / 42), math.sqrt(3) / 2], abs=1e-9)
    assert max(lengths(found.components)) < 0.1


def test_two_blobs_have_two_long_components() -> None:
    bars = np.array([[birth, death] for dimension, birth, death in diagrams(blobs()).as_list() if dimension == 0])
    longest = lengths(bars)
    assert len(longest) == 40 and longest[0] == 1 and longest[1] > 0.7 and longest[2] < 0.1
    assert max([0.0, *lengths(diagrams(blobs()).loops)]) < 0.05


def test_betti_curves_count_what_is_alive() -> None:
    scales = np.array([0.0, 0.2, 0.5, 1.0])
    assert diagrams(circle()).betti_curves(scales) == ([40, 1, 1, 1], [0, 1, 1, 0])
    assert diagrams(blobs()).betti_curves(scales)[0] == [40, 2, 2, 1]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), points=st.integers(4, 30), width=st.integers(1, 5))
def test_diagrams_against_single_linkage_and_the_whole_complex(seed: int, points: int, width: int) -> None:
    found = diagrams(cloud(seed, points, width))
    np.testing.assert_allclose(found.components[:, 1], slow.component_deaths(cloud(seed, points, width)), atol=1e-9)
    np.testing.assert_allclose(found.loops, slow.loops(cloud(seed, points, width)), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_distance_against_an_exact_assignment(seed: int) -> None:
    one, other = diagrams(cloud(seed)), diagrams(cloud(seed + 1, points=25))
    exact = slow.wasserstein(one.components, other.components) + slow.wasserstein(one.loops, other.loops)
    assert diagram_distance(one, other) == pytest.approx(exact, rel=1.5e-3)


def test_scores_of_a_net_against_the_references() -> None:
    model, batches = tiny_bert(), token_batches(examples=24)
    states = [np.stack([tokens.mean(0) for tokens in state]) for state in hidden_states(model, batches)]
    states = [state.astype(np.float64) for state in states]
    deaths = [np.stack([np.zeros(23), slow.component_deaths(state)], axis=1) for state in states]
    loops = [slow.loops(state) for state in states]
    expected = [slow.wasserstein(deaths[i], deaths[i + 1]) + slow.wasserstein(loops[i], loops[i + 1]) for i in range(4)]
    result = run(NAME, model, batches)
    np.testing.assert_allclose(result.scores, expected, rtol=2e-3, atol=1e-5)
    assert result.extras["landmarks"] == 24 and len(result.extras["diagrams"]) == 5
    shown = [[birth, death] for dimension, birth, death in result.extras["diagrams"][4] if dimension == 1]
    np.testing.assert_allclose(np.reshape(shown, (-1, 2)), loops[4], atol=1e-5)


def test_a_layer_that_changes_nothing_scores_0() -> None:
    scores = scores_of(NAME, [cloud(0), cloud(0)])
    assert list(np.asarray(scores.values)) == [0.0] and list(np.asarray(scores.std_errors)) == [0.0]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-4, 1e4), shift=st.floats(-100, 100))
def test_turning_moving_and_scaling_change_nothing(seed: int, scale: float, shift: float) -> None:
    rotation = special_ortho_group.rvs(4, random_state=seed)
    moved = scale * (cloud(seed) @ rotation + shift)
    assert np.asarray(scores_of(NAME, [cloud(seed), moved]).values)[0] == pytest.approx(0, abs=1e-8)
    aside = [cloud(seed), cloud(seed + 1)]
    plain, turned = scores_of(NAME, aside), scores_of(NAME, [moved, aside[1]])
    assert np.asarray(turned.values)[0] == pytest.approx(np.asarray(plain.values)[0], rel=2e-3)


def test_opening_a_circle_is_seen() -> None:
    """A circle pressed flat loses its loop: the loop's bar goes to the diagonal, half its length away."""
    flat = circle() * [1.0, 0.0] + np.linspace(0, 1e-3, 40)[:, None]
    bar = diagrams(circle()).loops[0]
    value = float(np.asarray(scores_of(NAME, [circle(), flat]).values)[0])
    components = slow.wasserstein(diagrams(circle()).components, diagrams(flat).components)
    assert len(diagrams(flat).loops) == 0
    assert value == pytest.approx(components + (bar[1] - bar[0]) / 2, rel=2e-3)


def test_the_order_of_examples_changes_no_score() -> None:
    order = np.random.default_rng(0).permutation(30)
    plain, mixed = scores_of(NAME, [cloud(0), cloud(1)]), scores_of(NAME, [cloud(0)[order], cloud(1)[order]])
    assert np.asarray(mixed.values) == pytest.approx(np.asarray(plain.values), rel=2e-3)


@pytest.mark.parametrize("batch_size", [1, 20])
def test_batch_size_changes_nothing(batch_size: int) -> None:
    one, other = (run(NAME, tiny_bert(), token_batches(batch_size=size)) for size in (batch_size, 7))
    np.testing.assert_allclose(one.scores, other.scores, rtol=3e-3, atol=1e-4)


def test_the_standard_error_is_not_too_small() -> None:
    """Against the spread over fresh samples; the jackknife may claim more, seldom less (Efron and Stein 1981)."""
    results = [scores_of(NAME, [cloud(seed, 40, 3), cloud(seed, 40, 3) ** 2]) for seed in range(40)]
    spread = np.std([np.asarray(scores.values)[0] for scores in results], ddof=1)
    claimed = np.median([np.asarray(scores.std_errors)[0] for scores in results])
    assert 0.7 < claimed / spread < 4


def test_only_the_first_examples_are_used() -> None:
    long, short = cloud(0, points=200), cloud(0, points=200)[:96]
    one, other = scores_of(NAME, [long, long**2]), scores_of(NAME, [short, short**2])
    assert np.asarray(one.values).tolist() == np.asarray(other.values).tolist()
    assert one.extras["landmarks"] == other.extras["landmarks"] == 96


def test_a_layer_that_gathers_all_examples_on_one_place_has_a_reason() -> None:
    scores = scores_of(NAME, [cloud(0), np.full((30, 4), 0.1), cloud(1), cloud(2)])
    assert np.isnan(np.asarray(scores.values)).tolist() == [True, True, False]
    assert np.isnan(np.asarray(scores.std_errors)).tolist() == [True, True, False]
    reasons = [scores.reasons.get(index) for index in range(len(scores.values))]
    assert reasons[0].startswith("Its output is the same") and reasons[1].startswith("Its input is the same")
    assert reasons[2] is None and scores.extras["diagrams"][1] is None
    assert scores.extras["betti_curves"]["loops"][1] is None
    assert scores_of(NAME, [cloud(0), np.ones((30, 4))]).not_applicable is not None


def test_coinciding_examples_are_one_component_at_once() -> None:
    twice = np.concatenate([cloud(0, 10), cloud(0, 10)])
    assert len(diagrams(twice).components) == 9
    assert diagram_distance(diagrams(twice), diagrams(cloud(0, 10))) == 0


def test_too_few_examples_are_said() -> None:
    result = run(NAME, tiny_bert(), token_batches(examples=3))
    assert result.not_applicable == "Loops need at least 4 examples; there are 3."
