"""What takes runs with many subsets of layers skipped, and which subsets these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import ClassVar

import numpy as np

from analysis_core.probe.needs.base import FloatArray, Need, Served

Subset = tuple[int, ...]


@dataclass(frozen=True)
class LayerSubsets(Need):
    """Losses with subsets of layers skipped, as Shapley values need them: :class:`SubsetStatistics`.

    The subsets are those met on the way through random permutations of the layers, each walked forwards and backwards
    (antithetic); or all there are, where that is not more.

    Args:
        pairs: how many permutations, each of which counts twice.
        limit: only the first so many examples are used.
        seed: of the permutations.
    """

    pairs: int = 8
    limit: int = 64
    seed: int = 0
    served: ClassVar[Served] = Served.FURTHER_RUNS

    def orders(self, players: Sequence[int]) -> tuple[Subset, ...]:
        """The permutations in which layers join, each followed by its reverse; none where all subsets are run."""
        count = len(players)
        if 2**count <= 2 * self.pairs * (count - 1) + 2 or count < 2:
            return ()
        generator = np.random.default_rng([self.seed, count])
        drawn = [tuple(players[i] for i in generator.permutation(count)) for _ in range(self.pairs)]
        return tuple(order for forwards in drawn for order in (forwards, forwards[::-1]))

    def subsets(self, players: Sequence[int]) -> tuple[Subset, ...]:
        """The sets of skipped layers, sorted as bit strings, the empty set first."""
        orders = self.orders(players)
        if orders:
            found = {tuple(sorted(order[size:])) for order in orders for size in range(len(players) + 1)}
        else:
            found = {subset for size in range(len(players) + 1) for subset in combinations(players, size)}
        return tuple(sorted(found, key=lambda removed: [index in removed for index in players]))

    def replays(self, layers: int) -> int:
        return len(self.subsets(range(layers))) - 1

    def passes(self, layers: int, examples: int) -> float:
        """As if every layer could be skipped; those that cannot make it a little dearer."""
        return _layer_runs(self, layers) / layers * min(1.0, self.limit / examples)


@lru_cache(maxsize=64)
def _layer_runs(need: LayerSubsets, layers: int) -> int:
    """Layers to compute where every run starts from the one before it, its first layers served from memory."""
    runs, before = 0, None
    for removed in need.subsets(range(layers)):
        first = 0 if before is None else min(set(removed) ^ set(before), default=layers)
        runs += sum(index not in removed for index in range(first, layers))
        before = removed
    return runs


@dataclass(frozen=True)
class SubsetStatistics:
    """What :class:`LayerSubsets` found.

    Args:
        players: the layers that were skipped in turn; the others always stay.
        removed: the sets of skipped layers.
        losses: with each of them skipped, ``[subsets, examples]``.
        reasons: for each layer, why it always stays; None where it does not.
    """

    players: Subset
    removed: tuple[Subset, ...]
    losses: FloatArray
    reasons: tuple[str | None, ...]
