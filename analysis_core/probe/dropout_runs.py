"""Stochastic runs: one layer's contribution under dropout, several masks each, on the first examples."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.probe.draws import DROPOUT, drawn_like, kept_at_random
from analysis_core.probe.edits import Change, Edit
from analysis_core.probe.needs import DroppedContributions, DroppedStatistics
from analysis_core.probe.subject import Progress, Subject
from analysis_core.results import Layer
from analysis_core.vocabulary import Direction


def run_dropped(need: DroppedContributions, subject: Subject, progress: Progress) -> tuple[DroppedStatistics, float]:
    """For each layer, several replays with parts of what it adds dropped at random."""
    if not subject.task.has_probabilities:
        return _nothing(subject), 0.0
    replayer, layers = subject.replayer_of_first(need.limit), len(subject.model.layers)
    reasons = replayer.not_editable
    information, entropies, shares, losses = [], [], [], []
    for position, batch in enumerate(replayer.batches):
        intact, outputs = replayer.intact(position), None
        rows = np.full((layers, batch.size), math.nan)
        for index, layer in enumerate(subject.model.layers):
            if reasons[index] is not None:
                continue
            beliefs = []
            for draw in range(need.draws):
                seeds = (subject.seed, DROPOUT, index, draw)
                change = Change(edits={index: _dropping(need.rate, batch, layer, seeds)})
                _, outputs = replayer.rerun(position, change, intact)
                beliefs.append(subject.task.probabilities(outputs, batch).double())
                done = (position + (index + (draw + 1) / need.draws) / layers) / len(replayer.batches)
                progress(done, f"Dropout in layer {index + 1} of {layers}, mask {draw + 1} of {need.draws}")
            rows[index] = mutual_information(torch.stack(beliefs)).cpu().numpy()
        # Nothing differs from the intact run, so this computes the head alone.
        _, outputs = replayer.rerun(position, Change(), intact)
        entropies.append(entropy(subject.task.probabilities(outputs, batch).double()).cpu().numpy())
        information.append(rows)
        shares.append(intact.outcome.metric)
        losses.append(intact.outcome.losses)
        replayer.forget(position)
    metric = np.concatenate(shares)
    found = DroppedStatistics(
        information=np.concatenate(information, axis=1),
        intact_entropy=np.concatenate(entropies),
        errors=1.0 - metric if subject.task.direction is Direction.HIGHER_IS_BETTER else metric,
        losses=np.concatenate(losses),
        reasons=reasons,
    )
    return found, subject.passes(replayer)


def _nothing(subject: Subject) -> DroppedStatistics:
    layers, none = len(subject.model.layers), np.empty(0)
    name = subject.task.task_type.value.replace("_", " ")
    why = f"In {name} the model gives values and no probabilities, so there is no mutual information to measure."
    return DroppedStatistics(np.empty((layers, 0)), none, none, none, (None,) * layers, not_applicable=why)


def mutual_information(beliefs: Tensor) -> Tensor:
    """Between the prediction and the mask: ``[examples]`` nats, from ``[masks, examples, outcomes]`` probabilities."""
    return (entropy(beliefs.mean(0)) - entropy(beliefs).mean(0)).clamp(min=0.0)


def entropy(beliefs: Tensor) -> Tensor:
    """In nats, over the last dimension."""
    found: Tensor = torch.special.entr(beliefs).sum(-1)
    return found


def _dropping(rate: float, batch: Batch, layer: Layer, seeds: tuple[int, ...]) -> Edit:
    def drop(contribution: Tensor) -> Tensor:
        return contribution * drawn_like(contribution, batch, layer, kept_at_random(rate), *seeds) / (1.0 - rate)

    return drop
