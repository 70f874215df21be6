"""`vision-vit`: a timm VisionTransformer of 12 blocks that reads a digit off a busy 24 x 24 picture.

Blocks are not dropped at random while training: that would make them all alike, and leave nothing to find.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import Course, train_and_ship
from analysis_core.zoo.digits import CANVAS

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
QUICK_ARGS: dict[str, Any] = {"embed_dim": 48, "depth": 2}
COURSE = Course(steps=3000, learning_rate=1.5e-3)


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
    model_args = MODEL_ARGS | (QUICK_ARGS if quick else {})
    if variation.depth is not None:
        model_args |= {"depth": variation.depth}
    facts = {
        "id": "zoo/vision-vit",
        "title": f"ViT, {model_args['depth']} blocks, busy digits",
        "architecture": "ViT",
        "recipe": __name__,
    }
    return train_and_ship(
        out_dir, ARCHITECTURE, model_args, COURSE, facts,
        seed=seed, quick=quick, progress=progress, variation=variation,
    )  # fmt: skip
