"""Runs with a corrupted input, and with one layer's clean contribution put back into each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from analysis_core.errors import ModelError
from analysis_core.probe.draws import NOISE, drawn_like, standard_normal
from analysis_core.probe.edits import Change, Edit
from analysis_core.probe.hidden import as_tokens, token_weights
from analysis_core.probe.needs import CorruptedRuns, CorruptedStatistics
from analysis_core.probe.replay import Replayer, ReplayState
from analysis_core.probe.subject import Progress, Subject


def run_corrupted(need: CorruptedRuns, subject: Subject, progress: Progress) -> tuple[CorruptedStatistics, float]:
    """The clean run, the corrupted one, and one replay of the corrupted one for each layer."""
    replayer, layers = subject.replayer, len(subject.model.layers)
    before = subject.passes(replayer)
    # A tower that does not run on these examples has no way in that noise could be added to.
    taken = replayer.intact(0).inputs
    entrances = [index for index in subject.entrances if taken[replayer.model.sites[index].block] is not None]
    deviations = {index: entry_deviation(replayer, index, need.deviation_examples) for index in entrances}
    reasons = replayer.not_editable
    clean, corrupt, patched = [], [], []
    for position in range(len(replayer.batches)):
        intact = replayer.intact(position)
        entries = _noise(replayer, position, intact, deviations, need, subject.seed)
        corrupted, _ = replayer.rerun(position, Change(entries=entries), intact)
        rows = np.full((layers, replayer.batches[position].size), math.nan)
        for index in range(layers):
            if reasons[index] is None:
                change = Change(edits={index: _putting(intact.contribution(index))}, entries=entries)
                rows[index] = replayer.rerun(position, change, corrupted)[0].outcome.losses
            done = (position + (index + 1) / layers) / len(replayer.batches)
            progress(done, f"Patching layer {index + 1} of {layers}: batch {position + 1} of {len(replayer.batches)}")
        clean.append(intact.outcome.losses)
        corrupt.append(corrupted.outcome.losses)
        patched.append(rows)
        replayer.forget(position)
    found = CorruptedStatistics(
        clean_losses=np.concatenate(clean),
        corrupt_losses=np.concatenate(corrupt),
        patched_losses=np.concatenate(patched, axis=1),
        deviation=next(iter(deviations.values()), 0.0),
        entries=tuple(deviations),
        reasons=reasons,
    )
    return found, subject.passes(replayer) - before


def _noise(
    replayer: Replayer,
    position: int,
    intact: ReplayState,
    deviations: Mapping[int, float],
    need: CorruptedRuns,
    seed: int,
) -> dict[int, Edit]:
    """What is added in front of each layer where noise enters; further entries draw numbers of their own."""
    found = {}
    for index, deviation in deviations.items():
        layer, batch = replayer.model.layers[index], replayer.batches[position]
        seeds = (seed, NOISE, index) if index else (seed, NOISE)
        noise = drawn_like(_hidden(replayer, index, intact), batch, layer, standard_normal, *seeds)
        found[index] = _adding(need.deviations * deviation * noise)
    return found


def entry_deviation(replayer: Replayer, index: int, limit: int) -> float:
    """Standard deviation of what enters a layer, over all numbers of the first examples' real tokens."""
    layer, seen = replayer.model.layers[index], 0
    count, total, squares = 0.0, 0.0, 0.0
    for position, batch in enumerate(replayer.batches):
        if seen >= limit:
            break
        hidden = _hidden(replayer, index, replayer.intact(position))
        tokens = as_tokens(hidden, batch.size, layer.kind, batch.pieces)
        weights = token_weights(tokens, batch.mask_of(layer.name))
        real = tokens[: limit - seen][weights[: limit - seen].bool()].double()
        count, total, squares = count + real.numel(), total + float(real.sum()), squares + float(real.square().sum())
        seen += batch.size
    return math.sqrt(max(0.0, squares / count - (total / count) ** 2)) if count else 0.0


def _hidden(replayer: Replayer, index: int, state: ReplayState) -> Tensor:
    """What entered a layer's block in a run."""
    hidden = state.inputs[replayer.model.sites[index].block]
    if hidden is None:
        raise ModelError("The first layer takes no hidden state that noise could be added to.")
    return hidden


def _adding(noise: Tensor) -> Edit:
    return lambda hidden: torch.add(hidden, noise)


def _putting(contribution: Tensor) -> Edit:
    return lambda _usual: contribution
