"""What a replay may change: layers skipped, what layers add edited, what enters the first layer edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

Removed = frozenset[int]
INTACT: Removed = frozenset()

Edit = Callable[[Tensor], Tensor]
"""Takes a hidden state, or what a layer adds to it, in float32 at least, and returns what takes its place, in the same
shape. An edit must not write into its argument; one that hands it back changes nothing, to the last bit."""


@dataclass(frozen=True, eq=False)
class Change:
    """How a run differs from the intact one.

    Args:
        removed: layers that are skipped: they put out their input, or their mean output where the shapes differ.
        edits: by layer, what is done to its contribution, i.e. to what it adds to the hidden state. Two runs agree on a
            layer only where they hold the same edit object.
        entries: by layer, what is done to the hidden state that enters it: the first layer of the model, and of every
            tower that the first one does not lead to.
    """

    removed: Removed = INTACT
    edits: Mapping[int, Edit] = field(default_factory=dict)
    entries: Mapping[int, Edit] = field(default_factory=dict)

    def first_difference(self, other: Change, layers: int) -> int:
        """The first layer whose output may differ between two runs; ``layers`` where none does."""
        differing = {
            index
            for mine, others in ((self.edits, other.edits), (self.entries, other.entries))
            for index in {*mine, *others}
            if mine.get(index) is not others.get(index)
        }
        return min(differing | (self.removed ^ other.removed), default=layers)

    def leaves(self, index: int) -> bool:
        """Whether that layer computes what it always does."""
        return index not in self.removed and index not in self.edits


def contribution_of(hidden: Tensor, output: Tensor) -> Tensor:
    """What a layer adds to the hidden state that it is given, in float32 at least."""
    return widened(output) - widened(hidden)


def edited_output(edit: Edit, hidden: Tensor, output: Tensor) -> Tensor:
    """A layer's output with its contribution edited: input + edit(output - input), in the output's own type."""
    contribution = contribution_of(hidden, output)
    changed = edit(contribution)
    return output if changed is contribution else (widened(hidden) + changed).to(output.dtype)


def edited_state(edit: Edit, hidden: Tensor) -> Tensor:
    """A hidden state after an edit, in its own type."""
    return edit(widened(hidden)).to(hidden.dtype)


def widened(tensor: Tensor) -> Tensor:
    """Half precision loses what a layer adds to a large hidden state: differences are taken in float32."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
