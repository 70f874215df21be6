"""What each depth of a model costs and keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch

from analysis_core.compression.measuring.latency import time_ms
from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.tasks.base import Task

WARM_UP_ROUNDS = 2


def least_ms(
    models: Mapping[int, UniversalModel], run: Callable[[UniversalModel], Any], rounds: int
) -> dict[int, float]:
    """Least milliseconds of each model, which other programs disturbed least; they take turns.

    Args:
        models: by depth.
        run: what is timed, without gradients.
        rounds: how often each is timed, after a warm-up.
    """
    times: dict[int, list[float]] = {depth: [] for depth in models}
    with torch.inference_mode():
        for _ in range(WARM_UP_ROUNDS + rounds):
            for depth, model in models.items():
                times[depth].append(time_ms(partial(run, model), model.device))
    return {depth: min(taken[WARM_UP_ROUNDS:]) for depth, taken in times.items()}


def quality_of(
    model: UniversalModel,
    batches: Sequence[Batch],
    task: Task,
    turn: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> float:
    """The task's metric over batches that lie on the model's device.

    Args:
        model, task: which one, at what.
        batches: with targets.
        turn: surrounds each batch, for whoever shares the model with others.

    Raises:
        DataError: the examples carry no targets.
        NumericalError: a loss is not finite.
    """
    shares = []
    for batch in batches:
        with turn(), torch.inference_mode():
            outputs = model.forward(batch)
            task.losses(outputs, batch)  # refuses wrong targets and numbers that are not finite
            if batch.targets is None:
                raise DataError("The examples carry no targets.", remedy="Yield (inputs, targets) pairs.")
            shares.append(task.metric_per_example(task.predictions(outputs, batch), batch.targets))
    return float(task.metric_of(float(np.concatenate(shares).astype(np.float64).mean())))
