"""How far is one removal behind another, over all examples, when only some of them have been seen?

The plain answer is the mean difference over the examples seen, with the standard error of a sample from a finite number
of examples (Cochran 1977, *Sampling Techniques*, eq. 2.20), which is zero as all have been seen. Where the same two
removals *less one shared layer* were compared on more examples, in the race before, their differences tell much of what
is still to come: on 18 embedded models 39 to 94 % of its variance. Then a regression on them estimates the mean, as in
double sampling (Cochran, ch. 12): the part that it explains is only as uncertain as the earlier comparison, which may
lean on a still earlier one in turn. Examples must always be seen in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import sqrt

from scipy.stats import t as student_t

from analysis_core.compression.search.measured import Removed
from analysis_core.probe.needs import FloatArray

FEWEST_FOR_A_SLOPE = 8


@dataclass(frozen=True)
class Behind:
    """An estimate of a mean difference of losses.

    Args:
        mean: by how much the loss of the one is higher.
        variance: of that estimate.
        freedom: degrees of freedom of the variance.
    """

    mean: float
    variance: float
    freedom: int

    def surely(self, tail: float) -> bool:
        """Whether a lead so large has at most this probability by chance, in a one-sided t-test."""
        return self.mean > _quantile(tail, self.freedom) * sqrt(self.variance)


@cache
def _quantile(tail: float, freedom: int) -> float:
    return float(student_t.isf(tail, freedom))


class SeenLosses:
    """Losses of every removal on the first so many examples.

    Args:
        examples: how many there are in all.
    """

    def __init__(self, examples: int) -> None:
        self.examples = examples
        self._losses: dict[Removed, FloatArray] = {}
        self._known: dict[tuple[Removed, Removed], tuple[int, Behind]] = {}

    def see(self, removed: Removed, losses: FloatArray) -> None:
        """Take note of a removal's losses on the first examples; what was seen of more of them stays."""
        if len(losses) > self.seen(removed):
            self._losses[removed] = losses

    def seen(self, *removals: Removed) -> int:
        """On how many examples all of these were seen."""
        return min(len(self._losses.get(removed, ())) for removed in removals)

    def behind(self, one: Removed, other: Removed) -> Behind:
        """How far the one is behind the other; both must have been seen on two examples at least."""
        seen = self.seen(one, other)
        known = self._known.get((one, other))
        if known is None or known[0] != seen:
            known = self._known[one, other] = (seen, self._estimate(one, other, seen))
        return known[1]

    def ordered(self, removals: Iterable[Removed]) -> list[Removed]:
        """Those with the lowest estimated losses first."""
        listed = list(removals)
        for _ in range(2):  # from one of them, then from whoever seems to lead, whom most are like
            first = listed[0]
            listed.sort(key=lambda removed: self.behind(removed, first).mean)
        return listed

    def _estimate(self, one: Removed, other: Removed, seen: int) -> Behind:
        differences = self._differences(one, other, seen)
        share_of_rest = 1 / seen - 1 / self.examples
        plain = Behind(float(differences.mean()), float(differences.var(ddof=1)) * share_of_rest, seen - 1)
        earlier = self._compared_before(one, other, seen)
        if earlier is None or seen < FEWEST_FOR_A_SLOPE:
            return plain
        before, known = self._differences(*earlier, seen), self.behind(*earlier)
        centered = before - before.mean()
        spread = float(centered @ centered)
        if spread == 0:
            return plain
        slope = float(centered @ differences) / spread
        unexplained = differences - plain.mean - slope * centered
        # How the examples seen differ from all of them, in what is known of all.
        shift = known.mean - float(before.mean())
        own = float(unexplained @ unexplained) / (seen - 2) * (share_of_rest + shift**2 / spread)
        led = Behind(plain.mean + slope * shift, own + slope**2 * known.variance, seen - 2)
        return led if led.variance < plain.variance else plain

    def _differences(self, one: Removed, other: Removed, count: int) -> FloatArray:
        return self._losses[one][:count] - self._losses[other][:count]

    def _compared_before(self, one: Removed, other: Removed, seen: int) -> tuple[Removed, Removed] | None:
        """The same two with one shared layer still there, where that was seen on more examples; the most of them."""
        pairs = [(one - {layer}, other - {layer}) for layer in sorted(one & other)]
        best = max(pairs, key=lambda pair: self.seen(*pair), default=None)
        return best if best is not None and self.seen(*best) > seen else None
