"""Hold a latency or a quality on a stream of calls whose load changes, by changing a model's depth. No torch here.

The rule, for a latency target:

1. A call's time divided by what its depth costs on an idle machine is the *load* that the call saw. The median of
   the last five calls enters, so that two stray ones move nothing, and no more than ``leap`` times the load so far; its
   exponentially weighted mean and mean deviation are kept, as TCP does for round trips (Jacobson, *Congestion
   Avoidance and Control*, 1988, appendix A).
   A call at a depth is expected to take its cost x (mean + deviation).
2. *Down*, quickly: when that exceeds the target at the present depth, go to the largest depth at which it does not,
   or to the smallest. Between two steps lie at least ``dwell`` calls.
3. *Up*, patiently: when for ``patience`` calls on end cost x (mean + 2 x deviation) of a larger depth was no more than
   (1 - ``band``) x target, go to the largest such depth. Between going down and going up lies this dead band, which is
   the wider the more the times scatter.
4. *A climb that fails* (down again within ``trial`` calls) is remembered: this depth counts as dearer, by as much as
   the load seemed to rise on the climb, or by the dead band at the least. That doubt halves every ``trial`` calls,
   and every further failure doubles its life. So where the costs were wrong, or the load is of a kind that
   multiplies nothing, the number of changes grows with the logarithm of the stream's length and no faster.

A quality target alone needs no load: it is held at the smallest depth whose measured quality reaches it. With both,
the latency is held among the depths that reach the quality.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from analysis_core.compression.depth.depth_targets import check_targets, reaching, unknown_depth
from analysis_core.errors import ConfigurationError
from analysis_core.results.plain import JsonResult
from analysis_core.vocabulary import Direction


@dataclass(frozen=True)
class ControlRule:
    """How quickly a controller acts.

    Args:
        weight: of the newest call in the exponentially weighted means, between 0 and 1.
        band: dead band, as a share of the target.
        dwell: calls between two changes at the least.
        patience: calls on end that must allow a climb.
        trial: calls after a climb within which going down again counts as its failure.
        leap: by what factor the load may seem to rise with one call.
    """

    weight: float = 0.3
    band: float = 0.1
    dwell: int = 2
    patience: int = 8
    trial: int = 24
    leap: float = 3.0


@dataclass(frozen=True)
class StreamReport(JsonResult):
    """What became of a stream.

    Args:
        calls: how many there were.
        share_within: share of the calls that took no longer than the target; None without one.
        mean_latency_ms: over all calls.
        mean_quality: mean of the measured quality of the depths used, call by call; None where it was not measured.
        mean_depth: over all calls.
        changes: how often the depth changed.
    """

    calls: int
    share_within: float | None
    mean_latency_ms: float
    mean_quality: float | None
    mean_depth: float
    changes: int


@dataclass
class _Doubt:
    """What a failed climb left: a depth counts as dearer, for a while."""

    factor: float
    life: float
    age: int = 0

    @property
    def now(self) -> float:
        return 1 + (self.factor - 1) * math.pow(0.5, self.age / self.life)


class DepthController:
    """Says at which depth the next call should run. Safe to share between threads.

    Args:
        costs: milliseconds of a call at each depth on an idle machine; a larger depth counts as no cheaper.
        latency_ms: what a call may take; None for no such target.
        qualities: measured quality at each depth.
        least_quality: what the quality must reach; None for no such target.
        direction: which end of the quality is good.
        rule: how quickly it acts.

    Raises:
        ConfigurationError: no target, a target or a cost that is no positive number, a depth without a quality.
        PlanError: no depth reaches the quality.
    """

    def __init__(
        self,
        costs: Mapping[int, float],
        *,
        latency_ms: float | None = None,
        qualities: Mapping[int, float] | None = None,
        least_quality: float | None = None,
        direction: Direction = Direction.HIGHER_IS_BETTER,
        rule: ControlRule | None = None,
    ) -> None:
        check_targets(costs, latency_ms, qualities, least_quality)
        self.latency_ms, self.rule = latency_ms, rule or ControlRule()
        self.qualities = dict(qualities or {})
        depths = sorted(costs)
        self.costs = dict(zip(depths, accumulate((costs[depth] for depth in depths), max), strict=True))
        self._allowed = reaching(depths, self.qualities, least_quality, direction)
        self._depth = self._allowed[0] if latency_ms is None else self._allowed[-1]
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=5)
        self._load, self._deviation = 1.0, 0.0
        self._since_change, self._climbable = 0, 0
        self._climb: tuple[int, float] | None = None
        self._doubts: dict[int, _Doubt] = {}
        self._used: Counter[int] = Counter()
        self._within, self._total_ms, self._changes = 0, 0.0, 0

    @property
    def depth(self) -> int:
        """Of the next call."""
        return self._depth

    @property
    def in_reach(self) -> bool:
        """False while not even the smallest allowed depth is expected to meet the latency target."""
        return self.latency_ms is None or self.expected_ms(self._allowed[0]) <= self.latency_ms

    def expected_ms(self, depth: int) -> float:
        """What a call at a depth should take at the present load, on the cautious side."""
        return self._expected_ms(depth, deviations=1)

    def observe(self, latency_ms: float, depth: int | None = None) -> int:
        """Take note of a call; returns the depth of the next one.

        Args:
            latency_ms: what the call took.
            depth: at which it ran; None for the depth that was advised last.

        Raises:
            ConfigurationError: a time that is no positive number, or a depth that the controller does not know.
        """
        if not (math.isfinite(latency_ms) and latency_ms > 0):
            raise ConfigurationError(
                f"A latency of {latency_ms:g} ms is impossible.", where="observe", remedy="Measure it in milliseconds."
            )
        with self._lock:
            ran = self._depth if depth is None else depth
            if ran not in self.costs:
                raise unknown_depth(ran, self.costs)
            self._note(latency_ms, ran)
            if self.latency_ms is not None:
                self._decide(self.latency_ms)
            return self._depth

    def report(self) -> StreamReport:
        """The stream so far.

        Raises:
            ConfigurationError: there was no call yet.
        """
        with self._lock:
            calls = self._used.total()
            if not calls:
                raise ConfigurationError("No call was observed yet.", where="report", remedy="Run the stream first.")
            measured = bool(self.qualities) and all(depth in self.qualities for depth in self._used)
            quality = sum(self.qualities[depth] * many for depth, many in self._used.items()) if measured else 0.0
            return StreamReport(
                calls=calls,
                share_within=self._within / calls if self.latency_ms is not None else None,
                mean_latency_ms=self._total_ms / calls,
                mean_quality=quality / calls if measured else None,
                mean_depth=sum(depth * many for depth, many in self._used.items()) / calls,
                changes=self._changes,
            )

    def _expected_ms(self, depth: int, deviations: int) -> float:
        doubt = self._doubts.get(depth)
        return self.costs[depth] * (self._load + deviations * self._deviation) * (doubt.now if doubt else 1.0)

    def _note(self, latency_ms: float, depth: int) -> None:
        self._used[depth] += 1
        self._total_ms += latency_ms
        self._within += self.latency_ms is not None and latency_ms <= self.latency_ms
        self._recent.append(latency_ms / self.costs[depth])
        seen, weight = statistics.median(self._recent), self.rule.weight
        if self._used.total() == 1:
            self._load = seen
        error = min(seen, self.rule.leap * self._load) - self._load
        self._load += weight * error
        self._deviation += weight * (abs(error) - self._deviation)
        for doubt in self._doubts.values():
            doubt.age += 1

    def _decide(self, target_ms: float) -> None:
        self._since_change += 1
        if self._climb is not None and self._since_change > self.rule.trial:
            self._climb = None
        if self.expected_ms(self._depth) > target_ms:
            self._climbable = 0
            if self._since_change >= self.rule.dwell and self._depth > self._allowed[0]:
                self._go_down(target_ms)
            return
        limit_ms = (1 - self.rule.band) * target_ms
        higher = [depth for depth in self._allowed if depth > self._depth and self._expected_ms(depth, 2) <= limit_ms]
        self._climbable = self._climbable + 1 if higher else 0
        if higher and self._climbable >= max(self.rule.patience, self.rule.dwell):
            self._climb = (higher[-1], self._load)
            self._change(higher[-1])

    def _go_down(self, target_ms: float) -> None:
        if self._climb is not None and self._climb[0] == self._depth:
            self._doubt(self._depth, self._climb[1])
        self._climb = None
        lower = [depth for depth in self._allowed if depth < self._depth and self.expected_ms(depth) <= target_ms]
        self._change(lower[-1] if lower else self._allowed[0])

    def _doubt(self, depth: int, load_before: float) -> None:
        before = self._doubts.get(depth)
        factor = max(self._load / load_before, 1 + 2 * self.rule.band)
        self._doubts[depth] = _Doubt(factor, 2 * before.life if before else self.rule.trial)

    def _change(self, depth: int) -> None:
        self._depth = depth
        self._since_change = self._climbable = 0
        self._changes += 1
