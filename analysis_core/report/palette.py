"""Colours: one pair of palettes, and one colour for every method and strategy on every page.

Sequential Cividis, diverging PuOr, categories Okabe-Ito: all three are safe for colour-blind readers.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SEQUENTIAL = "Cividis"
DIVERGING = "PuOr"


@dataclass(frozen=True)
class Palette:
    """The colours of one appearance, as CSS colours.

    Args:
        paper: the ground that everything stands on.
        ink: text and lines that must be read.
        muted: text and lines beside them.
        grid: lines that may be overlooked.
        accent: the one colour that says "here".
        kept: a layer that stays, where nothing else colours it.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    accent: str
    kept: str


LIGHT = Palette(paper="#FCFBF8", ink="#1C2230", muted="#6B7080", grid="#E6E2D8", accent="#B84A0C", kept="#2F4A7D")
DARK = Palette(paper="#12161D", ink="#E9E6DF", muted="#9BA3B0", grid="#2A313D", accent="#F08A45", kept="#7C93C4")

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#F0E442")
READABLE = OKABE_ITO[:6]
"""Of the eight, those that are told from paper, from ink and from the grey of the consensus."""
_NAMED: Mapping[str, str] = MappingProxyType(
    {
        "fisher_information": "#0072B2",
        "gradient_based": "#56B4E9",
        "block_influence": "#009E73",
        "layer_correlation": "#E69F00",
        "layer_ablation": "#CC79A7",
        "greedy": "#D55E00",
        "consensus": "#8C8C8C",
    }
)


def colour_of(name: str) -> str:
    """The colour of a method or strategy; names that are not listed get a stable one of the readable."""
    return _NAMED.get(name) or READABLE[zlib.crc32(name.encode()) % len(READABLE)]


def stack_colour(number: int) -> str:
    """The colour of a model's stack by its place; four are told apart, more begin anew."""
    return OKABE_ITO[number % 4]


def is_bright(colour: str) -> bool:
    """Whether black is read more easily than white on a colour, by the contrast of WCAG 2.

    Args:
        colour: as ``#rrggbb`` or ``rgb(r, g, b)``.
    """
    written = colour[1:] if colour.startswith("#") else bytes(map(int, re.findall(r"\d+", colour))).hex()
    shares = [part / 255 for part in bytes.fromhex(written)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (luminance + 0.05) ** 2 > 1.05 * 0.05


def faded(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour with an opacity between 0 and 1, as CSS."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
