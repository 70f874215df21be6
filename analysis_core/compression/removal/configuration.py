"""Numbers that count or list a model's layers, corrected after some were taken out.

They are found by value *and* by name, in configurations and in modules alike, so that no table of models is
needed: ``num_hidden_layers = 12`` beside a stack of 12 blocks is its depth, ``num_attention_heads = 12`` is
not. Where a model has parts with configurations of their own, the nearest one counts: a text tower of 12 blocks
leaves the ``num_hidden_layers = 12`` of the whole alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

from analysis_core.errors import SurgeryError

DEPTH_NAME = re.compile(
    r"(encoder_|decoder_)?(num_|n_)?(hidden_|encoder_|decoder_|block_|attention_|transformer_)?(layers?|blocks?|depth)"
)
INDEX_NAME = re.compile(r"(layer|block)_(idx|id|index|num|number)|seed")
PER_LAYER_LIST_NAME = re.compile(r".*(layer|block|window|rope|pattern|types).*")
STAGE_LIST_NAME = re.compile(r"(?!_).*(depth|layer|block).*")
INDEX_LIST_NAME = re.compile(r"(?!_?out_).*(layers|blocks|indices|indexes)")
BOUNDARY_NAME = re.compile(r".*(up_to|until)_(layer|block)")
"""How many blocks stand before something happens, such as a class token that joins in."""
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


def correct_descriptions(module: nn.Module, cut: Cut, later: Sequence[Cut] = ()) -> None:
    """Correct everything on and above a container that counts or lists its blocks.

    Args:
        module: the whole model, a copy that may be changed; its container is already cut.
        cut: what was taken out.
        later: what was taken out of other containers, and is corrected after this.

    Raises:
        SurgeryError: a part behind the blocks needs what was taken out.
    """
    stages = container_counts(module, cut.container)
    stages |= {other.container: other.before for other in later if other.container in stages}
    done: list[Any] = []
    spoken_for: list[Any] = []
    for owner in _ancestors(module, cut.container):
        configurations = [getattr(owner, name, None) for name in CONFIGURATION_NAMES]
        for described in (owner, *configurations):
            if not hasattr(described, "__dict__") or any(described is other for other in done):
                continue
            done.append(described)
            if described is not owner and any(holds(described, inner) for inner in spoken_for):
                continue
            if len(stages) > 1:
                _correct_stages(described, cut, stages)
                continue
            whole = any(described is getattr(module, name, None) for name in CONFIGURATION_NAMES)
            if correct_fields(described, cut, whole_model=whole) and described is not owner:
                spoken_for.append(described)


def holds(configuration: Any, inner: Any) -> bool:
    """Whether a configuration is a part of another one."""
    parts = [value for value in vars(configuration).values() if hasattr(value, "to_dict")]
    return any(part is inner or holds(part, inner) for part in parts)


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


def correct_fields(
    owner: Any, cut: Cut, *, whole_model: bool, names: Collection[str] | None = None, all_lists: bool = False
) -> bool:
    """Correct one configuration, or the plain attributes of one module.

    Args:
        owner: what is corrected.
        cut: what was taken out.
        whole_model: whether it describes the whole model, in which a plain ``num_layers`` is the encoder's.
        names: numbers that are set instead of those whose names tell that they are the depth.
        all_lists: whether every list with one entry a block is cut, whatever its name.

    Returns:
        Whether anything was corrected.
    """
    fields = {name: value for name, value in vars(owner).items() if not name.startswith("_")}
    changes: dict[str, Any] = dict.fromkeys(
        _depth_names(fields, cut, whole_model) if names is None else names, len(cut.kept)
    )
    for name, value in fields.items():
        if isinstance(value, (list, tuple)) and _concerns(name, cut.side):
            shorter = _shorter_list(name, value, cut, all_lists)
            if shorter is not None:
                changes[name] = type(value)(shorter)
        elif BOUNDARY_NAME.fullmatch(name) and type(value) is int and 0 <= value <= cut.before:
            changes[name] = sum(position < value for position in cut.kept)
    overrides = _overrides(owner) if changes else {}
    if overrides:
        owner.per_layer_config = None
    for name, value in changes.items():
        setattr(owner, name, value)
    if overrides:
        new = {old: position for position, old in enumerate(cut.kept)}
        owner.per_layer_config = {new[int(old)]: own for old, own in overrides.items() if int(old) in new}
    if changes:
        _correct_outputs(owner, cut)
    return bool(changes)


def _overrides(owner: Any) -> dict[str, Any]:
    """What single layers have of their own, by their number: transformers' heterogeneous configurations."""
    is_heterogeneous = not isinstance(owner, nn.Module) and getattr(owner, "is_heterogeneous", False)
    return dict(owner.to_dict().get("per_layer_config", {})) if is_heterogeneous else {}


def _correct_outputs(owner: Any, cut: Cut) -> None:
    """Which blocks a backbone's outputs come from; block 1 is the first, 0 what stands before it."""
    stages = getattr(owner, "stage_names", None)
    if isinstance(owner, nn.Module) or not stages or len(stages) != cut.before + 1:
        return
    before = [index % len(stages) for index in owner.out_indices]
    after = [sum(position < index for position in cut.kept) for index in before]
    if len(set(after)) < len(before):
        raise SurgeryError(
            "What it puts out is used by a part of its own behind the blocks.",
            where=cut.container,
            remedy="Remove blocks whose outputs go to the next block only.",
        )
    owner.stage_names = stages[: len(cut.kept) + 1]
    owner.set_output_features_output_indices(out_features=None, out_indices=after)


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


def _shorter_list(name: str, values: Sequence[Any], cut: Cut, any_name: bool) -> list[Any] | None:
    """A list with one entry a block, or of block numbers, without the removed; None for any other list."""
    repeated = _repeated(values)
    if repeated is not None and len(repeated) == cut.before and PER_LAYER_LIST_NAME.fullmatch(name):
        return [[[repeated[position] for position in cut.kept], 1]]
    if len(values) == cut.before and (any_name or PER_LAYER_LIST_NAME.fullmatch(name)):
        return [values[position] for position in cut.kept]
    if INDEX_LIST_NAME.fullmatch(name) and _are_positions(values, cut.before):
        new = {old: position for position, old in enumerate(cut.kept)}
        return [new[value] for value in values if value in new]
    return None


def _repeated(values: Sequence[Any]) -> list[Any] | None:
    """GPT-Neo's way, ``[[["global", "local"], 12]]``: patterns with how often each comes; None for any other list."""
    if not all(isinstance(v, (list, tuple)) and len(v) == 2 and isinstance(v[0], list) for v in values):
        return None
    if not all(type(times) is int for _, times in values):
        return None
    return [kind for pattern, times in values for kind in pattern * times]


def _are_positions(values: Sequence[Any], count: int) -> bool:
    if not values or any(type(value) is not int or not 0 <= value < count for value in values):
        return False
    return all(first < second for first, second in pairwise(values))
