"""Evolutionary search: swap layers of the best set for others, as long as the budget lasts and something may be gained.

A set is changed by letting one or two of its layers back in and taking as many others out, so that its size stays
(the level-switch mutation of Sieberling et al. 2024, *EvoPress*, Algorithm 1); children are compared with their parent
on growing samples. Which children are tried first is not left to chance: the process that estimates subsets on the
page (:mod:`analysis_core.compression.subset_process`), conditioned on all that has been measured so far, ranks
them by the lower end of their estimated loss, and the search ends when no child has a fair chance of being better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from analysis_core.compression.search.budget import BudgetSpentError
from analysis_core.compression.search.measured import Removed
from analysis_core.compression.search.racing import Races
from analysis_core.compression.space import SearchSpace
from analysis_core.compression.subset_process import SubsetProcess

CHILDREN = 6
OPTIMISM = 1.5
"""A child is tried while its estimate less so many standard deviations is below its parent's loss."""
MOST_RANKED = 150
"""So many children are ranked at a time; ranking one takes a few milliseconds."""
MOST_LEARNT_FROM = 60


def evolve(races: Races, space: SearchSpace, parent: Removed, seed: int = 0) -> Removed:
    """Improve a set of layers by swapping, at its size.

    Args:
        races: where sets are compared; its meter ends the search.
        space: what may go.
        parent: where to start from; a measured set.
        seed: draws the children that are ranked where there are too many.

    Returns:
        The best set found; the parent itself when none is better.
    """
    rng = np.random.default_rng(seed)
    tried: set[Removed] = set()
    try:
        while True:
            races.meter.say(min(races.meter.spent, 1.0), "Evolutionary search: swapping layers")
            children = _promising(races, space, parent, tried, rng)
            if not children:
                return parent
            races.start_from(parent)
            tried.update(children)
            (best,) = races.best([parent, *children])
            if best != parent:
                parent = best
    except BudgetSpentError:
        return parent


def _promising(
    races: Races, space: SearchSpace, parent: Removed, tried: set[Removed], rng: np.random.Generator
) -> list[Removed]:
    """The children with the lowest possible losses, the lowest first, if these are below the parent's."""
    children = [
        child
        for child in _children(space, parent, rng)
        if child not in tried and (space.goal.ratio is None or space.reached(child))
    ]
    if not children:
        return []
    subsets, rises, errors = _experience(races, parent)
    new = [child for child in children if child not in races.measured]
    lowest = {child: races.measured[child].loss_increase for child in children if child in races.measured}
    if new:
        process = SubsetProcess(len(space.layers), subsets)
        means, deviations = process.predict_all([tuple(sorted(child)) for child in new], rises, errors)
        lowest.update(zip(new, (means - OPTIMISM * deviations).tolist(), strict=True))
    to_beat = races.measured[parent].loss_increase
    ranked = sorted((low, tuple(sorted(child))) for child, low in lowest.items() if low < to_beat)
    return [frozenset(child) for _, child in ranked[:CHILDREN]]


def _children(space: SearchSpace, parent: Removed, rng: np.random.Generator) -> list[Removed]:
    """All sets with one layer swapped, and with two; where there are too many of these, some of them."""
    single, double = list(_swaps(space.candidates, parent, 1)), list(_swaps(space.candidates, parent, 2))
    room = max(MOST_RANKED - len(single), 0)
    if len(double) > room:
        double = [double[at] for at in sorted(rng.choice(len(double), size=room, replace=False))]
    if len(single) > MOST_RANKED:
        single = [single[at] for at in sorted(rng.choice(len(single), size=MOST_RANKED, replace=False))]
    return [*single, *double]


def _swaps(candidates: Iterable[int], parent: Removed, many: int) -> Iterator[Removed]:
    outside = [index for index in candidates if index not in parent]
    for back in combinations(sorted(parent), many):
        for out in combinations(outside, many):
            yield (parent - set(back)) | set(out)


def _experience(races: Races, parent: Removed) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray]:
    """What is known of subsets, those most like the parent, and single layers: rises of the loss and their errors.

    In the order in which it was learnt, which tells how wide error bars must be.
    """
    known = {
        frozenset(result.removed): (result.loss_increase, result.loss_increase_std_error) for result in races.measured
    }
    known = {**races.rough, **known}
    known.pop(frozenset(), None)
    singles = [subset for subset in known if len(subset) == 1]
    larger = [subset for subset in known if len(subset) > 1]
    nearest = set(sorted(larger, key=lambda subset: (len(subset ^ parent), sorted(subset)))[:MOST_LEARNT_FROM])
    chosen = [*singles[:MOST_LEARNT_FROM], *(subset for subset in larger if subset in nearest)]
    values = np.array([known[subset] for subset in chosen]).reshape(-1, 2)
    return [tuple(sorted(subset)) for subset in chosen], values[:, 0], values[:, 1]
