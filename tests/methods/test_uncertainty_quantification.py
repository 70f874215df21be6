"""Layer dropout against predictions stacked in numpy, one example and one mask at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analysis_core.methods.uncertainty_quantification import error_auroc, rank_correlation
from analysis_core.probe.draws import kept_at_random
from analysis_core.probe.dropout_runs import mutual_information
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import DroppedContributions
from analysis_core.tasks import task_for
from tests.methods.test_scores import run
from tests.reference.patching import dropout_information
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_equals_stacked_predictions(make: type) -> None:
    model, need = make(), DroppedContributions()
    batches = token_batches() if make is tiny_bert else image_batches()
    result = run("uncertainty_quantification", model, batches, seed=2)
    for index, layer in enumerate(model.layers):
        if not layer.removable:
            assert result.scores[index] is None and "another shape" in result.reasons[index]
            continue
        slow = dropout_information(model, batches, index, 2, need.draws, need.rate, need.limit)
        assert result[index] == pytest.approx(slow.mean(), rel=1e-3, abs=1e-7)
        assert result.std_errors[index] == pytest.approx(slow.std(ddof=1) / len(slow) ** 0.5, rel=1e-3, abs=1e-7)


def test_only_the_first_examples_are_used_whatever_the_batch_size() -> None:
    model, task, need = tiny_bert(), task_for(tiny_bert().task), DroppedContributions(limit=10)
    few, many, one = (
        measure(model, token_batches(examples=20, batch_size=size), task, [need])[need] for size in (4, 20, 1)
    )
    assert few.information.shape == (4, 10)
    np.testing.assert_allclose(few.information, many.information, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(few.information, one.information, rtol=1e-3, atol=1e-7)


def test_mutual_information_by_hand() -> None:
    certain = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]], dtype=torch.float64)
    assert float(mutual_information(certain)) == pytest.approx(np.log(2))
    assert float(mutual_information(certain[:1].repeat(4, 1, 1))) == 0
    torn = torch.full((4, 1, 2), 0.5, dtype=torch.float64)
    assert float(mutual_information(torn)) == 0


def test_masks_drop_their_share() -> None:
    drawn = kept_at_random(0.25)(np.random.default_rng(0), 500, 200)
    assert set(np.unique(drawn)) == {0.0, 1.0} and drawn.mean() == pytest.approx(0.75, abs=0.005)


def test_a_silent_layer_makes_nobody_unsure() -> None:
    model, batches = tiny_convolutional(), image_batches()
    with torch.no_grad():
        model.module.blocks[1].scale.zero_()
    assert run("uncertainty_quantification", model, batches)[1] == pytest.approx(0, abs=1e-12)


def test_fewer_masks_see_less_by_the_factor_that_the_caveat_names() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 3000, 5) + 0.2 * torch.randn(64, 3000, 5)
    beliefs = logits.double().softmax(-1)
    four, many = (float(mutual_information(beliefs[:masks]).mean()) for masks in (4, 64))
    assert four / many == pytest.approx((3 / 4) / (63 / 64), rel=0.03)


def test_auroc_and_rank_correlation() -> None:
    scores, errors = np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])
    pairs = [(a > b) + (a == b) / 2 for a in scores[errors == 1] for b in scores[errors == 0]]
    assert error_auroc(scores, errors) == pytest.approx(np.mean(pairs))
    assert error_auroc(scores, np.zeros(4)) is None and error_auroc(scores, errors / 2) is None
    assert rank_correlation(scores, scores**3) == pytest.approx(1) and rank_correlation(scores, np.ones(4)) is None


def test_declared_passes_are_the_counted_ones() -> None:
    model, batches = tiny_bert(layers=6), token_batches()
    for need in (DroppedContributions(), DroppedContributions(draws=2, limit=8)):
        statistics = measure(model, batches, task_for(model.task), [need])
        assert statistics.passes_of[need] == pytest.approx(need.passes(6, 20))
