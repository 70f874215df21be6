"""Numbers that count or list a model's layers, corrected after some were taken out.

They are found by value *and* by name, in configurations and in modules alike, so that no table of models is
needed: ``num_hidden_layers = 12`` beside a stack of 12 blocks is its depth, ``num_attention_heads = 12`` is
not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

DEPTH_NAME = re.compile(
    r"(encoder_|decoder_)?(num_|n_)?(hidden_|encoder_|decoder_|block_|attention_|transformer_)?(layers?|blocks?|depth)"
)
INDEX_NAME = re.compile(r"(layer|block)_(idx|id|index|num|number)")
PER_LAYER_LIST_NAME = re.compile(r".*(layer|block|window|rope|pattern|types).*")
STAGE_LIST_NAME = re.compile(r"(?!_).*(depth|layer|block).*")
INDEX_LIST_NAME = re.compile(r"(?!_?out_).*(layers|blocks|indices|indexes)")
CONFIGURATION_NAMES = ("config", "cfg")


@dataclass(frozen=True)
class Cut:
    """What one container loses.

    Args:
        container: path of the container in the model; empty for the model itself.
        keys: names of all its children that count as blocks, in order.
        removed: positions within ``keys`` of those that go, ascending.
    """

    container: str
    keys: tuple[str, ...]
    removed: tuple[int, ...]

    @property
    def before(self) -> int:
        """How many blocks there were."""
        return len(self.keys)

    @property
    def kept(self) -> tuple[int, ...]:
        """Positions of the blocks that stay, ascending."""
        return tuple(position for position in range(self.before) if position not in self.removed)

    @property
    def side(self) -> str:
        """``"encoder"``, ``"decoder"``, or empty: which half of a model the container stands in."""
        sides = [part for part in ("decoder", "encoder") if part in self.container]
        return sides[0] if sides else ""


def correct_descriptions(module: nn.Module, cut: Cut) -> None:
    """Correct everything on and above a container that counts or lists its blocks.

    Args:
        module: the whole model, a copy that may be changed; its container is already cut.
        cut: what was taken out.
    """
    stages = container_counts(module, cut.container)
    done: set[int] = set()
    for owner in _ancestors(module, cut.container):
        configurations = [getattr(owner, name, None) for name in CONFIGURATION_NAMES]
        for described in (owner, *configurations):
            if not hasattr(described, "__dict__") or id(described) in done:
                continue
            done.add(id(described))
            if len(stages) > 1:
                _correct_stages(described, cut, stages)
            else:
                whole = any(described is getattr(module, name, None) for name in CONFIGURATION_NAMES)
                _correct_fields(described, cut, whole_model=whole)


def container_counts(module: nn.Module, container: str) -> dict[str, int]:
    """How many blocks each container of the same kind holds, by path: stages differ in their numbers only."""
    pattern = re.compile(re.sub(r"\d+", r"\\d+", re.escape(container)))
    return {path: len(list(part.children())) for path, part in module.named_modules() if pattern.fullmatch(path)}


def renumber_block(block: nn.Module, old: int, new: int) -> None:
    """Give a block and everything under it its new position, e.g. for its place in the key-value cache."""
    for part in block.modules():
        for name, value in list(vars(part).items()):
            # Some libraries count from 1, which the second value allows for.
            if INDEX_NAME.fullmatch(name) and type(value) is int and value in (old, old + 1):
                setattr(part, name, value - old + new)


def _ancestors(module: nn.Module, path: str) -> Iterator[nn.Module]:
    """The module of a path and every module above it, from the inside out."""
    parts = path.split(".") if path else []
    for length in range(len(parts), -1, -1):
        yield module.get_submodule(".".join(parts[:length]))


def _correct_fields(owner: Any, cut: Cut, *, whole_model: bool) -> None:
    fields = {name: value for name, value in vars(owner).items() if not name.startswith("_")}
    for name in _depth_names(fields, cut, whole_model):
        setattr(owner, name, len(cut.kept))
    for name, value in fields.items():
        if isinstance(value, (list, tuple)) and _concerns(name, cut.side):
            shorter = _shorter_list(name, value, cut)
            if shorter is not None:
                setattr(owner, name, type(value)(shorter))


def _correct_stages(owner: Any, cut: Cut, counts: Mapping[str, int]) -> None:
    """Correct lists with one number of blocks a stage, and a stage's own number of blocks."""
    before = [count + len(cut.removed) * (path == cut.container) for path, count in counts.items()]
    for name, value in list(vars(owner).items()):
        if isinstance(value, (list, tuple)) and list(value) == before and STAGE_LIST_NAME.fullmatch(name):
            setattr(owner, name, type(value)(counts.values()))
        inside = isinstance(owner, nn.Module) and type(value) is int and value == cut.before
        if inside and DEPTH_NAME.fullmatch(name):
            setattr(owner, name, len(cut.kept))


def _depth_names(fields: Mapping[str, Any], cut: Cut, whole_model: bool) -> list[str]:
    """Names of the numbers that are the container's depth.

    In the description of a whole encoder-decoder a plain ``num_layers`` is the encoder's depth.
    """
    names = [
        name
        for name, value in fields.items()
        if type(value) is int and value == cut.before and DEPTH_NAME.fullmatch(name) and _concerns(name, cut.side)
    ]
    own = [name for name in names if "decoder" in name]
    return own if whole_model and own and cut.side == "decoder" else names


def _concerns(name: str, side: str) -> bool:
    """False for a name that speaks of the other half of the model."""
    other = {"encoder": "decoder", "decoder": "encoder"}.get(side)
    return other is None or other not in name


def _shorter_list(name: str, values: Sequence[Any], cut: Cut) -> list[Any] | None:
    """A list with one entry a block, or of block numbers, without the removed; None for any other list."""
    if len(values) == cut.before and PER_LAYER_LIST_NAME.fullmatch(name):
        return [values[position] for position in cut.kept]
    if INDEX_LIST_NAME.fullmatch(name) and _are_positions(values, cut.before):
        new = {old: position for position, old in enumerate(cut.kept)}
        return [new[value] for value in values if value in new]
    return None


def _are_positions(values: Sequence[Any], count: int) -> bool:
    if not values or any(type(value) is not int or not 0 <= value < count for value in values):
        return False
    return all(first < second for first, second in pairwise(values))
