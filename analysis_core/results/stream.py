"""What a block does to the residual stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from analysis_core.results.plain import JsonResult


@dataclass(frozen=True)
class StreamStep(JsonResult):
    """One block's step, ``h_out = h + f(h)``, as means over tokens.

    Args:
        layer: index of the block.
        length: of the stream h that goes in, its Euclidean norm.
        share: length of the update f(h) as a share of that of h.
        along: the part of f(h) that points along h, as a share of the length of h; negative where it shortens h.
        across: the part at right angles to h, likewise.
        turn: the angle between h and h_out in degrees.
    """

    layer: int
    length: float
    share: float
    along: float
    across: float
    turn: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)
