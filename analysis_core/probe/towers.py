"""Where the input enters: in front of the first layer, and of each tower that the first layer does not lead to."""

from __future__ import annotations

import torch

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor
from analysis_core.probe.edits import Change
from analysis_core.probe.replay import Replayer, ReplayState


def entrances(replayer: Replayer) -> tuple[int, ...]:
    """The first layers of all towers that stand side by side, as the two of CLIP; of most models just layer 0.

    What enters the towers known so far is turned to its negative in one run of the first batch. A stack whose first
    layer puts out the same as ever, to the last bit, is a tower of its own; a decoder that looks at its encoder is
    none.
    """
    layers = replayer.model.layers
    found = [0]
    stacks = {layers[0].stack}
    while len(stacks) < len({layer.stack for layer in layers}):
        intact = replayer.intact(0)
        turned, _ = replayer.rerun(0, Change(entries=dict.fromkeys(found, torch.neg)), intact)
        others = (layer for layer in layers if layer.stack not in stacks)
        unreached = next((layer for layer in others if _same(replayer, layer.index, intact, turned)), None)
        if unreached is None:
            break
        stacks.add(unreached.stack)
        found.append(unreached.index)
    return tuple(found)


def _same(replayer: Replayer, index: int, state: ReplayState, other: ReplayState) -> bool:
    """Whether a layer's block puts out the same in two runs."""
    block = replayer.model.sites[index].block
    try:
        return torch.equal(first_tensor(state.outputs[block]), first_tensor(other.outputs[block]))
    except ModelError:  # it did not run, or put out no tensor
        return False
