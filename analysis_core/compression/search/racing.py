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

import numpy as np

from analysis_core.compression.search.behind import SeenLosses
from analysis_core.compression.search.budget import Meter
from analysis_core.compression.search.measured import MeasuredSubsets, Removed
from analysis_core.compression.search.outcomes import subset_result
from analysis_core.probe.replay import INTACT, Outcome, Replayer, joined

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
        """What the loss rises by, about, of those that left a race early: a guess with its error, for the surrogate."""
        self._seen = SeenLosses(replayer.examples)
        self._order: list[int] | None = None
        self._intact: Outcome | None = None

    def start_from(self, base: Removed) -> None:
        """Run every batch without ``base``; races of what lies near it start from the states of that run."""
        parts = []
        for position in range(len(self.replayer.batches)):
            self.meter.tick(enforce=False)
            parts.append(self.replayer.batch_outcome(position, base, keep=True))
        self.replayer.forget_aside(base)
        self._note(base, parts)
        if self._order is None:
            # One order for the whole search: races lean on what earlier ones have seen of the same examples.
            hardness = [-float(part.losses.sum()) for part in parts]
            self._order = sorted(range(len(parts)), key=hardness.__getitem__)

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
        order = self._order = self._order or list(range(len(self.replayer.batches)))
        for position in order:
            for entrant in racing:
                self.meter.tick()
                # Whichever wins, the next race may start from its states.
                parts[entrant].append(self.replayer.batch_outcome(position, entrant, promising=True))
                self._seen.see(entrant, np.concatenate([part.losses for part in parts[entrant]]))
            for loser, distance in self._hopeless(racing, places).items():
                racing.remove(loser)
                behind[loser] = distance
        for entrant in racing:
            by_position = dict(zip(order, parts[entrant], strict=True))
            self._note(entrant, [by_position[position] for position in sorted(order)])
        best = min(self.measured[entrant].loss_increase for entrant in racing)
        # The distance was seen on some of the examples only, and from whoever led then.
        self.rough.update({loser: (best + distance, distance / 2) for loser, distance in behind.items()})

    def _hopeless(self, racing: list[Removed], places: int) -> dict[Removed, float]:
        """Those who cannot win any more, with their distance from the last winning place."""
        seen = self._seen.seen(*racing)
        if len(racing) <= places or not FEWEST_EXAMPLES <= seen < self._seen.examples:
            return {}
        ahead = self._seen.ordered(racing)
        behind = {entrant: self._seen.behind(entrant, ahead[places - 1]) for entrant in ahead[places:]}
        return {entrant: lead.mean for entrant, lead in behind.items() if lead.surely(TAIL)}

    def _note(self, removed: Removed, parts: Sequence[Outcome]) -> None:
        if self._intact is None:
            self._intact = self.replayer.outcome(INTACT)
        self.rough.pop(removed, None)
        self.measured.keep(subset_result(joined(removed, parts), self._intact, self.replayer.task))

    def _rank(self, removed: Removed) -> tuple[float, int, tuple[int, ...]]:
        return self.measured[removed].loss, -sum(removed), tuple(sorted(removed))
