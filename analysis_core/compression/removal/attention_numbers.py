"""Attentions that stay where others are taken out of their blocks, numbered anew for the key-value cache."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from torch import nn

from analysis_core.compression.removal.description import configurations_of
from analysis_core.compression.shrinking.compact import NUMBER, Silent
from analysis_core.errors import SurgeryError
from analysis_core.models.sublayers import Part, SublayerModel


def new_numbers(model: SublayerModel, removed: Sequence[Part], silent: Collection[nn.Module]) -> dict[str, int]:
    """New numbers for attentions that stay, by path: a key-value cache counts those that are there.

    Args:
        model: the whole one.
        removed: the parts that go.
        silent: the modules that go with them.

    Raises:
        SurgeryError: the cache would keep another kind of states for an attention, or have none left.
    """
    layers, numbers = model.base.layers, {}
    for stack in dict.fromkeys(layers[part.position].stack for part in removed):
        blocks = {at: block for at, block in enumerate(model.blocks) if layers[at].stack == stack}
        gone = {at: _numbered_in(block, silent) for at, block in blocks.items()}
        for path in dict.fromkeys(path for paths in gone.values() for path in paths):
            here = [at for at, block in blocks.items() if path in dict(block.named_modules()) and path not in gone[at]]
            stay = [at for at in here if not isinstance(blocks[at].get_submodule(path), Silent)]
            if not stay and _generates(model.module):
                raise SurgeryError(
                    "It is the last attention, by which the library's cache knows how many tokens came before.",
                    where=f"{stack}, {path}",
                    remedy="Keep at least one attention.",
                )
            new = {f"{layers[at].name}.{path}": number for number, at in enumerate(stay)}
            old: dict[str, Any] = {name: getattr(model.module.get_submodule(name), NUMBER) for name in new}
            if new != old and _generates(model.module):
                _refuse_kinds(model, stack)
            numbers.update(new)
    return numbers


def _numbered_in(block: nn.Module, silent: Collection[nn.Module]) -> list[str]:
    """Paths of the numbered modules in a block that go: others may still run, with less inside."""
    gone = {path for path, module in block.named_modules() if module in silent}
    numbered = [path for path, module in block.named_modules() if path and type(vars(module).get(NUMBER)) is int]
    return [path for path in numbered if any(f"{path}.".startswith(f"{above}.") for above in gone)]


def _generates(module: Any) -> bool:
    return callable(getattr(module, "can_generate", None)) and bool(module.can_generate())


def _refuse_kinds(model: SublayerModel, stack: str) -> None:
    for configuration in configurations_of(model.module):
        kinds = getattr(configuration, "layer_types", None) or ()
        if len(set(kinds)) > 1:
            raise SurgeryError(
                f"Its attentions are of several kinds ({', '.join(sorted(set(kinds)))}), and a key-value cache expects "
                "each at its number.",
                where=stack,
                remedy="Remove whole blocks, or feed-forward parts only.",
            )


def inside(path: str, paths: Collection[str]) -> bool:
    """Whether one of the paths is this one, or begins with it."""
    return any(f"{other}.".startswith(f"{path}.") for other in paths)
