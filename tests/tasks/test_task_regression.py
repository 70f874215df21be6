"""Regression by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from sklearn.metrics import r2_score

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import task_for
from analysis_core.vocabulary import TaskType

TASK = task_for(TaskType.REGRESSION)


def test_metrics_by_hand() -> None:
    targets = torch.tensor([1.0, 2.0, 3.0, 6.0])
    batch = Batch(torch.zeros(4, 1), targets, 4)
    outputs = torch.tensor([[2.0], [2.0], [5.0], [4.0]])
    torch.testing.assert_close(TASK.losses(outputs, batch), torch.tensor([0.5, 0, 2, 2]))
    found = TASK.metrics(TASK.predictions(outputs, batch), targets)
    # Squared errors 1 + 0 + 4 + 4; squared deviations from the mean 3: 4 + 1 + 0 + 9.
    assert found == {
        "rmse": pytest.approx(1.5),
        "mean_absolute_error": pytest.approx(1.25),
        "r2": pytest.approx(1 - 9 / 14),
    }
    assert found["r2"] == pytest.approx(r2_score(targets.numpy(), outputs[:, 0].numpy()))


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_columns_and_plain_numbers_are_the_same(shape: tuple[int, ...]) -> None:
    outputs, targets = torch.arange(4.0), torch.ones(4)
    found = TASK.losses(outputs.reshape(shape), Batch({}, targets.reshape(4, 1), 4))
    torch.testing.assert_close(found, (outputs - targets).square() / 2)


def test_targets_that_do_not_vary_have_no_r2() -> None:
    assert set(TASK.metrics(torch.zeros(3, 1), torch.ones(3))) == {"rmse", "mean_absolute_error"}
    assert set(TASK.metrics(torch.zeros(1, 1), torch.ones(1))) == {"rmse", "mean_absolute_error"}


def test_drawn_targets_are_normal_around_the_prediction() -> None:
    outputs = torch.full((2000, 1), 3.0)
    uniform = torch.from_numpy(np.random.default_rng(0).random(2000))
    drawn = TASK.sample_targets(outputs, Batch({}, torch.zeros(2000), 2000), uniform)
    assert kstest(drawn[:, 0].numpy() - 3.0, "norm").pvalue > 0.001


def test_bad_targets_are_named() -> None:
    with pytest.raises(DataError, match=r"Example 6 has the target \[nan\]"):
        TASK.losses(torch.zeros(2, 1), Batch({}, torch.tensor([1.0, torch.nan]), 2, first=5))
    with pytest.raises(DataError, match="do not fit"):
        TASK.losses(torch.zeros(2, 1), Batch({}, torch.zeros(2, 3), 2))
