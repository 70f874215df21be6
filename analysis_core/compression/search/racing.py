"""Which of several removals costs the least? A race over growing samples, which hopeless ones leave early.

All start on the batch where the model, as it stands when the search begins, errs most, and go on batch by batch. After
each one, whoever is behind the leader by more than chance explains, in a paired t-test over the examples seen, is out,
see :mod:`~analysis_core.compression.search.behind`; those that reach the end are compared exactly. Racing candidates in
this way is due to Maron and Moore (1993, *Hoeffding races*); the paired bound is Moore and Lee's (1994, *Efficient
algorithms for minimizing cross validation error*). On 18 embedded models, their examples shuffled, the winner was that
of the whole comparison in more than 99 % of the races to half depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from analysis_core.compression.search.behind import SeenLosses
from analysis_core.compression.search.budget import Meter
from analysis_core.compression.search.measured import MeasuredSubsets, Removed
from analysis_core.compression.search.outcomes import subset_result
from analysis_core.probe.needs import FloatArray
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined
from analysis_core.results import SubsetResult

TAIL = 0.00135
"""How unlikely a lead must be by chance for whoever is behind to be sent away: beyond three standard errors."""
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
        """What the loss rises by, about, of those not measured wholly: a guess with its error, for the surrogate."""
        self._seen = SeenLosses(replayer.examples)
        self._order: list[int] = []
        self._base: Removed = INTACT
        self._intact: Outcome | None = None

    def start_from(self, base: Removed) -> None:
        """What comes next lies near this removal: hold on to states that it shares."""
        self._begin()
        self._base = base
        self.replayer.start_from(base)

    def best(self, entrants: Sequence[Removed], places: int = 1) -> list[Removed]:
        """The ``places`` removals with the lowest mean loss, the lowest first; among equals the later layers go.

        They are measured on all examples.

        Raises:
            BudgetSpentError: the meter ended it; nothing is known of those that were under way.
        """
        for entrant in self._run(entrants, places):
            self.measure(entrant)
        return self._ranked(entrants)[:places]

    def leader(self, entrants: Sequence[Removed]) -> Removed:
        """The removal with the lowest mean loss, which may be known before it has been measured on all examples.

        Raises:
            BudgetSpentError: as :meth:`best`.
        """
        left = self._run(entrants, 1)
        if len(left) > 1:
            for entrant in left:
                self.measure(entrant)
            left = self._ranked(left)
        return left[0]

    def measure(self, removed: Removed) -> SubsetResult:
        """A removal's result over all examples, of which those that a race has seen are not run again.

        Raises:
            BudgetSpentError: as :meth:`best`.
        """
        if removed not in self.measured:
            intact, parts = self._begin(), []
            for position in range(len(self.replayer.batches)):
                self.meter.tick()
                parts.append(self.replayer.batch_outcome(position, removed, promising=True))
            self._learn(removed, parts)
            self.rough.pop(removed, None)
            self.measured.keep(subset_result(joined(removed, parts), intact, self.replayer.task))
        return self.measured[removed]

    def _begin(self) -> Outcome:
        """Run the intact model, once: all that is measured is compared with it, and starts from its states."""
        if self._intact is None:
            parts = []
            for position in range(len(self.replayer.batches)):
                self.meter.tick(enforce=False)
                parts.append(self.replayer.batch_outcome(position, INTACT, keep=True))
            self._intact = joined(INTACT, parts)
            self.measured.keep(subset_result(self._intact, self._intact, self.replayer.task))
            # One order for the whole search: races lean on what earlier ones have seen of the same examples.
            self._order = sorted(range(len(parts)), key=lambda position: -float(parts[position].losses.sum()))
            self._learn(INTACT, parts)
        return self._intact

    def _learn(self, removed: Removed, parts: Sequence[Outcome]) -> None:
        self._seen.see(removed, np.concatenate([parts[position].losses for position in self._order]))

    def _run(self, entrants: Sequence[Removed], places: int) -> list[Removed]:
        """Those that are left when all others are out, or at the end of the examples."""
        known = self._ranked(entrants)[:places]
        unknown = [entrant for entrant in entrants if entrant not in self.measured]
        if not unknown:
            return known
        self._begin()
        # Those known to be good run along: the others are compared with them example by example. Whoever differs from
        # the base in a later layer goes first: the others start from its states.
        racing = [*known, *unknown]
        racing.sort(key=lambda entrant: min(entrant ^ self._base, default=-1), reverse=True)
        losses: dict[Removed, list[FloatArray]] = {entrant: [] for entrant in racing}
        for position in self._order:
            if len(racing) <= places:
                break
            for entrant in racing:
                self.meter.tick()
                losses[entrant].append(self.replayer.batch_outcome(position, entrant, promising=True).losses)
                self._seen.see(entrant, np.concatenate(losses[entrant]))
            for loser in self._hopeless(racing, places):
                racing.remove(loser)
        for entrant in losses:
            if entrant not in self.measured and self._seen.seen(entrant) > 1:
                self.rough[entrant] = self._guess(entrant)
        return racing

    def _hopeless(self, racing: list[Removed], places: int) -> list[Removed]:
        """Those who cannot win any more."""
        seen = self._seen.seen(*racing)
        if not FEWEST_EXAMPLES <= seen < self._seen.examples:
            return []
        ahead = self._seen.ordered(racing)
        last = ahead[places - 1]
        return [entrant for entrant in ahead[places:] if self._seen.behind(entrant, last).surely(TAIL)]

    def _guess(self, removed: Removed) -> tuple[float, float]:
        """By how much the loss rises on the examples seen, which are the hardest, with a wide error."""
        rise = self._seen.behind(removed, INTACT)
        return rise.mean, max(abs(rise.mean) / 2, sqrt(rise.variance))

    def _ranked(self, entrants: Sequence[Removed]) -> list[Removed]:
        """Those that are measured, the best first."""

        def rank(removed: Removed) -> tuple[float, int, tuple[int, ...]]:
            return self.measured[removed].loss, -sum(removed), tuple(sorted(removed))

        return sorted((entrant for entrant in entrants if entrant in self.measured), key=rank)
