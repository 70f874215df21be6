"""`vision-vit`: a timm VisionTransformer of 12 blocks that reads a digit off a busy 24 x 24 picture.

Trained from nothing on pictures composed anew at every step, so that 915 clean digits do not run out. Blocks
are not dropped at random while training: that would make them all alike, and leave nothing to find.
"""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import timm
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digits import CANVAS, Clutter, DigitSplits, compose, load_splits
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

ARCHITECTURE = "vit_tiny_patch16_224"
MODEL_ARGS: dict[str, Any] = {
    "img_size": CANVAS,
    "patch_size": 4,
    "embed_dim": 64,
    "depth": 12,
    "num_heads": 4,
    "mlp_ratio": 2.0,
    "num_classes": 10,
    "in_chans": 1,
}
MEAN, STD = 0.15, 0.27
LABELS = [str(digit) for digit in range(10)]
HEAL_ROWS = 512
BATCH = 48
STEPS, QUICK_STEPS = 3000, 300
LEARNING_RATE = 1.5e-3
QUICK_ARGS: dict[str, Any] = {"embed_dim": 48, "depth": 2}
QUICK_CLUTTER = Clutter(degrees=5.0, shear=0.0, smallest=23.0, largest=24.0, scraps=0)
"""Digits that hardly move: these are learned in seconds."""


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of the first weights, the order of examples and the clutter.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    splits = _thinned(load_splits(), variation.data_share, seed)
    model_args = MODEL_ARGS | (QUICK_ARGS if quick else {})
    if variation.depth is not None:
        model_args |= {"depth": variation.depth}
    clutter = QUICK_CLUTTER if quick else Clutter()
    steps = variation.steps or (QUICK_STEPS if quick else STEPS)
    with reproducible(seed):
        started = time.process_time()
        model = timm.create_model(ARCHITECTURE, **model_args)
        _fit_digits(model, splits.train, seed, clutter, steps, progress)
        seconds = time.process_time() - started
    return ship(
        out_dir,
        model,
        _sample(splits, seed, clutter),
        _facts(model_args, splits, seed),
        seconds=seconds,
        config=_config(model_args),
        packages=["timm", "scikit-learn"],
    )


def normalise(grey: torch.Tensor) -> torch.Tensor:
    """8-bit grey levels -> about zero mean and unit variance."""
    return (grey.float() / 255.0 - MEAN) / STD


def _fit_digits(
    model: nn.Module,
    train_split: tuple[torch.Tensor, torch.Tensor],
    seed: int,
    clutter: Clutter,
    steps: int,
    progress: Progress | None,
) -> None:
    digits, labels = train_split
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> torch.Tensor:
        chosen = torch.randint(0, len(labels), (BATCH,), generator=generator)
        pictures = normalise(compose(digits[chosen], generator, clutter))
        return functional.cross_entropy(model(pictures), labels[chosen], label_smoothing=0.05)

    model.train()
    fit(list(model.parameters()), loss_of_step, Stage("Digits", steps, LEARNING_RATE, 0.0, 0.98), progress)
    model.eval()


def _thinned(splits: DigitSplits, share: float, seed: int) -> DigitSplits:
    """The splits with a random share of the training digits, in their order."""
    digits, labels = splits.train
    kept = shared_out(len(labels), share, seed)
    return replace(splits, train=(digits[kept], labels[kept]))


def _sample(splits: DigitSplits, seed: int, clutter: Clutter) -> pd.DataFrame:
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
        images = [_png(picture) for picture in pictures]
        tables.append(pd.DataFrame({"image": images, "label": labels.numpy(), "split": split}))
    return pd.concat(tables, ignore_index=True)


def _png(picture: torch.Tensor) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture[0].numpy()).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _config(model_args: dict[str, Any]) -> dict[str, Any]:
    """What `timm.create_model(architecture, **model_args)` and the preprocessing need."""
    return {
        "library": "timm",
        "architecture": ARCHITECTURE,
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


def _facts(model_args: dict[str, Any], splits: DigitSplits, seed: int) -> dict[str, Any]:
    digits = splits.test[1].bincount(minlength=len(LABELS))
    commonest = int(digits.argmax())
    return {
        "id": "zoo/vision-vit",
        "title": f"ViT, {model_args['depth']} blocks, busy digits",
        "modality": "vision",
        "task": "classification",
        "library": "timm",
        "loader": ARCHITECTURE,
        "architecture": "ViT",
        "description": "Reads the one whole handwritten digit in a small picture among scraps of others.",
        "data": {
            "name": "scikit-learn digits, composed",
            "description": "Handwritten digits, turned, resized and placed at random on a 24 x 24 canvas "
            "with scraps of other digits and noise; held out by writer.",
            "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
        },
        "labels": LABELS,
        "trivial": {"value": float(digits.max() / digits.sum()), "how": f"always answering '{commonest}'"},
        "recipe": "analysis_core.zoo.vision_vit",
        "seed": seed,
    }
