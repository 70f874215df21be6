"""How timm models learn to read a digit off a busy picture: the training, the sample and the card's facts they share.

They train from nothing on pictures composed anew at every step, so that 915 clean digits do not run out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import timm
import torch
from torch import nn
from torch.nn import functional

from analysis_core.data.pictures import png_of
from analysis_core.zoo import Progress, Variation
from analysis_core.zoo.digits import CANVAS, Clutter, DigitSplits, compose, load_splits
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

MEAN, STD = 0.15, 0.27
"""Of the composed pictures' grey levels, scaled to 0 … 1."""
LABELS = [str(digit) for digit in range(10)]
HEAL_ROWS = 512
QUICK_STEPS = 300
QUICK_CLUTTER = Clutter(degrees=5.0, shear=0.0, smallest=23.0, largest=24.0, scraps=0)
"""Digits that hardly move: these are learned in seconds."""
DATA = {
    "name": "scikit-learn digits, composed",
    "description": "Handwritten digits, turned, resized and placed at random on a 24 x 24 canvas "
    "with scraps of other digits and noise; held out by writer.",
    "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
}


@dataclass(frozen=True)
class Course:
    """How long and how fast a classifier learns."""

    steps: int
    learning_rate: float
    batch: int = 48


def train_and_ship(
    out_dir: Path,
    architecture: str,
    model_args: Mapping[str, Any],
    course: Course,
    facts: Mapping[str, Any],
    *,
    begin: Callable[[nn.Module], None] = lambda module: None,
    seed: int,
    quick: bool,
    progress: Progress | None,
    variation: Variation,
) -> dict[str, Any]:
    """Train a timm model on busy digits, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        architecture, model_args: of `timm.create_model`.
        course: how long and how fast; `quick` takes fewer steps, `variation` its own.
        facts: what only the recipe knows: id, title, architecture, hidden size, recipe.
        begin: gives the model other first weights than the library's.
        seed: of the first weights, the order of examples and the clutter.
        quick: pictures that are learned in seconds: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    splits = thinned(load_splits(), variation.data_share, seed)
    clutter = QUICK_CLUTTER if quick else Clutter()
    course = replace(course, steps=variation.steps or (QUICK_STEPS if quick else course.steps))
    with reproducible(seed):
        started = time.process_time()
        model = timm.create_model(architecture, **model_args)
        begin(model)
        fit_digits(model, splits.train, seed, clutter, course, progress)
        seconds = time.process_time() - started
    common = {
        "modality": "vision",
        "task": "classification",
        "library": "timm",
        "loader": architecture,
        "description": "Reads the one whole handwritten digit in a small picture among scraps of others.",
        "data": DATA,
        "labels": LABELS,
        "trivial": answer_without_model(splits),
        "seed": seed,
    }
    return ship(
        out_dir,
        model,
        digit_sample(splits, seed, clutter),
        dict(facts) | common,
        seconds=seconds,
        config=timm_config(architecture, dict(model_args)),
        packages=("timm", "scikit-learn"),
    )


def normalise(grey: torch.Tensor) -> torch.Tensor:
    """8-bit grey levels -> about zero mean and unit variance."""
    return (grey.float() / 255.0 - MEAN) / STD


def fit_digits(
    model: nn.Module,
    train_split: tuple[torch.Tensor, torch.Tensor],
    seed: int,
    clutter: Clutter,
    course: Course,
    progress: Progress | None,
) -> None:
    """Cross-entropy on freshly composed pictures; the model is left in evaluation mode."""
    digits, labels = train_split
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> torch.Tensor:
        chosen = torch.randint(0, len(labels), (course.batch,), generator=generator)
        pictures = normalise(compose(digits[chosen], generator, clutter))
        return functional.cross_entropy(model(pictures), labels[chosen], label_smoothing=0.05)

    model.train()
    stage = Stage("Digits", course.steps, course.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def thinned(splits: DigitSplits, share: float, seed: int) -> DigitSplits:
    """The splits with a random share of the training digits, in their order."""
    digits, labels = splits.train
    kept = shared_out(len(labels), share, seed)
    return replace(splits, train=(digits[kept], labels[kept]))


def digit_sample(splits: DigitSplits, seed: int, clutter: Clutter) -> pd.DataFrame:
    """Composed pictures of the held-out digits, and of `HEAL_ROWS` digits of the training data."""
    heal_digits, heal_labels = splits.train
    parts = {
        "search": splits.search,
        "test": splits.test,
        "heal": (heal_digits[:HEAL_ROWS], heal_labels[:HEAL_ROWS]),
    }
    tables = []
    for number, (split, (digits, labels)) in enumerate(parts.items()):
        pictures = compose(digits, torch.Generator().manual_seed(1000 + 10 * seed + number), clutter)
        images = [png_of(picture[0].numpy()) for picture in pictures]
        tables.append(pd.DataFrame({"image": images, "label": labels.numpy(), "split": split}))
    return pd.concat(tables, ignore_index=True)


def answer_without_model(splits: DigitSplits) -> dict[str, Any]:
    """What naming the most frequent digit of the test pictures reaches."""
    digits = splits.test[1].bincount(minlength=len(LABELS))
    return {"value": float(digits.max() / digits.sum()), "how": f"always answering '{int(digits.argmax())}'"}


def timm_config(architecture: str, model_args: dict[str, Any]) -> dict[str, Any]:
    """What `timm.create_model(architecture, **model_args)` and the preprocessing need."""
    return {
        "library": "timm",
        "architecture": architecture,
        "model_args": model_args,
        "pretrained_cfg": {
            "input_size": [1, CANVAS, CANVAS],
            "mean": [MEAN],
            "std": [STD],
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "num_classes": len(LABELS),
        },
        "labels": LABELS,
    }
