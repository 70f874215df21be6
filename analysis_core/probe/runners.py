"""What serves the needs that take further runs of the model, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Need, SkippedLayers, SkippedStatistics
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined
from analysis_core.tasks.base import Task

Progress = Callable[[float, str], None]


@dataclass
class Subject:
    """What is measured: the model, its examples, and one replayer that all runners share.

    Args:
        model, task, batches: as everywhere.
        seed: of every random choice.
    """

    model: UniversalModel
    task: Task
    batches: Sequence[Batch]
    seed: int = 0

    @cached_property
    def replayer(self) -> Replayer:
        return Replayer(self.model, self.task, self.batches)


Runner = Callable[[Any, Subject, Progress], tuple[Any, float]]
"""``runner(need, subject, progress)`` -> the need's statistics, and the forward passes that they took."""


def run_skipped_layers(_need: SkippedLayers, subject: Subject, progress: Progress) -> tuple[SkippedStatistics, float]:
    """Ablation of each layer in turn."""
    before = subject.replayer.layer_runs
    found = skip_each_layer(subject.replayer, progress)
    return found, (subject.replayer.layer_runs - before) / len(subject.model.layers)


def skip_each_layer(replayer: Replayer, progress: Progress | None = None) -> SkippedStatistics:
    """Losses and metric shares with each layer skipped in turn, batch by batch, so that memory holds one batch."""
    layers = len(replayer.model.layers)
    found: dict[frozenset[int], list[Outcome]] = {INTACT: [], **{frozenset({i}): [] for i in range(layers)}}
    for position in range(len(replayer.batches)):
        for removed, parts in found.items():
            parts.append(replayer.batch_outcome(position, removed))
        replayer.forget()
        if progress is not None:
            done = (position + 1) / len(replayer.batches)
            progress(done, f"Skipping each of {layers} layers: batch {position + 1} of {len(replayer.batches)}")
    whole = {removed: joined(removed, parts) for removed, parts in found.items()}
    singles = [whole[frozenset({index})] for index in range(layers)]
    return SkippedStatistics(
        intact_losses=whole[INTACT].losses,
        intact_metric=whole[INTACT].metric,
        losses=np.stack([outcome.losses for outcome in singles]),
        metric=np.stack([outcome.metric for outcome in singles]),
    )


RUNNERS: dict[type[Need], Runner] = {
    SkippedLayers: run_skipped_layers,
}
