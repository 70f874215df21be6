"""Find the repeated blocks of a model in the names of its tensors, before anything is built. No torch here.

A look ahead for the app: the analysis itself takes the module apart (:mod:`analysis_core.models.stacks`), by the same
idea: containers whose paths differ in numbers only play one role, and members that are stages are opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis_core.models.tensor_headers import TensorHeader

_BUFFERS = ("running_mean", "running_var", "num_batches_tracked", "position_ids", "inv_freq", "position_index")
_SIDE_SHARE = 0.1
"""A stack counts beside the largest from this share of its weights on."""
_STAGE_SHARE = 0.5
"""Members whose inner blocks hold this much of their weights, and are alike, are stages."""
_MOST_STAGES = 8


@dataclass
class _Stack:
    """Members of one role: path -> size of each of its tensors, by name within the member."""

    members: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(sum(tensors.values()) for tensors in self.members.values())


def parameters_in(tensors: Mapping[str, TensorHeader]) -> int:
    """How many numbers a model learns, as far as its tensors' names tell; running statistics are left out."""
    return sum(_sizes(tensors).values())


def stacks_in(tensors: Mapping[str, TensorHeader]) -> dict[str, int]:
    """How many repeated blocks each stack holds, by the path of its container; empty where nothing repeats.

    Args:
        tensors: headers by name, such as ``"encoder.layer.3.output.dense.weight"``.
    """
    found = {role: _down_to_blocks(role, stack) for role, stack in _collect(_sizes(tensors)).items()}
    repeated = {role: stack for role, stack in found.values() if len(stack.members) > 1}
    largest = max((stack.size for stack in repeated.values()), default=0)
    kept = {role: len(stack.members) for role, stack in repeated.items() if stack.size >= _SIDE_SHARE * largest}
    return dict(sorted(kept.items(), key=lambda item: "decoder" in item[0]))  # files list their tensors by name


def _sizes(tensors: Mapping[str, TensorHeader]) -> dict[str, int]:
    return {name: header.elements for name, header in tensors.items() if not name.endswith(_BUFFERS)}


def _collect(sizes: Mapping[str, int], prefix: str = "") -> dict[str, _Stack]:
    """The outermost stacks in some tensors' names, in order of appearance."""
    found: dict[str, _Stack] = {}
    for name, size in sizes.items():
        parts = name.split(".")
        place = next((at for at, part in enumerate(parts[:-1]) if part.isdigit()), None)
        if place is None:
            continue
        role = re.sub(r"\d+(?=\.|$)", "*", ".".join([*filter(None, [prefix]), *parts[:place]]))
        member = ".".join([*filter(None, [prefix]), *parts[: place + 1]])
        rest = ".".join(parts[place + 1 :])
        found.setdefault(role, _Stack()).members.setdefault(member, {})[rest] = size
    return found


def _down_to_blocks(role: str, stack: _Stack) -> tuple[str, _Stack]:
    """The stack itself, or, where its members are stages, the stack of the blocks inside them."""
    if len(stack.members) > _MOST_STAGES:
        return role, stack
    inner: dict[str, _Stack] = {}
    for member, tensors in stack.members.items():
        for path, nested in _collect(tensors, member).items():
            inner.setdefault(path, _Stack()).members.update(nested.members)
    best = max(inner, key=lambda path: inner[path].size, default="")
    if not best or inner[best].size < _STAGE_SHARE * stack.size or not _alike(inner[best]):
        return role, stack
    return best, inner[best]


def _alike(stack: _Stack) -> bool:
    """Whether most members hold tensors of the same names."""
    shapes = [frozenset(tensors) for tensors in stack.members.values()]
    most_common = max(shapes.count(shape) for shape in shapes)
    return 2 * most_common > len(shapes)
