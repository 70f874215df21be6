"""Which layers add nothing to the hidden state that could be told, taken away or put back, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import Site, UniversalModel, first_tensor
from analysis_core.models.kinds import SHAPE_CHANGES
from analysis_core.probe.replay_run import ReplayState
from analysis_core.results import Layer


def reasons_against_edits(
    model: UniversalModel, state: ReplayState, uses: Mapping[nn.Module, int]
) -> tuple[str | None, ...]:
    """For each layer a sentence, or None where its contribution can be edited.

    Args:
        model: taken apart into layers.
        state: of an intact run.
        uses: how often each block ran in one pass.
    """
    return tuple(
        _reason(layer, site, state, [uses.get(model.blocks[position], 0) for position in site.positions])
        for layer, site in zip(model.layers, model.sites, strict=True)
    )


def _reason(layer: Layer, site: Site, state: ReplayState, uses: Sequence[int]) -> str | None:
    if min(uses) == 0:
        return "It does not run."
    if max(uses) > 1:
        return f"It runs {max(uses)} times in one pass, so a single use of it cannot be told from the others."
    if not layer.removable:
        return layer.why_not or SHAPE_CHANGES
    if site.writer is not None:
        return None
    return _reason_by_states(state.inputs[site.positions[0]], state.outputs[site.positions[-1]])


def _reason_by_states(hidden: Tensor | None, output: Any) -> str | None:
    if hidden is None:
        return "It takes no hidden state."
    try:
        return None if first_tensor(output).shape == hidden.shape else SHAPE_CHANGES
    except ModelError:
        return "It puts out no hidden state."
