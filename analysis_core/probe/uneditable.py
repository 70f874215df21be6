"""Which layers add nothing to the hidden state that could be told, taken away or put back, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor
from analysis_core.models.kinds import SHAPE_CHANGES
from analysis_core.probe.replay_run import ReplayState
from analysis_core.results import Layer


def reasons_against_edits(
    layers: Sequence[Layer], modules: Sequence[nn.Module], state: ReplayState, uses: Mapping[nn.Module, int]
) -> tuple[str | None, ...]:
    """For each layer a sentence, or None where its contribution can be edited.

    Args:
        layers, modules: the model's.
        state: of an intact run.
        uses: how often each module ran in one pass.
    """
    return tuple(_reason(layer, state, uses.get(module, 0)) for layer, module in zip(layers, modules, strict=True))


def _reason(layer: Layer, state: ReplayState, uses: int) -> str | None:
    if uses == 0:
        return "It does not run."
    if uses > 1:
        return f"It runs {uses} times in one pass, so a single use of it cannot be told from the others."
    if not layer.removable:
        return layer.why_not or SHAPE_CHANGES
    hidden = state.inputs[layer.index]
    if hidden is None:
        return "It takes no hidden state."
    try:
        return None if first_tensor(state.outputs[layer.index]).shape == hidden.shape else SHAPE_CHANGES
    except ModelError:
        return "It puts out no hidden state."
