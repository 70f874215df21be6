"""The information bottleneck against HSIC by tuples, on states whose dependence is known, and at its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data.batches import Batch
from analysis_core.methods.information_bottleneck import BETA
from analysis_core.methods.kernels import cka, cka_without_groups, gaussian_kernel, hsic
from analysis_core.probe.needs import Answers
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.methods.made_up import one_hot, scores_of
from tests.methods.test_scores import hidden_states, run
from tests.reference.dependence import gaussian_gram, hsic_by_tuples, median_width, normalised_hsic
from tests.toys import tiny_bert, token_batches

NAME = "information_bottleneck"


def labels_of(batches: list[Batch]) -> np.ndarray:
    return np.concatenate([batch.targets.numpy() for batch in batches])


def shuffled(batches: list[Batch]) -> list[Batch]:
    """The same examples one by one, in another order."""
    singles = [batch.select(i, i + 1) for batch in batches for i in range(batch.size)]
    order = np.random.default_rng(0).permutation(len(singles))
    return [Batch(singles[i].inputs, singles[i].targets, 1, singles[i].padding_mask, n) for n, i in enumerate(order)]


def test_scores_and_plane_against_hsic_by_tuples() -> None:
    model, batches = tiny_bert(layers=3), token_batches(examples=12)
    states = [np.stack([tokens.mean(0) for tokens in state]) for state in hidden_states(model, batches)]
    states = [state.astype(np.float64) for state in states]
    answers = one_hot(labels_of(batches))
    with_x = np.array([normalised_hsic(state, states[0]) for state in states])
    with_y = np.array([normalised_hsic(state, answers) for state in states])
    result = run(NAME, model, batches)
    plane = result.extras["information_plane"]
    np.testing.assert_allclose([point["with_x"] for point in plane], with_x, atol=1e-5)
    np.testing.assert_allclose([point["with_y"] for point in plane], with_y, atol=1e-5)
    np.testing.assert_allclose(result.scores, np.diff(with_y - BETA * with_x), atol=1e-5)
    widths = [median_width(state) for state in states]
    np.testing.assert_allclose(result.extras["kernel_widths"], widths, rtol=1e-5)
    assert result.extras["examples"] == 12 and result.reasons == (None,) * 3


@settings(max_examples=15, deadline=None)
@given(examples=st.integers(4, 9), seed=st.integers(0, 10_000))
def test_hsic_is_the_mean_over_tuples(examples: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = generator.normal(size=(2, examples, 3))
    fast_one, fast_other = gaussian_kernel(one), gaussian_kernel(other)
    assert fast_one is not None and fast_other is not None
    slow = hsic_by_tuples(gaussian_gram(one), gaussian_gram(other))
    assert hsic(fast_one.values, fast_other.values) == pytest.approx(slow, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(examples=st.integers(8, 50), seed=st.integers(0, 10_000))
def test_leaving_out_a_group_is_cka_of_the_others(examples: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    one = generator.normal(size=(examples, 3))
    other = one + generator.normal(size=(examples, 3))
    kernels = [gaussian_kernel(state) for state in (one, other)]
    k, m = (kernel.values for kernel in kernels if kernel is not None)
    groups = min(20, examples // 2)
    stays = [np.flatnonzero(np.arange(examples) % groups != group) for group in range(groups)]
    expected = [cka(k[np.ix_(stay, stay)], m[np.ix_(stay, stay)]) for stay in stays]
    np.testing.assert_allclose(cka_without_groups(k, m), expected, rtol=1e-9, atol=1e-12)


def test_a_layer_that_finds_the_answer_gains_all_of_it() -> None:
    """noise -> answers -> answers: worked out by hand, because nHSIC of a thing with itself is 1."""
    generator = np.random.default_rng(3)
    noise, answers = generator.normal(size=(40, 5)), one_hot(np.arange(40) % 4)
    known = normalised_hsic_fast(noise, answers)
    scores = scores_of(NAME, [noise, answers, answers], answers)
    assert np.asarray(scores.values) == pytest.approx([1 - known - BETA * (known - 1), 0.0], abs=1e-12)
    assert scores.extras["information_plane"][0] == {"with_x": pytest.approx(1), "with_y": pytest.approx(known)}


def normalised_hsic_fast(one: np.ndarray, other: np.ndarray) -> float:
    k, m = gaussian_kernel(one), gaussian_kernel(other)
    assert k is not None and m is not None
    return cka(k.values, m.values)


def test_independent_states_have_none() -> None:
    """The unbiased estimate is 0 on average: no gain is feigned where there are few examples and many dimensions."""
    generator = np.random.default_rng(0)
    found = [normalised_hsic_fast(*generator.normal(size=(2, 30, 200))) for _ in range(60)]
    assert abs(np.mean(found)) < 4 * np.std(found) / math.sqrt(60)


def test_the_standard_error_matches_repeated_sampling() -> None:
    generator = np.random.default_rng(1)

    def sample() -> tuple[float, float]:
        labels = generator.integers(3, size=80)
        x = generator.normal(size=(80, 4))
        h = one_hot([*labels, 2])[:-1] @ np.eye(3, 4) + 0.7 * generator.normal(size=(80, 4)) + x / 2
        scores = scores_of(NAME, [x, h], one_hot([*labels, 2])[:-1])
        return float(np.asarray(scores.values)[0]), float(np.asarray(scores.std_errors)[0])

    values, errors = np.array([sample() for _ in range(40)]).T
    assert 0.6 < errors.mean() / values.std(ddof=1) < 1.7


@settings(max_examples=5, deadline=None)
@given(batch_size=st.integers(1, 20))
def test_batch_size_changes_nothing(batch_size: int) -> None:
    model = tiny_bert()
    one, other = (run(NAME, model, token_batches(batch_size=size)) for size in (batch_size, 7))
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
    np.testing.assert_allclose(one.std_errors, other.std_errors, atol=1e-5)


def test_the_order_of_examples_changes_no_score() -> None:
    model, batches = tiny_bert(), token_batches()
    np.testing.assert_allclose(run(NAME, model, shuffled(batches)).scores, run(NAME, model, batches).scores, atol=1e-5)


def test_answers_are_one_hot_and_bounded() -> None:
    model, batches, need = tiny_bert(), token_batches(examples=20, batch_size=3), Answers(limit=7)
    found = run_shared_pass(model, batches, task_for(model.task), [need])[need]
    np.testing.assert_array_equal(found, np.eye(3)[labels_of(batches)[:7]])


def test_half_precision_gives_nearly_the_same() -> None:
    batches = token_batches()
    model, half = tiny_bert(), tiny_bert()
    half.module.bfloat16()
    np.testing.assert_allclose(run(NAME, half, batches).scores, run(NAME, model, batches).scores, atol=0.05)


def test_few_labels_have_a_kernel_of_the_distances_that_are_not_zero() -> None:
    """Nine of ten answers alike: most distances are 0, and so is their median."""
    kernel = gaussian_kernel(one_hot([0] * 9 + [1]))
    assert kernel is not None and kernel.width == pytest.approx(math.sqrt(2))
    assert kernel.values[0, 1] == 1 and kernel.values[0, 9] == pytest.approx(math.exp(-0.5))


def test_one_class_is_said() -> None:
    batches = [Batch(b.inputs, b.targets * 0, b.size, b.padding_mask, b.first) for b in token_batches()]
    result = run(NAME, tiny_bert(), batches)
    assert result.not_applicable == "All 20 examples have the same answer: there is nothing to know."
    assert set(result.scores) == {None}


def test_too_few_examples_are_said() -> None:
    result = run(NAME, tiny_bert(), token_batches(examples=3))
    assert result.not_applicable == "HSIC needs at least 4 examples; there are 3."


def test_a_constant_layer_has_no_score_and_a_reason() -> None:
    generator = np.random.default_rng(0)
    x, h = generator.normal(size=(2, 20, 3))
    constant = 5 + 1e-12 * generator.normal(size=(20, 3))  # what rounding leaves
    scores = scores_of(NAME, [x, h, constant, h, x], one_hot(np.arange(20) % 2))
    assert np.isnan(np.asarray(scores.values)).tolist() == [False, True, True, False]
    assert np.isnan(np.asarray(scores.std_errors)).tolist() == [False, True, True, False]
    reasons = [scores.reasons.get(index) for index in range(len(scores.values))]
    assert reasons[0] is None and reasons[3] is None
    assert reasons[1].startswith("Its output is the same") and reasons[2].startswith("What the layer before")
    assert scores.extras["information_plane"][2] == {"with_x": None, "with_y": None}


def test_a_constant_input_is_said() -> None:
    scores = scores_of(NAME, [np.ones((10, 2)), np.eye(10)], one_hot(np.arange(10) % 2))
    assert scores.not_applicable == "What enters the first layer is the same for every example."
