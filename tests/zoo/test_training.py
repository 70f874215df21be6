"""The shared parts of training, each against what can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from analysis_core.errors import DataError
from analysis_core.zoo.card import read_sample, write_sample
from analysis_core.zoo.digits import CANVAS, Clutter, compose, load_splits
from analysis_core.zoo.training import (
    Stage,
    classification_metrics,
    fit,
    learning_rate_factor,
    majority_share,
    reproducible,
    save_weights,
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


@pytest.mark.parametrize(("cost", "precision"), [(0, torch.float16), (5, torch.float16), (6, torch.float32)])
def test_half_precision_where_it_costs_next_to_nothing(tmp_path: Path, cost: int, precision: torch.dtype) -> None:
    model = nn.Linear(2, 2)
    answers = iter([1000, 1000 - cost])
    save_weights(model, tmp_path / "weights", lambda: next(answers))
    written = load_file(tmp_path / "weights")
    assert written["weight"].dtype == precision
    assert torch.equal(written["weight"].float(), model.weight)


def test_metrics_by_hand() -> None:
    labels, predictions = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0])
    metrics = classification_metrics(labels, predictions)
    assert metrics == pytest.approx({"accuracy": 0.75, "macro_f1": 11 / 15})
    assert majority_share(np.array([0, 0, 1])) == pytest.approx(2 / 3)


def test_sample_with_a_repeated_example_is_refused(tmp_path: Path) -> None:
    rows = pd.DataFrame({"text": ["a", "b"], "label": [0, 1], "split": ["test", "heal"]})
    write_sample(tmp_path, rows, "text")
    assert read_sample(tmp_path, "heal")["text"].tolist() == ["b"]
    with pytest.raises(DataError, match="occurs twice"):
        write_sample(tmp_path, rows.assign(text="a"), "text")


def test_composed_digits_repeat_with_the_seed_and_keep_the_digit() -> None:
    digits, labels = load_splits().test
    assert len(labels) >= 500
    one, two = (compose(digits[:32], torch.Generator().manual_seed(3), Clutter()) for _ in range(2))
    assert torch.equal(one, two)
    assert one.shape == (32, 1, CANVAS, CANVAS) and one.dtype == torch.uint8
    assert (one.flatten(1).max(dim=1).values > 150).all()
