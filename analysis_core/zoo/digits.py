"""scikit-learn's handwritten digits, placed on a larger and busier picture.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, CC BY 4.0; the 1,797 pictures of 8 x 8 pixels that scikit-learn carries.

As they are, a linear model reads nearly all of them, and no layer would matter much. So each digit is turned,
sheared, resized and placed at random on a 24 x 24 canvas, among scraps of other digits and noise, as in the
"cluttered" digits of V. Mnih et al., "Recurrent Models of Visual Attention", 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch.nn import functional

CANVAS = 24
"""Pixels a side of the composed picture."""
DIGIT = 8
SCRAP = 6
"""Pixels a side of a scrap of another digit."""


@dataclass(frozen=True)
class Clutter:
    """How far a digit may be changed, and what else is drawn.

    `smallest` and `largest` are the digit's side in pixels; `noise` is a standard deviation of grey levels
    in 0..1.
    """

    degrees: float = 25.0
    shear: float = 0.25
    smallest: float = 12.0
    largest: float = 17.0
    scraps: int = 2
    scrap_brightness: float = 0.6
    noise: float = 0.08


@dataclass(frozen=True)
class DigitSplits:
    """Clean digits: pictures (n, 8, 8) in 0..1 and labels (n,) for each side of the split."""

    train: tuple[torch.Tensor, torch.Tensor]
    search: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]


def load_splits(train: int = 915, search: int = 372) -> DigitSplits:
    """The digits in their original order, cut twice; what is left is the test split.

    The pictures appear sorted by writer (the scikit-learn course, "Sample grouping", says where each begins):
    cut at 915 and 1287, no writer is on two sides.
    """
    pictures, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(pictures.reshape(-1, DIGIT, DIGIT) / 16.0).float()
    targets = torch.from_numpy(labels).long()
    parts = [slice(0, train), slice(train, train + search), slice(train + search, None)]
    return DigitSplits(*((images[part], targets[part]) for part in parts))


def compose(digits: torch.Tensor, generator: torch.Generator, how: Clutter) -> torch.Tensor:
    """Draw one busy picture for each clean digit.

    Args:
        digits: (n, 8, 8) in 0..1.
        generator: all randomness comes from here.
        how: how far a digit may be changed, and what else is drawn.

    Returns:
        Pictures (n, 1, 24, 24) as 8-bit grey levels.
    """
    placed = _place(digits, generator, how)
    for _ in range(how.scraps):
        placed = torch.maximum(placed, how.scrap_brightness * _scraps(digits, generator))
    noisy = placed + how.noise * torch.randn(placed.shape, generator=generator)
    return (noisy.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _place(digits: torch.Tensor, generator: torch.Generator, how: Clutter) -> torch.Tensor:
    """Turn, shear, resize and shift each digit; the canvas maps back into the digit by an affine grid."""
    count = len(digits)
    angle = _uniform(count, -how.degrees, how.degrees, generator) * math.pi / 180.0
    shear = _uniform(count, -how.shear, how.shear, generator)
    zoom = CANVAS / _uniform(count, how.smallest, how.largest, generator)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    entries = [cosine, shear * cosine - sine, sine, shear * sine + cosine]
    linear = torch.stack(entries, dim=1).view(count, 2, 2) * zoom[:, None, None]
    # The canvas spans -1..1: a digit of half-width 1/zoom stays inside if its centre is at most this far out.
    room = (1.0 - 1.0 / zoom).clamp(min=0.0)
    centre = torch.stack([_uniform(count, -1.0, 1.0, generator) * room for _ in range(2)], dim=1)
    offset = -(linear @ centre[:, :, None])
    affine = torch.cat([linear, offset], dim=2)
    grid = functional.affine_grid(affine, [count, 1, CANVAS, CANVAS], align_corners=False)
    return functional.grid_sample(digits[:, None], grid, align_corners=False)


def _scraps(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One square scrap of another digit of the batch on each canvas, at a random place."""
    count = len(digits)
    enlarged = functional.interpolate(digits[:, None], scale_factor=2.0, mode="bilinear", align_corners=False)
    others = enlarged[torch.randperm(count, generator=generator)]
    canvas = torch.zeros(count, 1, CANVAS, CANVAS)
    side = enlarged.shape[-1]
    source = torch.randint(0, side - SCRAP + 1, (count, 2), generator=generator).tolist()
    target = torch.randint(0, CANVAS - SCRAP + 1, (count, 2), generator=generator).tolist()
    for index, ((row, column), (top, left)) in enumerate(zip(source, target, strict=True)):
        scrap = others[index, :, row : row + SCRAP, column : column + SCRAP]
        canvas[index, :, top : top + SCRAP, left : left + SCRAP] = scrap
    return canvas
