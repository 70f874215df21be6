"""Pictures of 8 x 8 pixels with one digit, and their captions: little enough to be drawn pixel by pixel.

The digits are scikit-learn's; a small one stands in one of four corners, a large one fills the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from analysis_core.zoo.digits import DIGIT
from analysis_core.zoo.scenes import WORDS

SMALL = 5
"""Pixels a side of a small digit."""
_CORNERS = {
    "top left": (0, 0),
    "top right": (0, DIGIT - SMALL),
    "bottom left": (DIGIT - SMALL, 0),
    "bottom right": (DIGIT - SMALL, DIGIT - SMALL),
}


@dataclass(frozen=True, eq=False)
class LittlePicture:
    """A picture of one digit in few pixels, and what it shows in words.

    Args:
        pixels: grey levels ``[8, 8]`` uint8.
        caption: such as "a small seven at the top left" or "a large two".
    """

    pixels: np.ndarray
    caption: str


def draw_little(
    digits: torch.Tensor, labels: torch.Tensor, count: int, generator: np.random.Generator
) -> list[LittlePicture]:
    """Pictures of randomly chosen digits, half of them large.

    Args:
        digits: clean pictures ``[n, 8, 8]`` in 0 … 1.
        labels: what they are, ``[n]``.
        count: how many pictures.
        generator: all randomness comes from here.
    """
    shrunk = functional.interpolate(digits[:, None], size=(SMALL, SMALL), mode="area")[:, 0].numpy()
    whole, names = digits.numpy(), labels.tolist()
    corners = list(_CORNERS)
    drawn = []
    for _ in range(count):
        which, large = int(generator.integers(len(names))), bool(generator.integers(2))
        word, canvas = WORDS[names[which]], np.zeros((DIGIT, DIGIT), dtype=np.float32)
        if large:
            canvas[:], caption = whole[which], f"a large {word}"
        else:
            corner = corners[int(generator.integers(len(corners)))]
            top, left = _CORNERS[corner]
            canvas[top : top + SMALL, left : left + SMALL] = shrunk[which]
            caption = f"a small {word} at the {corner}"
        drawn.append(LittlePicture((canvas * 255.0).round().astype(np.uint8), caption))
    return drawn
