"""How the classifiers of spoken digits learn: the training, the sample and the card's facts they share.

They hear the training voices' clips under new noise at every step, and are judged on voices that they never heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis_core.zoo import Progress, Variation
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.spoken import Clip, flac_of, padded, recorded, spoken
from analysis_core.zoo.training import Stage, fit, majority_share, reproducible, shared_out

LABELS = [str(digit) for digit in range(10)]
TAKES = {"train": 7, "search": 4, "test": 4}
"""How often each voice says each digit."""
HEAL_ROWS = 200
QUICK_TAKES = {"train": 1, "search": 1, "test": 1}
QUICK_STEPS = 80
DATA = {
    "name": "Digits spoken by eSpeak NG",
    "description": "Ten digits in 38 machine voices, six accents of English, at random speeds and pitches, under "
    "noise, 8 kHz; held out by voice.",
    "licence": "made by this project's recipe; no rights are claimed",
}

Listen = Callable[[Tensor, Tensor], Tensor]
"""Logits ``[clips, classes]`` from sounds ``[clips, samples]`` and their lengths ``[clips]``."""


@dataclass(frozen=True)
class Course:
    """How long and how fast a classifier learns."""

    steps: int
    learning_rate: float
    batch: int = 32


def train_and_ship(
    out_dir: Path,
    make: Callable[[], nn.Module],
    listen_with: Callable[[nn.Module], Listen],
    course: Course,
    facts: Mapping[str, Any],
    *,
    config: Mapping[str, Any] | None = None,
    packages: Sequence[str],
    seed: int,
    quick: bool,
    progress: Progress | None,
    variation: Variation,
) -> dict[str, Any]:
    """Train a model on spoken digits, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: holds already the settings by which sounds become inputs, where the model has such a file.
        make: builds the model, with weights drawn from torch's random numbers.
        listen_with: how the model is run while it learns.
        course: how long and how fast; `quick` takes fewer steps, `variation` its own.
        facts: what only the recipe knows: id, title, library, loader, architecture, hidden size, recipe.
        config: content of ``config.json`` where the model writes none itself.
        packages: whose versions shape the result.
        seed: of voices, first weights, order of examples and noise.
        quick: fewer clips and steps: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    takes = QUICK_TAKES if quick else TAKES
    course = replace(course, steps=variation.steps or (QUICK_STEPS if quick else course.steps))
    clips = {part: spoken(part, range(10), count, seed) for part, count in takes.items()}
    heard = [clips["train"][index] for index in shared_out(len(clips["train"]), variation.data_share, seed)]
    with reproducible(seed):
        started = time.process_time()
        model = make()
        fit_digits(model, listen_with(model), heard, seed, course, progress)
        seconds = time.process_time() - started
        sample = digit_sample({**clips, "heal": spread(heard, HEAL_ROWS)}, seed)
        share = majority_share(sample.loc[sample["split"] == "test", "label"].to_numpy())
        shared = {
            "modality": "audio",
            "task": "classification",
            "description": "Tells which digit a voice says that it never heard before, under noise.",
            "data": DATA,
            "labels": LABELS,
            "trivial": {"value": share, "how": "always naming one digit"},
            "seed": seed,
        }
        return ship(out_dir, model, sample, {**shared, **facts}, seconds=seconds, config=config, packages=packages)


def fit_digits(
    model: nn.Module, listen: Listen, clips: Sequence[Clip], seed: int, course: Course, progress: Progress | None
) -> None:
    """Cross-entropy on clips under new noise; the model is left in evaluation mode."""
    draws = np.random.default_rng(seed)

    def loss_of_step(step: int) -> Tensor:
        chosen = [clips[index] for index in draws.integers(0, len(clips), course.batch)]
        sounds, lengths = padded([recorded(clip.samples, draws) for clip in chosen])
        logits = listen(torch.from_numpy(sounds), torch.from_numpy(lengths))
        return functional.cross_entropy(logits, torch.tensor([clip.number for clip in chosen]), label_smoothing=0.05)

    model.train()
    fit(
        list(model.parameters()), loss_of_step, Stage("Digits", course.steps, course.learning_rate, 0.0, 0.98), progress
    )
    model.eval()


def digit_sample(clips: Mapping[str, Sequence[Clip]], seed: int) -> pd.DataFrame:
    """The clips of ``search``, ``test`` and ``heal`` as recorded files, each under noise of its own."""
    draws = np.random.default_rng([seed, 1])
    rows = [
        (flac_of(recorded(clip.samples, draws)), clip.number, part)
        for part in ("search", "test", "heal")
        for clip in clips[part]
    ]
    return pd.DataFrame(rows, columns=["sound", "label", "split"])


def spread(clips: Sequence[Clip], most: int) -> list[Clip]:
    """At most so many of the clips, evenly spread over their order."""
    return [
        clips[index] for index in np.unique(np.linspace(0, len(clips) - 1, min(most, len(clips))).round().astype(int))
    ]
