"""Scenes: one, two or three handwritten digits on a small picture, of which everything is known exactly.

The digits are scikit-learn's (see :mod:`analysis_core.zoo.digits`), small or large, placed at random so that their
boxes do not overlap; what belongs to which digit, where it stands, and how one says it in words follow from that. No
writer's digits stand in scenes of two parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

SCENE = 32
"""Pixels a side of a scene."""
INK = 0.25
"""Grey level from which on a pixel belongs to its digit."""
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BACKGROUND = 0
"""Class of pixels that belong to no digit; digit d has class d + 1 in masks, and d among objects."""
_TRIES = 30


@dataclass(frozen=True)
class SceneKind:
    """What scenes look like.

    Args:
        most_digits: on one scene; each number from one on is equally likely.
        small, large: lowest and highest side of a digit in pixels, of either size.
        noise: standard deviation of grey levels in 0 … 1.
    """

    most_digits: int = 3
    small: tuple[int, int] = (9, 11)
    large: tuple[int, int] = (13, 15)
    noise: float = 0.05


@dataclass(frozen=True)
class Placed:
    """A digit on a scene.

    Args:
        digit: 0 … 9.
        large: or small.
        left, top, right, bottom: the smallest box around its ink, in pixels; right and bottom are excluded.
    """

    digit: int
    large: bool
    left: int
    top: int
    right: int
    bottom: int

    @property
    def centre(self) -> tuple[float, float]:
        """Across and down, in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def object(self) -> list[float]:
        """Class, then center x, center y, width and height as shares of the scene."""
        across, down = self.centre
        sides = (across, down, self.right - self.left, self.bottom - self.top)
        return [float(self.digit), *(side / SCENE for side in sides)]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and what is on it.

    Args:
        pixels: grey levels ``[SCENE, SCENE]`` uint8.
        mask: class of each pixel ``[SCENE, SCENE]`` uint8.
        digits: from left to right.
    """

    pixels: np.ndarray
    mask: np.ndarray
    digits: tuple[Placed, ...]

    @property
    def objects(self) -> list[list[float]]:
        """Every digit as class and box."""
        return [digit.object for digit in self.digits]

    @property
    def caption(self) -> str:
        """The scene in words, such as "a small seven left of a large two"."""
        return caption_of(self.digits)


def caption_of(digits: Sequence[Placed]) -> str:
    """The digits in words: the first, then how each stands to the next; alike scenes are told alike.

    Two digits are told from left to right where they lie farther apart across than down, else from top to bottom.
    More than two are told from left to right.
    """
    told, relation = list(digits), "left of"
    if len(told) == 2:
        (across, down), (other_across, other_down) = (digit.centre for digit in told)
        if abs(other_down - down) > abs(other_across - across):
            told, relation = sorted(told, key=lambda digit: digit.centre[1]), "above"
    words = [f"a {'large' if digit.large else 'small'} {WORDS[digit.digit]}" for digit in told]
    return f" {relation} ".join(words)


def draw_scenes(
    digits: torch.Tensor,
    labels: torch.Tensor,
    count: int,
    generator: np.random.Generator,
    kind: SceneKind,
) -> list[Scene]:
    """Scenes of randomly chosen digits.

    Args:
        digits: clean pictures ``[n, 8, 8]`` in 0 … 1.
        labels: what they are, ``[n]``.
        count: how many scenes.
        generator: all randomness comes from here.
        kind: what they look like.
    """
    clean = digits.numpy()
    names = labels.numpy()
    return [_scene(clean, names, generator, kind) for _ in range(count)]


def _scene(clean: np.ndarray, names: np.ndarray, generator: np.random.Generator, kind: SceneKind) -> Scene:
    canvas = np.zeros((SCENE, SCENE), dtype=np.float32)
    mask = np.full((SCENE, SCENE), BACKGROUND, dtype=np.uint8)
    placed: list[Placed] = []
    for _ in range(int(generator.integers(1, kind.most_digits + 1))):
        which, large = int(generator.integers(len(clean))), bool(generator.integers(2))
        drawn = _resized(clean[which], int(generator.integers(*_bounds(kind.large if large else kind.small))))
        spot = _free_spot(drawn.shape[0], placed, generator)
        if spot is None:
            continue
        top, left = spot
        area = slice(top, top + drawn.shape[0]), slice(left, left + drawn.shape[1])
        canvas[area] = np.maximum(canvas[area], drawn)
        ink = drawn >= INK
        mask[area][ink] = names[which] + 1
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        box = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
        placed.append(Placed(int(names[which]), large, *map(int, box)))
    noisy = canvas + kind.noise * generator.standard_normal(canvas.shape, dtype=np.float32)
    pixels = (noisy.clip(0.0, 1.0) * 255.0).round().astype(np.uint8)
    return Scene(pixels, mask, tuple(sorted(placed, key=lambda digit: digit.centre)))


def _bounds(sides: tuple[int, int]) -> tuple[int, int]:
    return sides[0], sides[1] + 1


def _resized(digit: np.ndarray, side: int) -> np.ndarray:
    tensor = torch.from_numpy(digit)[None, None]
    resized = functional.interpolate(tensor, size=(side, side), mode="bilinear", align_corners=False)
    found: np.ndarray = resized[0, 0].numpy()
    return found


def _free_spot(side: int, placed: Sequence[Placed], generator: np.random.Generator) -> tuple[int, int] | None:
    """A place where a digit of that side touches no other's box; None where none was found soon."""
    for _ in range(_TRIES):
        top, left = (int(place) for place in generator.integers(0, SCENE - side + 1, 2))
        apart = (
            left >= other.right or left + side <= other.left or top >= other.bottom or top + side <= other.top
            for other in placed
        )
        if all(apart):
            return top, left
    return None
