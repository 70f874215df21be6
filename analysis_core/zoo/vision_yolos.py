"""`vision-yolos`: a YOLOS of 8 layers that finds the digits on a scene: which they are, and the box of each.

Y. Fang et al., "You only look at one sequence", 2021: a plain ViT reads patches and some query tokens together, and
each query answers with a class and a box. As in the paper it begins with a ViT that has learnt to tell pictures apart:
here with the first blocks of `zoo/vision-vit`, which learnt single digits of the same writers. While it trains, the
patches' own last states answer as well, by the same two heads: a patch inside a box names that box. So the queries find
ready answers to choose from, and a training of minutes reaches what matching alone would take hours for.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import YolosConfig, YolosForObjectDetection

from analysis_core.models.loading import load_model
from analysis_core.tasks.boxes import corners, detection_loss
from analysis_core.zoo import AS_SHIPPED, Progress, Variation, digit_classifiers
from analysis_core.zoo.digit_classifiers import thinned
from analysis_core.zoo.digits import load_splits
from analysis_core.zoo.first_weights import wake
from analysis_core.zoo.scene_samples import (
    DATA,
    LABELS,
    MEAN,
    STD,
    picture_of,
    scene_sample,
    scenes_as_tensor,
    write_picture_settings,
)
from analysis_core.zoo.scenes import SCENE, Scene, SceneKind, draw_scenes
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible
from analysis_core.zoo.vit_start import begin_from_vit

PATCH = 4
NO_OBJECT = len(LABELS)
BEGINNING = "zoo/vision-vit"
KIND = SceneKind(small=(11, 12), large=(15, 16))


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long; `patches_weight` is that of the patches' own answers."""

    width: int = 64
    layers: int = 8
    queries: int = 6
    batch: int = 32
    steps: int = 2200
    learning_rate: float = 1.5e-3
    patches_weight: float = 1.0


QUICK = Size(width=32, layers=2, queries=4, batch=16, steps=60, learning_rate=3e-3)


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
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    splits = thinned(load_splits(), variation.data_share, seed)
    write_picture_settings(out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = _model(size)
        _fit(model, splits.train, size, seed, progress)
        seconds = time.process_time() - started
        sample = scene_sample(
            splits, seed, KIND, lambda scene: {"image": picture_of(scene), "objects": scene.objects}, quick=quick
        )
        return ship(
            out_dir, model, sample, _facts(size, seed), seconds=seconds, packages=("transformers", "scikit-learn")
        )


def _model(size: Size) -> YolosForObjectDetection:
    config = YolosConfig(
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=4,
        intermediate_size=2 * size.width,
        layer_norm_eps=1e-6,
        image_size=[SCENE, SCENE],
        patch_size=PATCH,
        num_channels=1,
        num_detection_tokens=size.queries,
        use_mid_position_embeddings=False,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        architectures=["YolosForObjectDetection"],
    )
    model = YolosForObjectDetection(config)
    layers = model.vit.encoder.layer
    wake(model, [branch for layer in layers for branch in (layer.attention.output.dense, layer.output.dense)])
    with torch.no_grad():
        embeddings = model.vit.embeddings
        embeddings.detection_tokens.normal_(std=0.5)
        embeddings.position_embeddings[0, 1 : 1 + (SCENE // PATCH) ** 2] = grid_positions(SCENE // PATCH, size.width)
    vit: Any = load_model(BEGINNING, device="cpu").module
    if vit.embed_dim == size.width:
        begin_from_vit(model, vit, (MEAN, STD), (digit_classifiers.MEAN, digit_classifiers.STD))
    return model


def grid_positions(side: int, width: int) -> Tensor:
    """Sines and cosines of the rows and columns of a square grid, ``[side * side, width]``."""
    quarter = width // 4
    rates = torch.exp(-math.log(100.0) * torch.arange(quarter) / quarter)
    angles = torch.arange(side)[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = waves[:, None].expand(-1, side, -1), waves[None].expand(side, -1, -1)
    return 0.5 * torch.cat([rows, columns], dim=2).reshape(side * side, 4 * quarter)


def _fit(
    model: YolosForObjectDetection,
    train_split: tuple[Tensor, Tensor],
    size: Size,
    seed: int,
    progress: Progress | None,
) -> None:
    generator = np.random.default_rng(seed)
    patches = (SCENE // PATCH) ** 2

    def loss_of_step(step: int) -> Tensor:
        scenes = draw_scenes(*train_split, size.batch, generator, KIND)
        hidden = model.vit(scenes_as_tensor(scenes)).last_hidden_state
        logits, boxes = model.class_labels_classifier(hidden), model.bbox_predictor(hidden).sigmoid()
        asked = slice(hidden.shape[1] - size.queries, None)
        found = _query_loss(logits[:, asked], boxes[:, asked], scenes)
        seen = slice(1, 1 + patches)
        return found + size.patches_weight * _patch_loss(logits[:, seen], boxes[:, seen], scenes)

    model.train()
    stage = Stage("Scenes", size.steps, size.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _query_loss(logits: Tensor, boxes: Tensor, scenes: list[Scene]) -> Tensor:
    """The task's own loss, as a mean over scenes."""
    losses = []
    for image_logits, image_boxes, scene in zip(logits, boxes, scenes, strict=True):
        objects = torch.tensor(scene.objects)
        losses.append(detection_loss(image_logits, image_boxes, objects[:, 0].long(), objects[:, 1:]))
    return torch.stack(losses).mean()


def _patch_loss(logits: Tensor, boxes: Tensor, scenes: list[Scene]) -> Tensor:
    """Every patch whose middle lies in a digit's box names that digit and its box; the others name nothing."""
    answers = [patch_answers(scene) for scene in scenes]
    classes = torch.stack([answer[0] for answer in answers])
    wanted = torch.stack([answer[1] for answer in answers])
    loss = functional.cross_entropy(logits.flatten(0, 1), classes.flatten())
    inside = classes != NO_OBJECT
    return loss + 5.0 * functional.l1_loss(corners(boxes[inside]), corners(wanted[inside]))


def patch_answers(scene: Scene) -> tuple[Tensor, Tensor]:
    """What each patch of a scene should say: classes ``[patches]`` and boxes ``[patches, 4]``."""
    side = SCENE // PATCH
    classes, boxes = torch.full((side, side), NO_OBJECT), torch.zeros(side, side, 4)
    for digit in scene.digits:
        rows, columns = (
            slice(_first(low), _first(high)) for low, high in ((digit.top, digit.bottom), (digit.left, digit.right))
        )
        classes[rows, columns] = digit.digit
        boxes[rows, columns] = torch.tensor(digit.object[1:])
    return classes.flatten(), boxes.flatten(0, 1)


def _first(pixel: int) -> int:
    """The first patch whose middle lies at or behind a pixel's edge."""
    return math.ceil((pixel - PATCH / 2) / PATCH)


def _facts(size: Size, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/vision-yolos",
        "title": f"YOLOS, {size.layers} layers, digits on scenes",
        "modality": "vision",
        "task": "detection",
        "library": "transformers",
        "loader": "YolosForObjectDetection",
        "architecture": "YOLOS",
        "description": "Finds the handwritten digits on a small picture: which they are, and the box of each.",
        "data": {
            **DATA,
            "description": "One to three handwritten digits, small or large, on a picture of 32 x 32 pixels "
            "with noise; boxes surround their ink exactly; held out by writer.",
        },
        "labels": LABELS,
        "trivial": {"value": 0.0, "how": "naming no object"},
        "recipe": __name__,
        "seed": seed,
    }
