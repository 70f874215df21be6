"""Take any module apart: its repeated blocks, what each holds, and whether each could be taken out.

Removability is observed where the model can be run (:func:`observe_shapes`): a layer can go only if its first
output tensor has the shape of its first input tensor. Without an example the structure decides, cautiously.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from torch import nn

from analysis_core.errors import NoLayersError
from analysis_core.models.kinds import SHAPE_CHANGES, kind_of, reason_by_structure
from analysis_core.models.observation import Sighting, sightings
from analysis_core.models.stacks import find_blocks
from analysis_core.results import Layer

DID_NOT_RUN = "It did not run on the example, so nothing shows that the model works without it."


def find_layers(module: nn.Module, name: str = "model") -> list[Layer]:
    """The repeated blocks of any module, in the order of registration.

    Args:
        module: any network; it is not run.
        name: how it is called in errors.

    Raises:
        NoLayersError: it has no repeated blocks.
    """
    blocks = find_blocks(module)
    if not blocks:
        raise NoLayersError(
            "This model has no repeated blocks, so there are no layers to rank.",
            where=name,
            remedy="Put its blocks into an nn.ModuleList or nn.Sequential, or subclass UniversalModel "
            "and name the layers in _initialize_layers.",
        )
    shared = _reason_if_shared(module, blocks)
    twins = _with_twins(blocks)
    layers = [
        Layer(
            index=0,
            name=path,
            kind=kind_of(block),
            class_name=type(block).__name__,
            parameters=0,
            removable=(reason := shared or reason_by_structure(block, has_twin=path in twins)) is None,
            why_not=reason,
            stack=path.rpartition(".")[0],
        )
        for path, block in blocks.items()
    ]
    return _numbered(module, layers)


def observe_shapes(module: nn.Module, layers: Iterable[Layer], feed: Callable[[], Any]) -> tuple[Layer, ...]:
    """Run the model once and correct what was assumed: order, and whether each layer could be taken out.

    Args:
        module: the network that the layers belong to.
        layers: from :func:`find_layers`.
        feed: runs one forward pass, e.g. ``lambda: model.forward(batch)``.

    Returns:
        The layers in the order in which they ran; layers that did not run come last.
    """
    layers = list(layers)
    seen = sightings([module.get_submodule(layer.name) for layer in layers], feed)
    observed = []
    for layer, sighting in zip(layers, seen, strict=True):
        reason = _reason_by_sight(sighting)
        observed.append((sighting.position, replace(layer, removable=reason is None, why_not=reason)))
    last = len(observed)
    ordered = [layer for position, layer in sorted(observed, key=lambda item: _or(item[0], last))]
    return tuple(_numbered(module, ordered))


def _reason_by_sight(sighting: Sighting) -> str | None:
    if sighting.calls == 0:
        return DID_NOT_RUN
    if sighting.calls > 1:
        return _shared_reason(sighting.calls)
    if sighting.input_shape is None or sighting.input_shape != sighting.output_shape:
        return SHAPE_CHANGES
    return None


def _shared_reason(uses: int) -> str:
    return f"It runs {uses} times in one pass with the same weights, so a single use of it cannot be taken out."


def _reason_if_shared(module: nn.Module, blocks: dict[str, nn.Module]) -> str | None:
    """ALBERT's way: the configuration asks for more layers than there are blocks."""
    depth = getattr(getattr(module, "config", None), "num_hidden_layers", None)
    if isinstance(depth, int) and len(blocks) == 1 and depth > 1:
        return _shared_reason(depth)
    return None


def _with_twins(blocks: dict[str, nn.Module]) -> set[str]:
    """The blocks whose neighbour in the same container holds weights of the same shapes."""
    shapes = {path: [tuple(p.shape) for p in block.parameters()] for path, block in blocks.items()}
    return {
        path
        for pair in pairwise(blocks)
        if shapes[pair[0]] == shapes[pair[1]] and len({name.rpartition(".")[0] for name in pair}) == 1
        for path in pair
    }


def _numbered(module: nn.Module, layers: Sequence[Layer]) -> list[Layer]:
    """Indices from 0, and weights counted where they first appear."""
    counted: set[int] = set()
    numbered = []
    for index, layer in enumerate(layers):
        own = {id(p): p.numel() for p in module.get_submodule(layer.name).parameters() if id(p) not in counted}
        counted.update(own)
        numbered.append(replace(layer, index=index, parameters=sum(own.values())))
    return numbered


def _or(position: int | None, last: int) -> int:
    return last if position is None else position
