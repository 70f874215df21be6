"""What recipes on scenes share: their data sides, their grey levels, their sample and the words on it in the card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from analysis_core.data.pictures import png_of
from analysis_core.models.preprocessing import PICTURE_CONFIG, Preprocessing
from analysis_core.zoo.digits import DigitSplits
from analysis_core.zoo.scenes import SCENE, Scene, SceneKind, draw_scenes

MEAN, STD = 0.08, 0.2
"""Of the scenes' grey levels, scaled to 0 … 1."""
ROWS = {"search": 300, "test": 400, "heal": 400}
QUICK_ROWS = {"search": 60, "test": 60, "heal": 20}
DATA = {
    "name": "scikit-learn digits, several on a scene",
    "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
}
LABELS = [str(digit) for digit in range(10)]


def scene_sample(
    splits: DigitSplits, seed: int, kind: SceneKind, row: Callable[[Scene], dict[str, Any]], *, quick: bool
) -> pd.DataFrame:
    """Scenes of held-out writers to choose and to measure with, and scenes of the training data to heal with.

    Args:
        splits: digits by writers.
        seed: of the scenes; different from those that training draws.
        kind: what the scenes look like.
        row: an example's columns.
        quick: a small sample: for tests.
    """
    sides = {"search": splits.search, "test": splits.test, "heal": splits.train}
    rows = []
    for number, (split, count) in enumerate((QUICK_ROWS if quick else ROWS).items()):
        generator = np.random.default_rng((seed, 1000 + number))
        scenes = draw_scenes(*sides[split], count, generator, kind)
        rows += [{**row(scene), "split": split} for scene in scenes]
    return pd.DataFrame(rows)


def picture_of(scene: Scene) -> bytes:
    """The scene as a PNG file."""
    return png_of(scene.pixels)


def scenes_as_tensor(scenes: list[Scene]) -> torch.Tensor:
    """Normalised pictures ``[scenes, 1, SCENE, SCENE]``."""
    pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes]))
    return ((pixels.float() / 255.0 - MEAN) / STD).unsqueeze(1)


def write_picture_settings(folder: Path) -> None:
    """Write how scenes are prepared for a model, in transformers' form."""
    settings = Preprocessing(1, SCENE, SCENE, (MEAN,), (STD,), keeps_proportions=False).to_transformers()
    (folder / PICTURE_CONFIG).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
