"""What a method can ask of the probe. Equal needs are computed once. No torch here.

A need is a frozen value: two methods that ask for the same thing share it. Each need says how it is served,
what that costs, and what its statistics look like once they are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Served(Enum):
    """Where a need's statistics come from."""

    SHARED = "shared pass"
    FURTHER_RUNS = "further runs"
    WEIGHTS = "weights alone"


@dataclass(frozen=True)
class Need:
    """Something that can be measured of every layer.

    Attributes:
        served: by the shared pass, by further runs of the model, or from the weights alone.
        weight_gradients: whether the backward pass must reach the weights.
        eager_attention: whether attention probabilities must be computed openly instead of inside a fused kernel.
        backward: with whose labels a backward pass is needed: None, "data" or "model".
    """

    served: ClassVar[Served] = Served.SHARED
    weight_gradients: ClassVar[bool] = False
    eager_attention: ClassVar[bool] = False

    @property
    def backward(self) -> str | None:
        return None

    def replays(self, layers: int) -> int:
        """How many further runs over the data it takes, each from some layer onwards."""
        return 0

    def passes(self, layers: int, examples: int) -> float:
        """What it costs in forward passes over ``examples`` examples; a backward pass counts two."""
        return 1.0 if self.backward is None else 3.0


@dataclass(frozen=True)
class Statistics(Mapping[Need, Any]):
    """What a pass measured.

    Args:
        found: the statistics of each need.
        seconds: what each need cost by itself.
        passes_of: forward passes that each need took, full-model equivalents, a backward pass counted as two;
            the shared pass counts for each need as if it were alone.
        base_seconds: what the plain forward and backward passes cost, which all needs share.
        losses: the intact model's loss of each example, ``[examples]``.
        metric: each example's share in the main metric, ``[examples]``.
        metrics: all metrics of the intact model.
        examples: how many examples were seen.
        passes: full-model equivalents of forward passes made (a backward pass counts two).
    """

    found: Mapping[Need, Any]
    seconds: Mapping[Need, float]
    passes_of: Mapping[Need, float]
    base_seconds: float
    losses: FloatArray
    metric: FloatArray
    metrics: Mapping[str, float]
    examples: int
    passes: float

    @classmethod
    def nothing(cls) -> Statistics:
        """Before anything was run."""
        none = np.empty(0)
        return cls({}, {}, {}, base_seconds=0.0, losses=none, metric=none, metrics={}, examples=0, passes=0.0)

    def beside(self, other: Statistics) -> Statistics:
        """These statistics with another's needs beside them."""
        return replace(
            self,
            found={**other.found, **self.found},
            seconds={**other.seconds, **self.seconds},
            passes_of={**other.passes_of, **self.passes_of},
            passes=other.passes + self.passes,
        )

    def __getitem__(self, need: Need) -> Any:
        return self.found[need]

    def __iter__(self) -> Iterator[Need]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)
