"""Which layers to remove, found by measuring: greedy removal on the replay cache.

Greedy removal (Song et al. 2024, SLEB) takes out, again and again, the layer whose absence costs the least loss. The
naive procedure runs the whole model for every candidate at every step. Here each candidate starts from the cached
states of the last step, and is given up as soon as its summed loss exceeds the best candidate's whole sum: losses are
not negative, so it could not have won. The same layers are chosen, for a fraction of the layer runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis_core.compression.plan import kept_layers, plan_from_order, protected_layers
from analysis_core.compression.shares import metrics_of, paired_difference
from analysis_core.probe.replay import INTACT, Outcome, Removed, Replayer, joined
from analysis_core.results import CompressionPlan, SubsetResult
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import Direction

Progress = Callable[[float, str], None]
GREEDY = "greedy"


@dataclass(frozen=True)
class SearchResult:
    """The plan that a search found, and every subset that it measured wholly on the way."""

    plan: CompressionPlan
    measured: tuple[SubsetResult, ...]


@dataclass
class _Greedy:
    """The state of one greedy removal."""

    replayer: Replayer
    candidates: list[int]
    known_losses: dict[Removed, float] = field(default_factory=dict)
    finished: dict[Removed, Outcome] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    hints: dict[int, float] = field(default_factory=dict)

    @property
    def base(self) -> Removed:
        return frozenset(self.order)

    def step(self) -> None:
        """Find the candidate whose removal costs the least, and remove it."""
        base = self.base
        target = {index: base | {index} for index in self.candidates}
        unknown = [index for index in self.candidates if target[index] not in self.known_losses]
        if unknown:
            self._race(base, unknown)
        measured = [index for index in self.candidates if target[index] in self.known_losses]
        best = min(measured, key=lambda index: (self.known_losses[target[index]], -index))
        self.order.append(best)
        self.candidates.remove(best)

    def _race(self, base: Removed, unknown: list[int]) -> None:
        replayer = self.replayer
        positions = self._hardest_first(base)
        parts: dict[int, dict[int, Outcome]] = {index: {} for index in unknown}

        def run(index: int, position: int) -> None:
            # Whichever wins, the next step starts from its states.
            parts[index][position] = replayer.batch_outcome(position, base | {index}, promising=True)

        # The favourite, run through to the end, sets the sum that others must beat. The last step's losses name it,
        # or else the hardest batch.
        if any(index not in self.hints for index in unknown):
            for index in unknown:
                run(index, positions[0])
            self.hints.update({index: _mean(parts[index]) for index in unknown})
        favourite = min(unknown, key=lambda index: (self.hints[index], -index))
        for position in positions:
            if position not in parts[favourite]:
                run(favourite, position)
        known = [self.known_losses[base | {i}] for i in self.candidates if base | {i} in self.known_losses]
        limit = min([_sum(parts[favourite]), *(loss * replayer.examples for loss in known)])
        racing = [index for index in unknown if index != favourite and _sum(parts[index]) <= limit]
        for position in positions:
            for index in list(racing):
                if position not in parts[index]:
                    run(index, position)
                if _sum(parts[index]) > limit:
                    racing.remove(index)
                    replayer.forget_aside(base | {index})
        self.hints.update({index: _mean(parts[index]) for index in unknown if parts[index]})
        for index in (favourite, *racing):
            outcome = joined(base | {index}, [parts[index][at] for at in range(len(replayer.batches))])
            self.finished[outcome.removed] = outcome
            self.known_losses[outcome.removed] = float(outcome.losses.mean())

    def _hardest_first(self, base: Removed) -> list[int]:
        """All batches, those with the highest loss first, with the states of ``base`` in memory where they fit."""
        count = len(self.replayer.batches)
        parts = [self.replayer.batch_outcome(position, base, keep=True) for position in range(count)]
        self.replayer.forget_aside()
        self.finished[base] = joined(base, parts)
        sums = [part.losses.sum() for part in parts]
        return sorted(range(count), key=lambda position: -sums[position])


def greedy_removal(
    replayer: Replayer,
    ratio: float,
    *,
    protect: Iterable[int] | None = None,
    known: Sequence[SubsetResult] = (),
    progress: Progress | None = None,
) -> SearchResult:
    """Remove one layer after the other, each time the one that costs the least mean loss.

    Args:
        replayer: over the examples that may be used to choose.
        ratio: layers before / after, as in :func:`~analysis_core.compression.plan.kept_layers`.
        protect: layers that must stay; None protects the first and the last one.
        known: subsets measured before on the same examples; they are not measured again.
        progress: called with the done share and a few words; may raise to stop.

    Raises:
        PlanError: the ratio cannot be reached.
    """
    layers = replayer.model.layers
    protected = set(protected_layers(layers, protect))
    steps = len(layers) - kept_layers(layers, ratio, protect)
    search = _Greedy(
        replayer,
        [layer.index for layer in layers if layer.removable and layer.index not in protected],
        {frozenset(subset.removed): subset.loss for subset in known if subset.examples == replayer.examples},
    )
    for step in range(steps):
        if progress is not None:
            progress(step / steps, f"Greedy removal: step {step + 1} of {steps}")
        search.step()
    plan = plan_from_order(layers, search.order, ratio, GREEDY, protect)
    return SearchResult(plan, subset_results(search.finished.values(), replayer))


def subset_results(outcomes: Iterable[Outcome], replayer: Replayer) -> tuple[SubsetResult, ...]:
    """Measured outcomes as plain results, each compared with the intact model example by example."""
    intact = replayer.outcome(INTACT)
    return tuple(subset_result(outcome, intact, replayer.task) for outcome in outcomes)


def subset_result(outcome: Outcome, intact: Outcome, task: Task) -> SubsetResult:
    """One measured outcome, paired with the intact model's.

    The metric's standard error is that of :func:`~analysis_core.compression.shares.paired_difference`.
    """
    sign = 1.0 if task.direction is Direction.HIGHER_IS_BETTER else -1.0
    increase, increase_error = _paired(outcome.losses - intact.losses)
    drop, drop_error = paired_difference(intact.metric, outcome.metric, task.metric_of)
    return SubsetResult(
        removed=tuple(sorted(outcome.removed)),
        loss=float(outcome.losses.mean()),
        loss_increase=increase,
        loss_increase_std_error=increase_error,
        metric=float(metrics_of(task.metric_of, outcome.metric.mean())),
        metric_drop=sign * drop,
        metric_drop_std_error=drop_error,
        examples=len(outcome.losses),
    )


def _paired(differences: np.ndarray) -> tuple[float, float]:
    count = len(differences)
    error = float(differences.std(ddof=1)) / count**0.5 if count > 1 else 0.0
    return float(differences.mean()), error


def _mean(parts: dict[int, Outcome]) -> float:
    return _sum(parts) / sum(len(part.losses) for part in parts.values())


def _sum(parts: dict[int, Outcome]) -> float:
    return float(sum(part.losses.sum() for part in parts.values()))
