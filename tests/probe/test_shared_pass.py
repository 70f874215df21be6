"""The shared pass: what it measures does not depend on batching, and nothing of it stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, NumericalError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import (
    MeanGradients,
    Need,
    PerExampleGradientNorms,
    PooledStates,
    Statistics,
    StreamTurn,
)
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

ALL: list[Need] = [
    PerExampleGradientNorms(), PerExampleGradientNorms(labels="model"), MeanGradients(), StreamTurn(), PooledStates(),
]  # fmt: skip
MODEL = tiny_bert()


def run(model: UniversalModel, batches: list[Batch], needs: list[Need] | None = None, seed: int = 0) -> Statistics:
    return run_shared_pass(model, batches, task_for(model.task), needs or ALL, seed=seed)


def assert_equal_statistics(one: Statistics, other: Statistics) -> None:
    for need in ALL:
        if isinstance(need, PerExampleGradientNorms):
            np.testing.assert_allclose(one[need], other[need], rtol=2e-4, atol=1e-7)
    mean, turn, states = MeanGradients(), StreamTurn(), PooledStates()
    np.testing.assert_allclose(one[mean].taylor, other[mean].taylor, rtol=1e-4)
    np.testing.assert_allclose(one[mean].norm, other[mean].norm, rtol=1e-4)
    np.testing.assert_allclose(one[turn].one_minus_cosine, other[turn].one_minus_cosine, rtol=1e-4, atol=1e-5)
    for a, b in zip(one[states].outputs, other[states].outputs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@settings(max_examples=8, deadline=None)
@given(batch_size=st.integers(1, 20))
def test_batch_size_changes_nothing(batch_size: int) -> None:
    assert_equal_statistics(run(MODEL, token_batches(batch_size=batch_size)), run(MODEL, token_batches(batch_size=7)))


def test_padding_changes_nothing() -> None:
    def padded(batch: Batch) -> Batch:
        more = {key: torch.nn.functional.pad(value, (0, 3)) for key, value in batch.inputs.items()}
        return Batch(more, batch.targets, batch.size, more["attention_mask"], batch.first)

    batches = token_batches()
    assert_equal_statistics(run(MODEL, batches), run(MODEL, [padded(batch) for batch in batches]))


def test_sharing_changes_nothing() -> None:
    together, alone = run(MODEL, token_batches()), [run(MODEL, token_batches(), [need]) for need in ALL]
    merged = Statistics(
        {need: part[need] for need, part in zip(ALL, alone, strict=True)}, {}, {}, 0.0,
        together.losses, together.metric, together.metrics, together.examples, 0.0,
    )  # fmt: skip
    assert_equal_statistics(together, merged)


def test_the_true_fisher_averages_over_the_models_own_labels() -> None:
    """Sampled labels converge to the sum over classes weighted by the model's probabilities."""
    model, batches = tiny_bert(layers=2), token_batches(examples=6, batch_size=6)
    need, exact_need = PerExampleGradientNorms(labels="model"), PerExampleGradientNorms()
    with torch.no_grad():
        probabilities = model.module.eval()(**batches[0].inputs).logits.softmax(-1).numpy()
    per_class = [
        run(model, [Batch(b.inputs, torch.full((b.size,), c), b.size, b.padding_mask) for b in batches], [exact_need])[
            exact_need
        ]
        for c in range(3)
    ]
    exact = sum(probabilities[:, [c]] * per_class[c] for c in range(3))
    draws = np.stack([run(model, batches, [need], seed=seed)[need] for seed in range(150)])
    error = draws.std(0, ddof=1) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(0) - exact) < 4.5 * error + 1e-9)


def snapshot(model: UniversalModel) -> dict[str, Any]:
    module = model.module
    return {
        "hooks": sum(
            len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in module.modules()
        ),
        "own forward": [name for name, m in module.named_modules() if "forward" in m.__dict__],
        "modes": [m.training for m in module.modules()],
        "requires_grad": [w.requires_grad for w in module.parameters()],
        "gradients": [None if w.grad is None else w.grad.clone() for w in module.parameters()],
        "weights": {key: value.clone() for key, value in module.state_dict().items()},
        "random": torch.random.get_rng_state(),
    }


def assert_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    for key in ("hooks", "own forward", "modes", "requires_grad"):
        assert before[key] == after[key], key
    for one, other in zip(before["gradients"], after["gradients"], strict=True):
        assert (one is None) == (other is None) and (one is None or torch.equal(one, other))
    assert all(torch.equal(value, after["weights"][key]) for key, value in before["weights"].items())
    assert torch.equal(before["random"], after["random"])


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
@pytest.mark.parametrize("fail", [False, True])
def test_nothing_stays_behind(make: Callable[[], UniversalModel], fail: bool) -> None:
    model = make()
    batches = token_batches() if make is tiny_bert else image_batches()
    model.module.train()
    next(model.module.parameters()).requires_grad_(False)
    last = list(model.module.parameters())[-1]
    last.grad = torch.full_like(last, 3.0)
    before = snapshot(model)
    if fail:
        broken = Batch(batches[1].inputs, None, batches[1].size)
        with pytest.raises(DataError, match="carry no labels"):
            run(model, [batches[0], broken])
    else:
        run(model, batches)
    assert_same(before, snapshot(model))


def test_an_infinite_loss_names_the_example() -> None:
    model = tiny_convolutional()
    batches = image_batches()
    batches[1].inputs[2, 0, 0, 0] = float("nan")
    with pytest.raises(NumericalError, match="loss of example 7 is nan"):
        run(model, batches)


def test_memory_for_states_is_bounded() -> None:
    need = PooledStates(limit=5)
    found = run(MODEL, token_batches(), [need])[need]
    assert [len(state) for state in (*found.inputs, *found.outputs)] == [5] * 8


def test_the_standard_error_of_taylor_matches_repeated_sampling() -> None:
    """The jackknife's error against the spread of the score over fresh samples from one population."""
    model, need = tiny_bert(layers=2), MeanGradients()
    batches = token_batches(examples=480, batch_size=4)
    parts = [run(model, batches[start : start + 12], [need])[need] for start in range(0, 120, 12)]
    spread = np.std([part.taylor for part in parts], axis=0, ddof=1)
    claimed = np.mean([part.taylor_std_errors for part in parts], axis=0)
    assert np.all(claimed > 0.4 * spread) and np.all(claimed < 2.5 * spread)
