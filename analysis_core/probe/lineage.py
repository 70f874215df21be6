"""Where a tensor came from, read off the graph that torch keeps for the backward pass."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def descends_from(tensor: Tensor, roots: Sequence[Tensor]) -> bool:
    """Whether any of the roots, leaves of the graph, went into the tensor."""
    wanted = {id(root) for root in roots}
    waiting, seen = [tensor.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if id(getattr(node, "variable", None)) in wanted:  # only a leaf's node has one
            return True
        waiting += [before for before, _ in node.next_functions]
    return False
