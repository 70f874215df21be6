"""Every need served in the cheapest way: what can be shared in one pass, what needs replays from memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Need, SkippedLayers, SkippedStatistics, Statistics
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks.base import Task

Progress = Callable[[float, str], None]
StatisticsListener = Callable[[Statistics], None]


def measure(
    model: UniversalModel,
    batches: Sequence[Batch],
    task: Task,
    needs: Sequence[Need],
    *,
    seed: int = 0,
    progress: Progress | None = None,
    on_statistics: StatisticsListener | None = None,
) -> Statistics:
    """Measure every need over the batches.

    Args:
        model, batches, task, needs, seed: as in :func:`~analysis_core.probe.shared_pass.run_shared_pass`.
        progress: called with the done share, 0 … 1, and a few words; may raise to stop.
        on_statistics: called with what is known so far, first after the shared pass.

    Raises:
        NumericalError, DataError: see the shared pass.
    """
    shared = [need for need in needs if not need.replays]
    skipping = any(need.replays for need in needs)
    examples = sum(batch.size for batch in batches)
    # A backward pass costs about two forward passes, replaying every layer about half as many as there are layers.
    shared_cost = 1.0 + 2.0 * len({need.backward for need in shared if need.backward is not None})
    replay_cost = (1.0 + len(model.layers) / 2) if skipping else 0.0
    share = shared_cost / (shared_cost + replay_cost)
    report = progress or (lambda _done, _message: None)

    report(0.0, "Shared pass")
    statistics = run_shared_pass(
        model,
        batches,
        task,
        shared,
        seed=seed,
        on_batch=lambda seen: report(share * seen / examples, f"Shared pass: {seen} of {examples} examples"),
    )
    if on_statistics is not None:
        on_statistics(statistics)
    if skipping:
        skipped = skip_each_layer(
            Replayer(model, task, batches),
            progress=lambda done, message: report(share + (1 - share) * done, message),
        )
        statistics = _joined_statistics(statistics, skipped)
        if on_statistics is not None:
            on_statistics(statistics)
    return statistics


def skip_each_layer(replayer: Replayer, progress: Progress | None = None) -> SkippedStatistics:
    """Losses and metric shares with each layer skipped in turn, batch by batch, so that memory holds one batch."""
    layers = len(replayer.model.layers)
    began = time.perf_counter()
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
        seconds=time.perf_counter() - began,
        passes=replayer.layer_runs / layers,
    )


def _joined_statistics(statistics: Statistics, skipped: SkippedStatistics) -> Statistics:
    found: Mapping[Need, Any] = {**statistics.found, SkippedLayers(): skipped}
    seconds = {**statistics.seconds, SkippedLayers(): skipped.seconds}
    return replace(statistics, found=found, seconds=seconds, passes=statistics.passes + skipped.passes)
