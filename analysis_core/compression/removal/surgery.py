"""Take layers out of a model for good: a smaller copy that runs faster, not a mask over the old one.

The original is never touched. The copy's remaining blocks are renumbered, and every number and list that
describes its depth is corrected. Where the library can build the architecture from a description, the corrected
description is tried: it must give exactly the copy's modules. Where it does not, the whole model's description names
the blocks that are to be taken out of it; where that fails too, the surgery is refused. That is what keeps an export
from coming back as the original model.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from analysis_core.compression.plan import checked_removal
from analysis_core.compression.removal.companions import companion_cuts
from analysis_core.compression.removal.configuration import Cut, renumber_block
from analysis_core.compression.removal.cut_out import describe_by_cuts
from analysis_core.compression.removal.description import describe
from analysis_core.compression.removal.heirlooms import hand_on_position_bias
from analysis_core.compression.removal.parts import remove_parts
from analysis_core.compression.removal.rebuild import NotDescribedError, rebuilt_description
from analysis_core.compression.removal.trial import refuse_broken_cache, refuse_what_computes_something_else
from analysis_core.errors import PlanError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.cuts import take_out
from analysis_core.models.libraries import BUILT_FROM_ARGUMENTS
from analysis_core.models.stacks import CONTAINERS
from analysis_core.models.stages import StageModel
from analysis_core.models.sublayers import SublayerModel
from analysis_core.results import Layer


def remove_layers(model: UniversalModel, removed: Iterable[int], *, share_weights: bool = False) -> nn.Module:
    """A copy of the model's module without some of its layers.

    Args:
        model: stays as it is.
        removed: indices of the layers to take out.
        share_weights: let the copy hold the original's own weights and buffers in place of equal ones.

    Raises:
        SurgeryError: a layer does not exist, cannot go (it changes shapes, it is used in several places, its
            parent calls it by name), the library could not build what would be left, or it does not run on the
            model's example or computes something else there than the original with these layers skipped.
    """
    if isinstance(model, StageModel):
        return remove_layers(model.base, model.block_indices(removed), share_weights=share_weights)
    if isinstance(model, SublayerModel):
        return _without_parts(model, removed, share_weights)
    indices = _checked(model, removed)
    cuts = _cuts(model, [model.layers[index] for index in indices])
    shared = _shared(model, share_weights)
    try:
        smaller = _shortened(model, indices, cuts, shared)
        listed = [cut for cut in cuts if isinstance(smaller.get_submodule(cut.container), CONTAINERS)]
        describe(model.module, smaller, listed)
        refuse_what_computes_something_else(model, smaller, indices)
    except NotDescribedError as error:
        smaller = _shortened(model, indices, cuts, shared)
        try:
            describe_by_cuts(model.module, smaller, cuts)
            refuse_what_computes_something_else(model, smaller, indices, unseen=error)
            refuse_broken_cache(model, smaller)
        except SurgeryError:
            raise error from None
    return smaller


def _without_parts(model: SublayerModel, removed: Iterable[int], share_weights: bool) -> nn.Module:
    """Blocks that are layers as a whole go first, then the parts of others."""
    gone = _checked(model, removed)
    blocks = _whole_blocks(model, gone)
    parts = [index for index in gone if model.parts[index].writer is not None]
    if not blocks:
        return remove_parts(model, parts, _shared(model, share_weights))
    module = remove_layers(model.base, blocks, share_weights=share_weights)
    if not parts:
        return module
    whole = [index for index in gone if index not in parts]
    shorter = model.moved(compressed_model(model.base, module, blocks), whole, blocks)
    moved = [index - sum(other < index for other in whole) for index in parts]
    return remove_parts(shorter, moved, _shared(shorter, share_weights=True))


def _whole_blocks(model: SublayerModel, layers: Iterable[int]) -> list[int]:
    """Positions of the blocks that are layers as a whole, among some layers."""
    return [model.parts[index].position for index in sorted(layers) if model.parts[index].writer is None]


def _checked(model: UniversalModel, removed: Iterable[int]) -> tuple[int, ...]:
    try:
        return checked_removal(model.layers, removed)
    except PlanError as error:
        raise SurgeryError(error.what, where=error.where, remedy=error.remedy) from error


def _shared(model: UniversalModel, share_weights: bool) -> dict[int, Tensor]:
    """The tensors that a copy holds in common with the model, by their identity."""
    return {id(tensor): tensor for tensor in _tensors(model.module)} if share_weights else {}


def _shortened(
    model: UniversalModel, removed: Sequence[int], cuts: Sequence[Cut], shared: Mapping[int, Tensor]
) -> nn.Module:
    """The copy whose blocks are gone, and whose descriptions are still those of the original."""
    smaller = _copy_without(model, removed, shared)
    for cut in cuts:
        container = smaller.get_submodule(cut.container)
        if 0 in cut.removed and cut.kept:
            first = model.module.get_submodule(_join(cut.container, cut.keys[0]))
            hand_on_position_bias(first, container.get_submodule(cut.keys[cut.kept[0]]), shared)
        _shorten(container, cut)
    for beside in companion_cuts(model.module, cuts):
        _shorten(smaller.get_submodule(beside.container), beside)
    return smaller


def compressed_model(
    original: UniversalModel, module: nn.Module, removed: Iterable[int] | None = None
) -> UniversalModel:
    """The smaller module as the same kind of model, ready to be analysed, measured or exported.

    Args:
        original: the model that the module was cut from; shares its tokenizer or preprocessing.
        module: what :func:`remove_layers` returned.
        removed: the layers that were taken out; None finds the remaining layers anew.

    Returns:
        A model cut as the original is; into blocks where that was cut into stages.
    """
    if isinstance(original, StageModel):
        return compressed_model(original.base, module, None if removed is None else original.block_indices(removed))
    if isinstance(original, SublayerModel):
        if removed is None:
            return SublayerModel(compressed_model(original.base, module), original.example)
        parts = set(removed)
        blocks = _whole_blocks(original, parts)
        return original.moved(compressed_model(original.base, module, blocks), parts, blocks)
    twin = original.with_module(module)
    if removed is None:
        twin.layers = tuple(twin._initialize_layers())
    else:
        removed = set(removed)
        twin.layers = _remaining_layers(original, module, removed)
    twin.layer_modules = tuple(module.get_submodule(layer.name) for layer in twin.layers)
    counts = {"layers": len(twin.layers), "parameters": twin.parameter_count}
    twin.summary = {**original.summary, **{name: n for name, n in counts.items() if name in original.summary}}
    description: dict[str, Any] | None = getattr(original, "config_dict", None)
    if description and getattr(original, "library", None) in BUILT_FROM_ARGUMENTS:
        containers = {_parent(layer.name) for layer in original.layers}
        gone = [layer.name for layer in original.layers if removed is not None and layer.index in removed]
        vars(twin)["config_dict"] = rebuilt_description(description, original.module, module, containers, gone)
    return twin


def _cuts(model: UniversalModel, removed: Sequence[Layer]) -> list[Cut]:
    """What each container loses."""
    _refuse_shared_blocks(model, removed)
    listed = {layer.name for layer in model.layers}
    cuts = []
    for path in dict.fromkeys(_parent(layer.name) for layer in removed):
        container = model.module.get_submodule(path)
        if not isinstance(container, CONTAINERS):
            _refuse_several_arguments(container, [layer.name for layer in removed if _parent(layer.name) == path])
        # A container may hold more than blocks: an embedding before them, a norm after them.
        children = [name for name, _ in container.named_children() if _join(path, name) in listed]
        gone = {layer.name for layer in removed}
        positions = [number for number, name in enumerate(children) if _join(path, name) in gone]
        cuts.append(Cut(path, tuple(children), tuple(positions)))
    return cuts


def _refuse_several_arguments(parent: nn.Module, names: Sequence[str]) -> None:
    """Code that calls its blocks by name gets a block that does nothing, which takes one tensor."""
    for name in names:
        block = parent.get_submodule(name.rpartition(".")[2])
        needed = [
            parameter
            for parameter in inspect.signature(block.forward).parameters.values()
            if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        ]
        if len(needed) != 1:
            raise SurgeryError(
                f"It stands in a {type(parent).__name__}, whose code calls it by name with {len(needed)} arguments.",
                where=name,
                remedy="Keep it, or put the blocks into an nn.ModuleList or nn.Sequential.",
            )


def _refuse_shared_blocks(model: UniversalModel, removed: Sequence[Layer]) -> None:
    names: dict[int, list[str]] = {}
    for name, part in model.module.named_modules(remove_duplicate=False):
        names.setdefault(id(part), []).append(name)
    for layer in removed:
        places = names[id(model.layer_modules[layer.index])]
        if len(places) > 1:
            raise SurgeryError(
                f"The same block is used in {len(places)} places ({', '.join(places)}).",
                where=layer.name,
                remedy="Keep it: its weights would stay in the model anyway.",
            )


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()


def _copy_without(model: UniversalModel, removed: Sequence[int], shared: Mapping[int, Tensor]) -> nn.Module:
    # Blocks that will go are never copied: the copy needs no more memory than the smaller model.
    memo: dict[int, Any] = {id(model.layer_modules[index]): nn.Identity() for index in removed}
    return copy.deepcopy(model.module, {**shared, **memo})


def _shorten(container: nn.Module, cut: Cut) -> None:
    """Delete the removed blocks and renumber the others; named attributes keep their numbers."""
    if not isinstance(container, CONTAINERS):
        return take_out(container, [cut.keys[position] for position in cut.removed])
    new = {old: position for position, old in enumerate(cut.kept)}
    for old, position in new.items():
        renumber_block(container.get_submodule(cut.keys[old]), old, position)
    return take_out(container, [cut.keys[position] for position in cut.removed])


def _remaining_layers(original: UniversalModel, module: nn.Module, removed: set[int]) -> tuple[Layer, ...]:
    """The layers that stay, under their new indices and names."""
    gone = {original.layers[index].name for index in removed}
    names: dict[str, str] = {}
    for path in {_parent(layer.name) for layer in original.layers}:
        before, after = (part.get_submodule(path).named_children() for part in (original.module, module))
        stayed = [_join(path, key) for key, _ in before if _join(path, key) not in gone]
        if isinstance(module.get_submodule(path), CONTAINERS):
            names.update(zip(stayed, (_join(path, key) for key, _ in after), strict=True))
        else:
            names.update(zip(stayed, stayed, strict=True))
    stay = [layer for layer in original.layers if layer.index not in removed]
    return tuple(replace(layer, index=index, name=names[layer.name]) for index, layer in enumerate(stay))


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _join(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name
