"""The shared parts of training, each against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from analysis_core.zoo.digits import CANVAS, Clutter, compose, load_splits
from analysis_core.zoo.training import (
    Stage,
    fit,
    learning_rate_factor,
    majority_share,
    reproducible,
)


def test_learning_rate_rises_then_falls_to_nothing() -> None:
    factors = [learning_rate_factor(step, 100, 0.1) for step in range(101)]
    assert factors[0] == pytest.approx(0.1) and max(factors) == 1.0 == factors[10]
    assert factors[55] == pytest.approx(0.5) and factors[100] == pytest.approx(0.0)


def test_fit_finds_the_minimum_and_reports() -> None:
    point = nn.Parameter(torch.tensor([3.0, -2.0]))
    told: list[float] = []
    stage = Stage("Point", 300, 0.1, 0.5, 1.0)
    fit([point], lambda _: (point - 1.0).square().sum(), stage, lambda share, _: told.append(share))
    assert torch.allclose(point, torch.ones(2), atol=1e-2)
    assert told[0] > 0.5 and told[-1] == 1.0


def test_reproducible_leaves_torch_as_it_was() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    with reproducible(7):
        first = torch.rand(3)
    with reproducible(7):
        assert torch.equal(first, torch.rand(3))
    assert torch.get_num_threads() == threads and torch.equal(state, torch.get_rng_state())


def test_the_majority_by_hand() -> None:
    assert majority_share(np.array([0, 0, 1])) == pytest.approx(2 / 3)


def test_composed_digits_repeat_with_the_seed_and_keep_the_digit() -> None:
    digits, labels = load_splits().test
    assert len(labels) >= 500
    one, two = (compose(digits[:32], torch.Generator().manual_seed(3), Clutter()) for _ in range(2))
    assert torch.equal(one, two)
    assert one.shape == (32, 1, CANVAS, CANVAS) and one.dtype == torch.uint8
    assert (one.flatten(1).max(dim=1).values > 150).all()
