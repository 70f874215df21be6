"""Shapley values by walking through every order in which layers can join, with layers really taken out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import permutations

import numpy as np


def shapley_by_all_orders(players: Sequence[int], losses: Callable[[frozenset[int]], np.ndarray]) -> np.ndarray:
    """Mean over all n! orders of what each player adds, ``[players, examples]``; ``losses(removed)`` is the cost."""
    known = cache(losses)
    total = np.zeros((len(players), len(known(frozenset()))))
    orders = list(permutations(players))
    for order in orders:
        missing = set(players)
        for player in order:
            before = known(frozenset(missing))
            missing.remove(player)
            total[list(players).index(player)] += before - known(frozenset(missing))
    return total / len(orders)
