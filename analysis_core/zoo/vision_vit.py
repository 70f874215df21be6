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

import numpy as np
import pandas as pd
import timm
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.card import (
    CONFIG,
    WEIGHTS,
    read_json,
    read_sample,
    write_card,
    write_json,
    write_sample,
)
from analysis_core.zoo.digits import CANVAS, Clutter, DigitSplits, compose, load_splits
from analysis_core.zoo.training import (
    Stage,
    classification_metrics,
    count_parameters,
    fit,
    load_weights,
    majority_share,
    reproducible,
    save_weights,
    shared_out,
    to_labels,
)

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
    write_json(out_dir / CONFIG, _config(model_args))
    write_sample(out_dir, _sample(splits, seed, clutter), "image")
    steps = variation.steps or (QUICK_STEPS if quick else STEPS)
    with reproducible(seed):
        started = time.process_time()
        model = timm.create_model(ARCHITECTURE, **model_args)
        _fit_digits(model, splits.train, seed, clutter, steps, progress)
        seconds = time.process_time() - started
        save_weights(model, out_dir / WEIGHTS, lambda: _right_answers(model, out_dir))
        facts = _facts(load(out_dir), out_dir, seed)
    return write_card(out_dir, facts, ["torch", "timm", "scikit-learn", "safetensors"], seconds)


def load(folder: Path) -> nn.Module:
    """The shipped model in float32, in evaluation mode."""
    config = read_json(folder / CONFIG)
    model: nn.Module = timm.create_model(config["architecture"], **config["model_args"])
    load_weights(model, folder / WEIGHTS)
    return model.eval()


def predict(model: nn.Module, folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted labels (n,) of one split of the shipped sample."""
    rows = read_sample(folder, split)
    pictures = torch.stack([decode(png) for png in rows["image"]])
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        logits = [model(batch) for batch in torch.split(pictures, BATCH)]
    model.train(was_training)
    return rows["label"].to_numpy(), to_labels(logits)


def decode(png: bytes) -> torch.Tensor:
    """PNG bytes -> the normalised picture (1, 24, 24) that the model reads."""
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return normalise(torch.from_numpy(grey.copy())[None])


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


def _right_answers(model: nn.Module, folder: Path) -> int:
    """Held-out examples answered rightly, both held-out splits together."""
    pairs = [predict(model, folder, split) for split in ("search", "test")]
    return int(sum((labels == predictions).sum() for labels, predictions in pairs))


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


def _facts(model: nn.Module, folder: Path, seed: int) -> dict[str, Any]:
    """The card's facts; the baseline is measured with the files as they ship."""
    labels, predictions = predict(model, folder, "test")
    model_args = read_json(folder / CONFIG)["model_args"]
    return {
        "id": "zoo/vision-vit",
        "title": f"ViT, {model_args['depth']} blocks, busy digits",
        "modality": "vision",
        "task": "classification",
        "library": "timm",
        "loader": ARCHITECTURE,
        "architecture": "ViT",
        "layers": model_args["depth"],
        "hidden_size": model_args["embed_dim"],
        "parameters": count_parameters(model),
        "description": "Reads the one whole handwritten digit in a small picture among scraps of others.",
        "data": {
            "name": "scikit-learn digits, composed",
            "description": "Handwritten digits, turned, resized and placed at random on a 24 x 24 canvas "
            "with scraps of other digits and noise; held out by writer.",
            "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
        },
        "labels": LABELS,
        "recipe": "analysis_core.zoo.vision_vit",
        "seed": seed,
        "trained_on": "1 CPU core",
        "baseline": {**classification_metrics(labels, predictions), "examples": len(labels), "split": "test"},
        "majority_class_share": majority_share(labels),
    }
