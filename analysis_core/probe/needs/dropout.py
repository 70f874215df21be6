"""What takes stochastic runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need, Served


@dataclass(frozen=True)
class DroppedContributions(Need):
    """How much predictions depend on which part of a layer's contribution is dropped: :class:`DroppedStatistics`.

    The rate is four times milder than skipping and still moves a trained network visibly with few masks; it is a
    multiple of 1/256, so that one random byte decides. The cost grows with ``draws`` times ``limit``: the spread over
    examples is the larger source of error, so few masks on many examples are better than the reverse.

    Args:
        draws: masks for each layer.
        rate: share of the contribution's numbers that is dropped; the others are scaled up by 1 / (1 - rate).
        limit: only the first so many examples are used.
    """

    draws: int = 4
    rate: float = 0.25
    limit: int = 128
    served: ClassVar[Served] = Served.FURTHER_RUNS

    def replays(self, layers: int) -> int:
        return self.draws * layers

    def passes(self, layers: int, examples: int) -> float:
        return (1 + self.draws * (layers - 1) / 2) * min(1.0, self.limit / examples)


@dataclass(frozen=True)
class DroppedStatistics:
    """What :class:`DroppedContributions` found.

    Args:
        information: mutual information between prediction and mask in nats, ``[layers, examples]``; NaN where the
            layer has no contribution of its own.
        intact_entropy: of the intact model's prediction in nats, ``[examples]``.
        errors: how wrong the intact model is, by the task's metric, ``[examples]``: 0 and 1 for accuracy.
        losses: of the intact model, ``[examples]``.
        reasons: for each layer, why it has no contribution of its own; None where it has.
        not_applicable: why nothing was measured at all: a task without probabilities. Every array is empty then.
    """

    information: FloatArray
    intact_entropy: FloatArray
    errors: FloatArray
    losses: FloatArray
    reasons: tuple[str | None, ...]
    not_applicable: str | None = None
