"""Lists that stand beside a list of blocks, one entry for each block, and must lose the same entries.

PyTorch Geometric's stock networks (``BasicGNN``: GCN, GAT, GIN, GraphSAGE, …) keep ``convs`` and ``norms`` so, and walk
through both at once. A norm without weights then goes with its convolution, and so does one with weights: it belongs
to what that convolution puts out.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from analysis_core.compression.removal.configuration import Cut

_PAIRS = {"BasicGNN": ("convs", "norms")}
"""Class of a network -> its blocks, and what stands beside them."""


def companion_cuts(module: nn.Module, cuts: Iterable[Cut]) -> list[Cut]:
    """What the lists beside the blocks lose.

    Args:
        module: the whole model, not yet cut.
        cuts: what the blocks' own containers lose.
    """
    found = []
    for cut in cuts:
        owner, _, name = cut.container.rpartition(".")
        classes = {base.__name__ for base in type(module.get_submodule(owner)).__mro__}
        for blocks, beside in (pair for kind, pair in _PAIRS.items() if kind in classes):
            if name == blocks:
                found.append(Cut(f"{owner}.{beside}".lstrip("."), cut.keys, cut.removed))
    return found
