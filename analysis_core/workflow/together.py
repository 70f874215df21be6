"""Which sets of layers are skipped together: estimates of sets learn from them how layers stand in for others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.compression.plan import protected_layers
from analysis_core.results import Layer

SETS = 10
"""So many measured sets made 90 % error bars hold about 90 % of what 25 embedded models were then measured to lose."""


def drawn_sets(layers: Sequence[Layer], seed: int, count: int = SETS) -> list[frozenset[int]]:
    """Sets of two and more layers that may go, each size as often as any other; fewer where there are not as many."""
    protected = protected_layers(layers, None)
    free = [layer.index for layer in layers if layer.removable and layer.index not in protected]
    rng, found = np.random.default_rng(seed), dict[frozenset[int], None]()
    sizes = range(2, len(free) + 1)
    for attempt in range(10 * count if sizes else 0):
        if len(found) == count:
            break
        size = sizes[attempt % len(sizes)]
        found[frozenset(int(index) for index in rng.choice(free, size, replace=False))] = None
    return list(found)
