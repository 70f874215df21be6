"""What stands for single inputs of the types in :mod:`tests.universality.own_inputs`."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.universality.feeder import TOKENS, Feeder
from tests.universality.makers import GRID, Maker

HALVES = 2
"""Frames of a video, pictures of a pair."""


def ones(*shape: int) -> Maker:
    return lambda f: torch.ones(f.examples, *shape, dtype=torch.long)


def hidden(name: str, default: int = 64, length: int = TOKENS) -> Maker:
    return lambda f: f.floats(length, f.number(name, default=default))


def vector(name: str, default: int = 32) -> Maker:
    return lambda f: f.floats(f.number(name, default=default))


def squares(f: Feeder) -> tuple[int, ...]:
    side = f.number("patch_size", default=8)
    return GRID * GRID, f.picture[0], side, side


def window_of_sound(f: Feeder) -> Tensor:
    """One clip of whole chunks, for encoders that read all clips one after another."""
    return f.floats(f.bands, 4 * f.number("n_window", default=50))[0]


def length_of_sound(f: Feeder) -> Tensor:
    return torch.tensor([4 * f.number("n_window", default=50)])


def patches_in_a_row(f: Feeder) -> Tensor:
    """The pictures of all examples side by side, one patch high."""
    side = f.number("patch_size", default=8)
    return f.floats(f.picture[0], side, GRID * GRID * side)[:1]


def numbered_patches(f: Feeder) -> Tensor:
    """Each patch behind its row and its column."""
    places = torch.cartesian_prod(torch.arange(GRID), torch.arange(GRID)).float().expand(f.examples, -1, -1)
    return torch.cat([places, f.floats(GRID * GRID, f.number("patch_embed_hidden_size", default=64))], -1)


def codes(length: int = TOKENS) -> Maker:
    """Numbers of codebooks' entries, the codebooks of an example as rows of their own."""
    return lambda f: f.whole(20, f.number("num_codebooks", default=4), length).flatten(0, 1)


def levels(count: int) -> Maker:
    """Feature maps of a single example, as many as the pyramid has levels, all of the same size."""
    return lambda f: f.floats(count, f.width, GRID, GRID).transpose(0, 1)


def half_picture(f: Feeder) -> Tensor:
    """A picture that the model puts above or below another one."""
    channels, height, width = f.picture
    return f.floats(channels, height // HALVES, width)


def all_seen(f: Feeder) -> Tensor:
    """Nothing is masked between a block of new tokens and the context with the block after it."""
    block = f.number("block_size", default=8)
    return torch.zeros(f.examples, 1, block, TOKENS + block)
