"""`vision-convnext`: a timm ConvNeXt of 10 blocks that reads a digit off a busy 24 x 24 picture.

Z. Liu et al., "A ConvNet for the 2020s", 2022, with narrow stages, patches of two pixels, kernels of five, and
branches that are awake from the first step: neither scaled by a millionth nor drawn for a width of a thousand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import Course, train_and_ship
from analysis_core.zoo.first_weights import wake

ARCHITECTURE = "convnext_atto"
DIMS = [24, 32, 48, 64]
DEPTHS = [2, 2, 4, 2]
COURSE = Course(steps=2200, learning_rate=4e-3)
QUICK_DIMS, QUICK_DEPTHS = [12, 16, 24, 32], [1, 1, 2, 1]


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
        variation: in what the model differs from the shipped one; its depth counts blocks of the third stage.
    """
    dims, depths = (QUICK_DIMS, QUICK_DEPTHS) if quick else (DIMS, DEPTHS)
    if variation.depth is not None:
        depths = [*depths[:2], variation.depth, depths[3]]
    model_args = {
        "depths": depths,
        "dims": dims,
        "patch_size": 2,
        "output_stride": 8,
        "kernel_sizes": 5,
        "ls_init_value": 1.0,
        "in_chans": 1,
        "num_classes": 10,
    }
    facts = {
        "id": "zoo/vision-convnext",
        "title": f"ConvNeXt, {sum(depths)} blocks, busy digits",
        "architecture": "ConvNeXt",
        "hidden_size": dims[-1],
        "recipe": __name__,
    }
    return train_and_ship(
        out_dir, ARCHITECTURE, model_args, COURSE, facts, begin=_begin,
        seed=seed, quick=quick, progress=progress, variation=variation,
    )  # fmt: skip


def _begin(model: nn.Module) -> None:
    wake(model, [part for name, part in model.named_modules() if name.endswith("mlp.fc2")])
