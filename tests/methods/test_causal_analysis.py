"""Patching against two explicit forwards per layer, one example at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.methods.causal_analysis import ratio_of_means
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import CorruptedRuns
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.methods.test_scores import run
from tests.reference.patching import indirect_effects
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches


def answered_by_itself(model: UniversalModel, batches: list[Batch]) -> list[Batch]:
    """The same examples with the model's own answers, so that corruption can only do harm."""
    model.module.eval()
    with torch.no_grad():
        answers = [model.forward(batch) for batch in batches]
    logits = [out if isinstance(out, Tensor) else out.logits for out in answers]
    return [
        Batch(batch.inputs, answer.argmax(-1), batch.size, batch.padding_mask, batch.first)
        for batch, answer in zip(batches, logits, strict=True)
    ]


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_equals_explicit_forwards(make: type) -> None:
    model = make()
    if make is tiny_convolutional:
        with torch.no_grad():  # surer answers, which noise can spoil
            model.module.head.weight.mul_(30)
            model.module.head.bias.zero_()
    batches = answered_by_itself(model, token_batches() if make is tiny_bert else image_batches(examples=60))
    result = run("causal_analysis", model, batches, seed=3)
    losses, size = indirect_effects(model, batches, seed=3)
    clean, corrupt, patched = losses[0].mean(), losses[1].mean(), losses[2:].mean(1)
    assert result.extras["noise"]["std"] == pytest.approx(size, rel=1e-4)
    assert result.extras["clean_loss"] == pytest.approx(clean, rel=1e-4)
    assert result.extras["corrupt_loss"] == pytest.approx(corrupt, rel=1e-4)
    for index, layer in enumerate(model.layers):
        if layer.removable:
            assert result.extras["patched_loss"][index] == pytest.approx(patched[index], rel=1e-4)
            assert result[index] == pytest.approx((corrupt - patched[index]) / (corrupt - clean), rel=1e-3, abs=1e-5)
        else:
            assert result.scores[index] is None and "another shape" in result.reasons[index]


@pytest.mark.parametrize("batch_size", [1, 7, 20])
def test_batch_size_and_padding_change_nothing(batch_size: int) -> None:
    model = tiny_bert()
    one, other = (
        run("causal_analysis", model, answered_by_itself(model, token_batches(batch_size=size)))
        for size in (batch_size, 8)
    )
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-3, atol=1e-5)


class Adding(nn.Module):
    """Adds a constant to what passes through."""

    def __init__(self, amount: float) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.tensor(amount))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.amount


class Doubling(Adding):
    """Adds what passes through to itself: its contribution is the input."""

    def forward(self, x: Tensor) -> Tensor:
        return x + x


def test_a_net_worked_out_by_hand() -> None:
    """A layer that adds the same to any input repairs nothing; one that adds its input x repairs half of 2 x."""
    net = nn.Sequential(nn.Sequential(Adding(1.0), Doubling(0.0)), nn.Flatten())
    model = NamedLayersModel(net, ["0.0", "0.1"], LayerKind.OTHER)
    inputs = torch.tensor([[9.0, 0.0], [0.0, 8.0], [7.0, 0.0], [0.0, 6.0]])
    batches = [Batch(inputs, torch.tensor([0, 1, 0, 1]), 4)]
    need = CorruptedRuns()
    found = measure(model, batches, task_for(model.task), [need], seed=5)[need]
    np.testing.assert_allclose(found.deviation, inputs.double().std(correction=0), rtol=1e-6)
    np.testing.assert_allclose(found.patched_losses[0], found.corrupt_losses, rtol=1e-5)
    noise = np.stack([np.random.default_rng([5, 1, i]).standard_normal((1, 2), np.float32)[0] for i in range(4)])
    noisy = inputs.numpy() + 3 * found.deviation * noise
    logits = torch.from_numpy(noisy + 1 + inputs.numpy() + 1)
    expected = nn.functional.cross_entropy(logits, batches[0].targets, reduction="none").numpy()
    np.testing.assert_allclose(found.patched_losses[1], expected, rtol=1e-5, atol=1e-6)


def test_noise_that_does_no_harm_is_said() -> None:
    model, batches = tiny_bert(), token_batches()
    with torch.no_grad():
        model.module.classifier.weight.zero_()
    result = run("causal_analysis", model, batches)
    assert result.not_applicable is not None and "does not raise the loss" in result.not_applicable
    assert set(result.scores) == {None}


def test_the_standard_error_is_the_spread_over_fresh_samples() -> None:
    generator = np.random.default_rng(0)

    def sample() -> tuple[np.ndarray, np.ndarray]:
        base = generator.gamma(4.0, 1.0, size=200)
        return (0.3 * base + generator.normal(0, 1.0, 200))[:, None], base

    values, errors = zip(*(ratio_of_means(*sample()) for _ in range(400)), strict=True)
    assert np.mean(values) == pytest.approx(0.3, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.15)


def test_declared_passes_are_the_counted_ones_and_a_run_can_be_stopped() -> None:
    model, batches, need = tiny_bert(layers=6), token_batches(), CorruptedRuns()
    statistics = measure(model, batches, task_for(model.task), [need])
    assert statistics.passes_of[need] == pytest.approx(need.passes(6, 20))

    def stop(done: float, _message: str) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(model, batches, task_for(model.task), [need], progress=stop)
