"""How much a search may cost, and what it has cost so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from analysis_core.errors import ConfigurationError
from analysis_core.probe.replay import Replayer

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Budget:
    """What a search may spend; it ends with the best that it has found by then.

    Args:
        evaluations: whole passes over the examples, counted in the layers that were really run; None for no limit.
        seconds: wall-clock time; None for no limit.

    Raises:
        ConfigurationError: nothing can be done for so little.
    """

    evaluations: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("evaluations", "seconds"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ConfigurationError(
                    f"A search cannot get by on {value:g} {name}.", where=name, remedy="Give a number above 0."
                )


class BudgetSpentError(Exception):
    """The budget is spent; only searches see this."""


@dataclass
class Meter:
    """Counts what a search costs, reports how far it is, and stops it when the budget is spent.

    Args:
        replayer: does the work, and counts it.
        budget: what may be spent.
        progress: called with the done share and a few words; may raise to stop.
    """

    replayer: Replayer
    budget: Budget = Budget()
    progress: Progress | None = None
    share: float = 0.0
    words: str = ""
    _began: float = field(default_factory=time.monotonic)
    _runs_before: float = -1.0

    def __post_init__(self) -> None:
        self._runs_before = self.replayer.layer_runs

    @property
    def evaluations(self) -> float:
        """Whole passes since the search began."""
        return (self.replayer.layer_runs - self._runs_before) / max(1, len(self.replayer.model.blocks))

    @property
    def spent(self) -> float:
        """The larger of the two shares of the budget; 0 without a budget."""
        shares = [0.0]
        if self.budget.evaluations is not None:
            shares.append(self.evaluations / self.budget.evaluations)
        if self.budget.seconds is not None:
            shares.append((time.monotonic() - self._began) / self.budget.seconds)
        return max(shares)

    def say(self, share: float, words: str) -> None:
        """Report how far the search is."""
        self.share, self.words = share, words
        self.tick(enforce=False)

    def tick(self, *, enforce: bool = True) -> None:
        """Between two pieces of work: let somebody stop the search, and end it when the budget is spent.

        Raises:
            BudgetSpentError: nothing is left, and ``enforce`` is asked for.
        """
        if self.progress is not None:
            self.progress(self.share, self.words)
        if enforce and self.spent >= 1:
            raise BudgetSpentError
