"""Losses with many subsets of layers skipped, in the order in which neighbours share the most."""

from __future__ import annotations

import numpy as np

from analysis_core.probe.edits import INTACT
from analysis_core.probe.needs import LayerSubsets, SubsetStatistics
from analysis_core.probe.subject import Progress, Subject


def run_subsets(need: LayerSubsets, subject: Subject, progress: Progress) -> tuple[SubsetStatistics, float]:
    """Every subset once, batch by batch; each run starts from the one before it.

    Subsets come sorted as bit strings, so that a run shares with the one before it as long a stretch of first layers as
    with any other: no stretch is computed twice, and only one run's states are kept.
    """
    replayer = subject.replayer_of_first(need.limit)
    reasons = replayer.not_editable
    players = tuple(index for index, reason in enumerate(reasons) if reason is None)
    subsets = need.subsets(players)
    losses: list[list[np.ndarray]] = [[] for _ in subsets]
    for position in range(len(replayer.batches)):
        replayer.batch_outcome(position, INTACT, keep=True)  # each batch starts from its own intact run
        for number, removed in enumerate(subsets):
            losses[number].append(replayer.batch_outcome(position, frozenset(removed), keep=True).losses)
            done = (position + (number + 1) / len(subsets)) / len(replayer.batches)
            progress(done, f"Subset {number + 1} of {len(subsets)}: batch {position + 1} of {len(replayer.batches)}")
        replayer.forget(position)
    found = SubsetStatistics(
        players=players,
        removed=subsets,
        losses=np.stack([np.concatenate(parts) for parts in losses]),
        reasons=reasons,
    )
    return found, subject.passes(replayer)
