"""`vision-resnet`: a timm ResNet of 12 narrow residual blocks that reads a digit off a busy 24 x 24 picture.

Four stages of three blocks (K. He et al., "Deep residual learning for image recognition", 2016). The first block of a
stage halves the picture and cannot go; the nine others keep their shape. The last two stages are dilated instead of
halved again, for 24 pixels a side leave little to halve.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import Course, train_and_ship

ARCHITECTURE = "resnet18"
CHANNELS = [24, 32, 48, 64]
DEPTH = 3
"""Blocks a stage."""
COURSE = Course(steps=1600, learning_rate=4e-3)
QUICK_CHANNELS = [12, 16, 24, 32]


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
        variation: in what the model differs from the shipped one; its depth counts blocks a stage.
    """
    depth = variation.depth or (1 if quick else DEPTH)
    channels = QUICK_CHANNELS if quick else CHANNELS
    model_args = {
        "layers": [depth] * len(channels),
        "channels": channels,
        "stem_width": channels[0],
        "output_stride": 8,
        "in_chans": 1,
        "num_classes": 10,
    }
    facts = {
        "id": "zoo/vision-resnet",
        "title": f"ResNet, {depth * len(channels)} blocks, busy digits",
        "architecture": "ResNet",
        "hidden_size": channels[-1],
        "recipe": __name__,
    }
    return train_and_ship(
        out_dir, ARCHITECTURE, model_args, COURSE, facts,
        seed=seed, quick=quick, progress=progress, variation=variation,
    )  # fmt: skip
