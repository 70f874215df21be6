"""What serves the needs that take further runs of the model, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis_core.probe.causal import run_corrupted
from analysis_core.probe.conductance import run_conductance
from analysis_core.probe.dropout_runs import run_dropped
from analysis_core.probe.needs import (
    CorruptedRuns,
    DroppedContributions,
    LayerSubsets,
    Need,
    PathConductance,
    SkippedLayers,
    SkippedStatistics,
    WeightSpectra,
)
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined
from analysis_core.probe.shapley_runs import run_subsets
from analysis_core.probe.spectra import run_weight_spectra
from analysis_core.probe.subject import Progress, Subject

__all__ = ["RUNNERS", "Progress", "Runner", "Subject", "skip_each_layer"]

Runner = Callable[[Any, Subject, Progress], tuple[Any, float]]
"""``runner(need, subject, progress)`` -> the need's statistics, and the forward passes that they took."""


def run_skipped_layers(_need: SkippedLayers, subject: Subject, progress: Progress) -> tuple[SkippedStatistics, float]:
    """Ablation of each layer in turn."""
    before = subject.passes(subject.replayer)
    found = skip_each_layer(subject.replayer, progress)
    return found, subject.passes(subject.replayer) - before


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
    CorruptedRuns: run_corrupted,
    DroppedContributions: run_dropped,
    LayerSubsets: run_subsets,
    PathConductance: run_conductance,
    WeightSpectra: run_weight_spectra,
}
