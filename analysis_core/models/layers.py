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
from analysis_core.models.groups import leaf_groups
from analysis_core.models.kinds import SHAPE_CHANGES, kind_of, reason_by_structure
from analysis_core.models.observation import Sighting, sightings
from analysis_core.models.patterns import named_by
from analysis_core.models.recurrent import hidden_layers
from analysis_core.models.stacks import CONTAINERS, find_blocks
from analysis_core.results import Layer

WHOLE_MODEL = "It is the whole model."
CALLED_BY_NAME = (
    "Code calls it by name, and with more than one tensor or for more than one, so nothing can stand there."
)
DID_NOT_RUN = "It did not run on the example, so nothing shows that the model works without it."


def find_layers(module: nn.Module, name: str = "model", pattern: str | None = None) -> list[Layer]:
    """The layers of any module, in the order of registration: its repeated blocks, or else the parts with weights.

    Args:
        module: any network; it is not run.
        name: how it is called in errors.
        pattern: of the paths of the modules that are wanted as layers, see
            :func:`~analysis_core.models.patterns.named_by`; None finds them.

    Raises:
        NoLayersError: it has no weights.
        ModelError: no path matches the pattern.
        ConfigurationError: the pattern is no regular expression.
    """
    blocks = named_by(pattern, module, name) if pattern is not None else find_blocks(module) or leaf_groups(module)
    if not blocks:
        raise NoLayersError(
            "This model has no weights, so there are no layers to rank.",
            where=name,
            remedy="Hand in a network that learns something.",
        )
    shared = _reason_if_shared(module, blocks)
    twins = _with_twins(blocks)
    layers = [
        Layer(
            index=0,
            name=path,
            kind=kind_of(block),
            class_name=_class_name(block),
            parameters=0,
            removable=(reason := shared or _reason_by_place(path, block, twins)) is None,
            why_not=_with_hint(reason, block),
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
        in_container = isinstance(module.get_submodule(layer.name.rpartition(".")[0]), CONTAINERS)
        reason = _reason_by_sight(layer.name, sighting, in_container)
        why_not = _with_hint(reason, module.get_submodule(layer.name))
        observed.append((sighting.position, replace(layer, removable=reason is None, why_not=why_not)))
    last = len(observed)
    ordered = [layer for position, layer in sorted(observed, key=lambda item: _or(item[0], last))]
    return tuple(_numbered(module, ordered))


def _class_name(block: nn.Module) -> str:
    several = isinstance(block, nn.RNNBase) and block.num_layers > 1
    return f"{type(block).__name__} of {block.num_layers} layers" if several else type(block).__name__


def _with_hint(reason: str | None, block: nn.Module) -> str | None:
    """A reason, with a word on recurrent layers that could be told apart."""
    hint = hidden_layers(block)
    return f"{reason} {hint}" if reason and hint else reason


def _reason_by_place(path: str, block: nn.Module, twins: set[str]) -> str | None:
    return reason_by_structure(block, has_twin=path in twins) if path else WHOLE_MODEL


def _reason_by_sight(path: str, sighting: Sighting, in_container: bool) -> str | None:
    if not path:
        return WHOLE_MODEL
    if sighting.calls == 0:
        return DID_NOT_RUN
    if sighting.calls > 1:
        return _shared_reason(sighting.calls)
    if sighting.input_shape is None or sighting.input_shape != sighting.output_shape:
        return SHAPE_CHANGES
    return None if in_container or sighting.is_plain else CALLED_BY_NAME


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
