"""Greedy removal on the replay cache: the layer whose absence costs the least goes, again and again.

The rule is SLEB's (Song et al. 2024, Algorithm 1). The naive procedure runs the whole model for every candidate at
every step. Here each candidate starts from cached states and runs only as far as it can still win the step's race, see
:mod:`~analysis_core.compression.search.racing`; the winner, too, runs no further than that, until the goal is reached.
The same layers are chosen for a fraction of the layer runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis_core.compression.search.measured import Removed
from analysis_core.compression.search.racing import Races
from analysis_core.compression.space import SearchSpace


def greedy_steps(races: Races, space: SearchSpace) -> Iterator[tuple[int, ...]]:
    """What is removed after each step, in the order of removal, until no layer may go any more.

    Steps that were decided before on the same examples are not taken again.
    """
    order: list[int] = []
    candidates = list(space.candidates)
    while candidates:
        base: Removed = frozenset(order)
        chosen = races.measured.decided(base, candidates)
        if chosen is None:
            races.start_from(base)
            (chosen,) = races.leader([base | {index} for index in candidates]) - base
            races.measured.decide(base, candidates, chosen)
        order.append(chosen)
        candidates.remove(chosen)
        yield tuple(order)


def greedy_order(races: Races, space: SearchSpace) -> tuple[int, ...]:
    """Layers in the order of their removal until the goal is reached.

    Raises:
        PlanError: the ratio costs more of the metric than the goal allows.
    """
    order: tuple[int, ...] = ()
    steps = greedy_steps(races, space)
    while not space.reached(order):
        races.meter.say(_share(space, order), f"Greedy removal: layer {len(order) + 1}")
        longer = next(steps, None)
        if longer is None:
            break
        if space.goal.largest_drop is not None:
            result = races.measure(frozenset(longer))
            if space.too_costly(result):
                if space.goal.ratio is not None:
                    raise space.contradiction(result, order)
                break
        order = longer
    if order:
        races.measure(frozenset(order))
    return order


def _share(space: SearchSpace, order: tuple[int, ...]) -> float:
    """About how much of the way is done: the first steps have the most candidates, each with the most to run."""
    goal = space.goal.ratio
    if goal is None or goal <= 1:
        return len(order) / max(1, len(space.candidates))
    return min(1.0, (1 - 1 / space.ratio(order)) / (1 - 1 / goal))


def naive_evaluations(space: SearchSpace, steps: int) -> float:
    """What the naive procedure costs, in passes of the whole model: each candidate's whole model at each step."""
    layers, candidates = len(space.layers), len(space.candidates)
    return sum((candidates - done) * (layers - done - 1) / layers for done in range(steps))
