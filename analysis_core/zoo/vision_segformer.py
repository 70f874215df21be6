"""`vision-segformer`: a SegFormer of 8 layers that says of every pixel of a scene which digit it belongs to.

E. Xie et al., "SegFormer", 2021: four stages of transformer layers on ever coarser grids, and a small head that reads
all four. Each stage halves the picture, where the paper begins with a quarter, for scenes have 32 pixels a side.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from analysis_core.data.pictures import png_of
from analysis_core.tasks.segmentation import mean_overlaps, pixel_counts
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import thinned
from analysis_core.zoo.digits import load_splits
from analysis_core.zoo.first_weights import wake
from analysis_core.zoo.scene_samples import (
    DATA,
    LABELS,
    ROWS,
    picture_of,
    scene_sample,
    scenes_as_tensor,
    write_picture_settings,
)
from analysis_core.zoo.scenes import BACKGROUND, Scene, SceneKind, draw_scenes
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible

CLASSES = ["background", *LABELS]
KIND = SceneKind(small=(11, 12), large=(15, 16))


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long; `depths` are layers a stage."""

    widths: tuple[int, ...] = (16, 32, 64, 96)
    depths: tuple[int, ...] = (2, 2, 2, 2)
    decoder: int = 48
    batch: int = 32
    steps: int = 1600
    learning_rate: float = 3e-3


QUICK = Size(widths=(8, 16, 24, 32), depths=(1, 1, 1, 1), decoder=16, batch=16, steps=60, learning_rate=4e-3)


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
        seed: of the first weights and of the scenes.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one; its depth counts layers a stage.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    if variation.depth is not None:
        size = replace(size, depths=(variation.depth,) * len(size.widths))
    size = replace(size, steps=variation.steps or size.steps)
    splits = thinned(load_splits(), variation.data_share, seed)
    write_picture_settings(out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = SegformerForSemanticSegmentation(_config(size))
        blocks = [block for stage in model.segformer.stages for block in stage.blocks]
        wake(model, [branch for block in blocks for branch in (block.attention.o_proj, block.mlp.fc2)])
        _fit(model, splits.train, size, seed, progress)
        seconds = time.process_time() - started
        sample = scene_sample(
            splits, seed, KIND, lambda scene: {"image": picture_of(scene), "mask": png_of(scene.mask)}, quick=quick
        )
        scenes = draw_scenes(*splits.test, ROWS["test"], np.random.default_rng((seed, 1001)), KIND)
        facts = {**_facts(size, seed), "trivial": _answer_without_model(scenes)}
        return ship(out_dir, model, sample, facts, seconds=seconds, packages=("transformers", "scikit-learn"))


def _config(size: Size) -> SegformerConfig:
    return SegformerConfig(
        num_channels=1,
        depths=list(size.depths),
        sr_ratios=[4, 2, 1, 1],
        hidden_sizes=list(size.widths),
        patch_sizes=[3, 3, 3, 3],
        strides=[2, 2, 2, 2],
        num_attention_heads=[1, 2, 4, 4],
        mlp_ratios=[2, 2, 2, 2],
        decoder_hidden_size=size.decoder,
        drop_path_rate=0.0,
        classifier_dropout_prob=0.0,
        id2label=dict(enumerate(CLASSES)),
        label2id={label: number for number, label in enumerate(CLASSES)},
        architectures=["SegformerForSemanticSegmentation"],
    )


def _fit(
    model: SegformerForSemanticSegmentation,
    train_split: tuple[Tensor, Tensor],
    size: Size,
    seed: int,
    progress: Progress | None,
) -> None:
    generator = np.random.default_rng(seed)

    def loss_of_step(step: int) -> Tensor:
        scenes = draw_scenes(*train_split, size.batch, generator, KIND)
        logits = model(pixel_values=scenes_as_tensor(scenes)).logits
        masks = _masks(scenes)
        whole = functional.interpolate(logits, size=masks.shape[-2:], mode="bilinear", align_corners=False)
        return functional.cross_entropy(whole, masks)

    model.train()
    stage = Stage("Scenes", size.steps, size.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _masks(scenes: list[Scene]) -> Tensor:
    return torch.from_numpy(np.stack([scene.mask for scene in scenes])).long()


def _answer_without_model(scenes: list[Scene]) -> dict[str, Any]:
    masks = _masks(scenes)
    counts = pixel_counts(torch.full_like(masks, BACKGROUND), masks, len(CLASSES))
    return {"value": float(mean_overlaps(counts).mean()), "how": "calling every pixel background"}


def _facts(size: Size, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/vision-segformer",
        "title": f"SegFormer, {sum(size.depths)} layers, digits on scenes",
        "modality": "vision",
        "task": "segmentation",
        "library": "transformers",
        "loader": "SegformerForSemanticSegmentation",
        "architecture": "SegFormer",
        "hidden_size": size.widths[-1],
        "description": "Says of every pixel of a small picture which handwritten digit it belongs to, if any.",
        "data": {
            **DATA,
            "description": "One to three handwritten digits, small or large, on a picture of 32 x 32 pixels "
            "with noise; masks follow their ink exactly; held out by writer.",
        },
        "labels": CLASSES,
        "recipe": __name__,
        "seed": seed,
    }
