"""Ratios taken in one run: what is compared takes turns, so that a busy machine slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Ratio:
    """Seconds of two pieces of work, and the median over rounds of the first divided by the second."""

    value: float
    low: float
    high: float
    seconds: float
    reference_seconds: float

    def __str__(self) -> str:
        return (
            f"{self.value:.2f} (quartiles {self.low:.2f} to {self.high:.2f}; "
            f"{self.seconds:.3f} s against {self.reference_seconds:.3f} s)"
        )


def ratio(work: Work, reference: Work, rounds: int = 5, warm_up: int = 1) -> Ratio:
    """Time both by turns; the order changes from round to round."""
    for _ in range(warm_up):
        work(), reference()
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            mine, theirs = seconds(work), seconds(reference)
        else:
            theirs, mine = seconds(reference), seconds(work)
        pairs.append((mine, theirs))
    values = sorted(mine / theirs for mine, theirs in pairs)
    low, middle, high = statistics.quantiles(values, n=4)
    return Ratio(middle, low, high, statistics.median(m for m, _ in pairs), statistics.median(t for _, t in pairs))


def seconds(work: Work) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
