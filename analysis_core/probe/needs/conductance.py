"""What takes a walk from a baseline to the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need, Served


@dataclass(frozen=True)
class PathConductance(Need):
    """How the log-likelihood flows through each layer on the way from a zero input: :class:`ConductanceStatistics`.

    Args:
        steps: stretches of the path.
        power: the path's nodes lie at (k / steps) to this power. Normalised networks change most close to a zero input;
            evenly spaced nodes (1) leave most of that change out.
        limit: only the first so many examples are used.
    """

    steps: int = 16
    power: int = 3
    limit: int = 64
    served: ClassVar[Served] = Served.FURTHER_RUNS

    @property
    def nodes(self) -> tuple[float, ...]:
        """Where on the path the model is run, from 0 (the baseline) to 1 (the input)."""
        return tuple((number / self.steps) ** self.power for number in range(self.steps + 1))

    def replays(self, layers: int) -> int:
        return self.steps + 1

    def passes(self, layers: int, examples: int) -> float:
        return (1.0 + 3.0 * self.steps) * min(1.0, self.limit / examples)  # no backward pass at the baseline


@dataclass(frozen=True)
class ConductanceStatistics:
    """What :class:`PathConductance` found.

    Args:
        absolute: sum over a layer's hidden numbers of the absolute conductance, ``[examples, layers]``; NaN where the
            layer did not run.
        signed: the same with signs: by completeness, the change of the log-likelihood along the path.
        change: that change, ``[examples]``.
        runs: how often each layer ran in one pass.
        failure: why the path could not be walked; None when it could.
    """

    absolute: FloatArray
    signed: FloatArray
    change: FloatArray
    runs: tuple[int, ...]
    failure: str | None = None
