"""One door to every search: a strategy, a goal and a budget in, a plan and all that was measured out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from analysis_core.compression.plan import EVOLUTIONARY, GREEDY
from analysis_core.compression.search.beam import beam_search
from analysis_core.compression.search.budget import Budget, BudgetSpentError, Meter, Progress
from analysis_core.compression.search.evolution import evolve
from analysis_core.compression.search.greedy import greedy_order, naive_evaluations
from analysis_core.compression.search.measured import MeasuredSubsets, Removed
from analysis_core.compression.search.racing import Races
from analysis_core.compression.space import Goal, SearchSpace
from analysis_core.errors import PlanError
from analysis_core.probe.replay import Replayer
from analysis_core.results import CompressionPlan, SubsetResult


@dataclass(frozen=True)
class SearchResult:
    """The plan that a search found, every subset that it measured wholly on the way, and what that cost.

    Args:
        plan: what goes.
        measured: subsets that were not known before.
        evaluations: passes of the whole model, counted in the layers that were really run.
    """

    plan: CompressionPlan
    measured: tuple[SubsetResult, ...]
    evaluations: float


def search(
    replayer: Replayer,
    space: SearchSpace,
    strategy: str = GREEDY,
    *,
    measured: MeasuredSubsets | None = None,
    suggestions: Sequence[Sequence[int]] = (),
    budget: Budget | None = None,
    seed: int = 0,
    every_step: bool = False,
    progress: Progress | None = None,
) -> SearchResult:
    """Find the layers to remove by measuring.

    The joint searches (beam and evolutionary) begin with greedy removal and with what is suggested, and only replace
    that by a better one of the same size. The loss leads them; at the end a set that answers clearly better by the
    metric, which is what people ask for, is preferred, see :func:`better_by_metric`. Where a largest drop is asked for
    without a ratio, they then try to do without one more layer.

    Args:
        replayer: over the examples that may be used to choose.
        space: what may go, and the goal.
        strategy: one of :data:`~analysis_core.compression.plan.SEARCHES`.
        measured: what is known on these examples; grows on the way, also when the search is stopped.
        suggestions: layers in orders in which they might go, such as by a method's scores; joint searches try them.
        budget: of the whole search; None lets a joint search spend as much as naive greedy removal would.
        seed: of random choices.
        every_step: once greedy removal has chosen, measure all that it went through, too: a curve of quality against
            ratio is known then, for the little that races have not run anyway.
        progress: called with the done share and a few words; may raise to stop.

    Raises:
        PlanError: the goal cannot be reached, its parts contradict each other, or the budget was spent too early.
    """
    known = measured if measured is not None else MeasuredSubsets()
    meter = Meter(replayer, budget or Budget(), progress)
    races = Races(replayer, known, meter)
    try:
        order = greedy_order(races, space)
    except BudgetSpentError:
        raise PlanError(
            f"The budget was spent after {meter.evaluations:.3g} passes over the examples, before a set was found.",
            where="budget",
            remedy="Give more, or take a one-shot strategy; what was measured is kept.",
        ) from None
    if strategy != GREEDY and order:
        if budget is None:
            meter.budget = Budget(evaluations=naive_evaluations(space, len(order)))
        _try(races, space, suggestions, len(order))
        order = _improved(races, space, order, strategy, seed)
    if strategy == GREEDY and every_step:
        meter.say(1.0, "Measuring the steps on the way")
        _measure(races, [frozenset(order[:gone]) for gone in range(1, len(order))])
    return SearchResult(space.plan(order, strategy), known.added, meter.evaluations)


def _measure(races: Races, sets: Iterable[Removed]) -> None:
    """As many of these as the budget allows."""
    with suppress(BudgetSpentError):
        for removed in sets:
            races.measure(removed)


def _try(races: Races, space: SearchSpace, suggestions: Iterable[Sequence[int]], size: int) -> None:
    """Measure the suggested sets of a size, as far as the budget goes: the best of them may lead the joint search."""
    free = set(space.candidates)
    sets = {frozenset([index for index in order if index in free][:size]): None for order in suggestions}
    _measure(races, [suggested for suggested in sets if len(suggested) == size])


def _improved(races: Races, space: SearchSpace, order: Sequence[int], strategy: str, seed: int) -> tuple[int, ...]:
    """A joint search's result; greedy removal's own order where nothing better is found."""
    best = min(_eligible(races, space, len(order)), key=lambda one: races.measured[one].loss)
    found = _joint(races, space, best, strategy, seed)
    while space.goal.ratio is None and len(found) < len(space.candidates):
        larger = _one_more(races, space, found, strategy, seed)
        if larger is None or space.too_costly(races.measured[larger]):
            break
        found = larger
    found = better_by_metric(races.measured, found, _eligible(races, space, len(found)))
    return tuple(order) if found == frozenset(order) else tuple(sorted(found))


def _eligible(races: Races, space: SearchSpace, size: int) -> list[Removed]:
    """Measured sets of a size that fulfil the goal."""
    free = set(space.candidates)
    return [
        frozenset(result.removed)
        for result in races.measured
        if len(result.removed) == size
        and free.issuperset(result.removed)
        and (space.goal.ratio is None or space.reached(result.removed))
        and not space.too_costly(result)
    ]


def better_by_metric(measured: MeasuredSubsets, found: Removed, others: Iterable[Removed]) -> Removed:
    """Of all sets, the one that loses the least of the metric, if that is less by more than a standard error.

    A lower loss does not always mean better answers: a model can be surer of what it already has right. Within a
    standard error the loss, which is less noisy, decides.
    """
    best = min(others, key=lambda one: (measured[one].metric_drop, measured[one].loss), default=found)
    error = max(measured[one].metric_drop_std_error for one in (best, found))
    return best if measured[best].metric_drop < measured[found].metric_drop - error else found


def _joint(races: Races, space: SearchSpace, best: Removed, strategy: str, seed: int) -> Removed:
    if strategy == EVOLUTIONARY:
        found: Removed | None = evolve(races, space, best, seed)
    else:
        found = beam_search(races, space, len(best))
    if found is None or (space.goal.ratio is not None and not space.reached(found)):
        return best
    measured = races.measured
    worse = measured[found].loss >= measured[best].loss or space.too_costly(measured[found])
    return best if worse else found


def _one_more(races: Races, space: SearchSpace, found: Removed, strategy: str, seed: int) -> Removed | None:
    """The best set with one more layer gone; None when the budget ends first."""
    try:
        races.start_from(found)
        (larger,) = races.best([found | {index} for index in space.candidates if index not in found])
    except BudgetSpentError:
        return None
    return evolve(races, space, larger, seed) if strategy == EVOLUTIONARY else larger


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
    space = SearchSpace(replayer.model.layers, Goal(ratio), protect=protect)
    same = [result for result in known if result.examples == replayer.examples]
    return search(replayer, space, GREEDY, measured=MeasuredSubsets(same), progress=progress)


def prefix_for_goal(races: Races, space: SearchSpace, order: Sequence[int]) -> tuple[int, ...]:
    """How far a one-shot order must be followed for the goal; measures only where a largest drop is given.

    Raises:
        PlanError: the order names too few layers, or the ratio costs more of the metric than the goal allows.
    """
    free = [index for index in order if index in space.candidates]
    gone: tuple[int, ...] = ()
    for index in free:
        if space.reached(gone):
            break
        longer = (*gone, index)
        if space.goal.largest_drop is not None:
            result = races.measure(frozenset(longer))
            if space.too_costly(result):
                if space.goal.ratio is not None:
                    raise space.contradiction(result, gone)
                return gone
        gone = longer
    if space.goal.ratio is not None and not space.reached(gone):
        raise PlanError(
            f"Only {len(free)} of the layers that may go have a score, too few for {space.goal.ratio:g}x.",
            where="ratio",
            remedy=f"Ask for at most {space.ratio(gone):.3g}x, or choose another strategy.",
        )
    return gone
