"""Which of several removals costs the least? A race over growing samples, which hopeless ones leave early.

All start on the batch where the model, as it stands, errs most, and go on batch by batch. After each one, whoever is
behind the leader by more than chance explains, in a paired t-test over the examples seen, is out. The
standard error is that of a sample from a finite number of examples (Cochran 1977, *Sampling Techniques*, eq. 2.20): it
shrinks to nothing as all have been seen, so those that reach the end are compared exactly. Racing candidates in this
way is due to Maron and Moore (1993, *Hoeffding races*); the paired bound is Moore and Lee's (1994, *Efficient
algorithms for minimizing cross validation error*). On 13 embedded models, their examples shuffled 20 times, the
winner was that of the whole comparison in 98 % of the races to half depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.stats import t as student_t

from analysis_core.compression.search.budget import Meter
from analysis_core.compression.search.measured import MeasuredSubsets, Removed
from analysis_core.compression.search.outcomes import subset_result
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined

TAIL = 0.00135
"""How unlikely a lead must be by chance: beyond three standard errors of a normal variable."""
FEWEST_EXAMPLES = 16
"""Nobody is sent away on fewer: so few losses do not tell how far losses spread."""


class Races:
    """Races between removals on one model and one set of examples.

    Args:
        replayer: over the examples that may be used to choose.
        measured: what is known already; whoever reaches the end of a race is added.
        meter: asked between any two batches whether to go on.
    """

    def __init__(self, replayer: Replayer, measured: MeasuredSubsets, meter: Meter | None = None) -> None:
        self.replayer, self.measured = replayer, measured
        self.meter = meter or Meter(replayer)
        self.rough: dict[Removed, tuple[float, float]] = {}
        """What the loss rises by, about, of those that left a race early: a guess with its error, for the surrogate."""
        self._order: list[int] = list(range(len(replayer.batches)))
        self._intact: Outcome | None = None

    def start_from(self, base: Removed) -> None:
        """Run every batch without ``base``; races of what lies near it start from the states of that run."""
        parts = []
        for position in range(len(self._order)):
            self.meter.tick(enforce=False)
            parts.append(self.replayer.batch_outcome(position, base, keep=True))
        self.replayer.forget_aside(base)
        self._note(base, parts)
        self._order.sort(key=lambda position: (-float(parts[position].losses.sum()), position))

    def best(self, entrants: Sequence[Removed], places: int = 1) -> list[Removed]:
        """The ``places`` removals with the lowest mean loss, the lowest first; among equals the later layers go.

        Raises:
            BudgetSpentError: the meter ended it; nothing is known of those that were under way.
        """
        known = sorted((entrant for entrant in entrants if entrant in self.measured), key=self._rank)
        unknown = [entrant for entrant in entrants if entrant not in self.measured]
        if unknown:
            # Those known to be good run along: the others are compared with them example by example.
            self._run([*known[:places], *unknown], places)
        return sorted((entrant for entrant in entrants if entrant in self.measured), key=self._rank)[:places]

    def _run(self, racing: list[Removed], places: int) -> None:
        parts: dict[Removed, list[Outcome]] = {entrant: [] for entrant in racing}
        behind: dict[Removed, float] = {}
        for seen, position in enumerate(self._order, start=1):
            for entrant in racing:
                self.meter.tick()
                # Whichever wins, the next race may start from its states.
                parts[entrant].append(self.replayer.batch_outcome(position, entrant, promising=True))
            if seen < len(self._order):
                for loser, distance in self._hopeless(racing, parts, places).items():
                    racing.remove(loser)
                    behind[loser] = distance
        for entrant in racing:
            by_position = dict(zip(self._order, parts[entrant], strict=True))
            self._note(entrant, [by_position[position] for position in range(len(self._order))])
        best = min(self.measured[entrant].loss_increase for entrant in racing)
        # The distance was seen on the hardest examples only, and from whoever led then.
        self.rough.update({loser: (best + distance, distance / 2) for loser, distance in behind.items()})

    def _hopeless(
        self, racing: list[Removed], parts: dict[Removed, list[Outcome]], places: int
    ) -> dict[Removed, float]:
        """Those who cannot win any more, with their distance from the last winning place."""
        losses = {entrant: np.concatenate([part.losses for part in parts[entrant]]) for entrant in racing}
        seen = len(losses[racing[0]])
        if len(racing) <= places or seen < FEWEST_EXAMPLES:
            return {}
        ahead = sorted(racing, key=lambda entrant: float(losses[entrant].sum()))
        rival = losses[ahead[places - 1]]
        bound = float(student_t.isf(TAIL, seen - 1)) * sqrt((1 - seen / self.replayer.examples) / seen)
        out = {}
        for entrant in ahead[places:]:
            behind = losses[entrant] - rival
            if float(behind.mean()) > bound * float(behind.std(ddof=1)):
                out[entrant] = float(behind.mean())
        return out

    def _note(self, removed: Removed, parts: Sequence[Outcome]) -> None:
        if self._intact is None:
            self._intact = self.replayer.outcome(INTACT)
        self.rough.pop(removed, None)
        self.measured.keep(subset_result(joined(removed, parts), self._intact, self.replayer.task))

    def _rank(self, removed: Removed) -> tuple[float, int, tuple[int, ...]]:
        return self.measured[removed].loss, -sum(removed), tuple(sorted(removed))
