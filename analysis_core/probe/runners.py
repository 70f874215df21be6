"""What serves the needs that take further runs of the model, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from analysis_core.probe.replay import INTACT, Outcome, Removed, Replayer, joined
from analysis_core.probe.shapley_runs import run_subsets
from analysis_core.probe.spectra import run_weight_spectra
from analysis_core.probe.subject import Progress, Subject

__all__ = ["RUNNERS", "Progress", "Runner", "Subject", "skip_each_layer", "skip_sets"]

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
    sets = [INTACT, *(frozenset({index}) for index in range(layers))]
    intact, *singles = skip_sets(replayer, sets, f"Skipping each of {layers} layers", progress)
    return SkippedStatistics(
        intact_losses=intact.losses,
        intact_metric=intact.metric,
        losses=np.stack([outcome.losses for outcome in singles]),
        metric=np.stack([outcome.metric for outcome in singles]),
    )


def skip_sets(
    replayer: Replayer, sets: Sequence[Removed], words: str, progress: Progress | None = None
) -> list[Outcome]:
    """Losses and metric shares without each set of layers, batch by batch, so that memory holds one batch.

    Args:
        replayer: over the examples.
        sets: what is skipped.
        words: what progress is told, with the batch behind it.
        progress: called after every batch.
    """
    parts: dict[Removed, list[Outcome]] = {removed: [] for removed in sets}
    for position in range(len(replayer.batches)):
        for removed, outcomes in parts.items():
            # Nothing starts from a single layer's states; a larger set may from those of another.
            outcomes.append(replayer.batch_outcome(position, removed, promising=len(removed) > 1))
        replayer.forget()
        if progress is not None:
            done = (position + 1) / len(replayer.batches)
            progress(done, f"{words}: batch {position + 1} of {len(replayer.batches)}")
    return [joined(removed, outcomes) for removed, outcomes in parts.items()]


RUNNERS: dict[type[Need], Runner] = {
    SkippedLayers: run_skipped_layers,
    CorruptedRuns: run_corrupted,
    DroppedContributions: run_dropped,
    LayerSubsets: run_subsets,
    PathConductance: run_conductance,
    WeightSpectra: run_weight_spectra,
}
