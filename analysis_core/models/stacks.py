"""Find the repeated blocks of any module by the containers that they stand in.

Blocks live in containers (``Sequential``, ``ModuleList``, ``ModuleDict``). Containers that play the same part
share a *role*: their path with every number replaced by a star, e.g. ``stages.*.blocks``. One role makes one
:class:`Stack`, a candidate for "the layers of this model". Where the members of a stack are stages that hold
blocks themselves, the blocks are taken; small side stacks (heads, stems) are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import nn

from analysis_core.models.kinds import kind_of
from analysis_core.vocabulary import LayerKind

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_LISTS = (nn.ModuleList, nn.ModuleDict)

_PARALLEL_WORDS = ("expert", "branch", "head")
"""Containers so named hold members that stand side by side, not one after the other."""
_SIDE_SHARE = {True: 0.02, False: 0.25}
"""A stack counts beside the largest from this share of its weights on; less is asked where it attends."""
_STAGE_SHARE = 0.5
"""Members whose inner blocks hold this much of their weights are stages, not blocks."""
_STEM_SHARE = 0.2
"""Members without inner blocks, such as a stem among the stages, may hold this much of the weights."""
_MOST_STAGES = 8
"""More members than this are blocks, whatever repeats inside them."""
_LEAST_SHARE = 0.2
"""Containers that hold less than this of a model's weights are not where its blocks are."""
_NUMBERED = re.compile(r"\d+[a-z]?$")


@dataclass
class Stack:
    """All members of one role, in the order of registration.

    Args:
        members: path -> block; members without weights are no layers and are left out.
        nested: the stacks inside the members, by role.
    """

    members: dict[str, nn.Module] = field(default_factory=dict)
    nested: dict[str, Stack] = field(default_factory=dict)

    @property
    def weights(self) -> int:
        """Numbers that all members hold, tied ones once."""
        return sum({id(p): p.numel() for m in self.members.values() for p in m.parameters()}.values())

    @property
    def attends(self) -> bool:
        """True where most members are transformer blocks."""
        kinds = Counter(kind_of(member) for member in self.members.values())
        return bool(kinds) and kinds.most_common(1)[0][0] is LayerKind.TRANSFORMER

    @property
    def is_composite(self) -> bool:
        """True where the members are built from other modules."""
        return any(_is_composite(member) for member in self.members.values())

    @property
    def holds_blocks(self) -> bool:
        """True where half the members hold two weight matrices: a convolution with its norm is no block."""
        matrices = [sum(p.dim() > 1 for p in member.parameters()) for member in self.members.values()]
        return 2 * sum(count > 1 for count in matrices) >= len(matrices) > 0


def find_blocks(module: nn.Module) -> dict[str, nn.Module]:
    """The repeated blocks of a module by path, in the order of registration; empty when there are none."""
    top: dict[str, Stack] = {}
    _collect(module, "", top)
    blocks = [_tidy(_down_to_blocks(stack)) for stack in top.values()]
    chosen = _choose([stack for stack in blocks if _is_repeated(stack)])
    if _weights(chosen) < _LEAST_SHARE * Stack({"": module}).weights:
        numbered = _numbered_attributes(module)
        if not _are_stages(numbered, chosen):
            chosen = max(chosen, numbered, key=_weights)
    wanted = {path for stack in chosen for path in stack.members}
    return {path: block for path, block in module.named_modules() if path in wanted}


def role_of(path: str) -> str:
    """A path with its numbers replaced: ``"stages.0.blocks"`` and ``"stages.1.blocks"`` play one role."""
    return re.sub(r"\d+(?=\.|$)", "*", path)


def _collect(module: nn.Module, path: str, found: dict[str, Stack]) -> None:
    """Gather the outermost stacks of a module; stacks inside their members become ``nested``."""
    prefix = f"{path}." if path else ""
    if not _is_container(module):
        for name, child in module.named_children():
            _collect(child, prefix + name, found)
        return
    if _is_parallel(path.rpartition(".")[2]):
        if "branch" in path.rpartition(".")[2].lower():  # which may be chains of blocks of their own
            for name, member in module.named_children():
                _collect(member, prefix + name, found)
        return
    stack = found.setdefault(role_of(path), Stack())
    for name, member in module.named_children():
        if _has_any(member.parameters()):
            stack.members[prefix + name] = member
            _collect(member, prefix + name, stack.nested)


def _is_container(module: nn.Module) -> bool:
    """torch's own containers, and modules that hold nothing but numbered blocks (``b1``, ``b2``, …)."""
    if isinstance(module, CONTAINERS):
        return True
    children = [(name, child) for name, child in module.named_children() if _has_any(child.parameters())]
    numbered = all(_NUMBERED.search(name) and _is_composite(child) for name, child in children)
    return bool(children) and numbered and not any(_is_parallel(name) for name, _ in children)


def _is_parallel(name: str) -> bool:
    return any(word in name.lower() for word in _PARALLEL_WORDS)


def _down_to_blocks(stack: Stack) -> Stack:
    """The stack itself, or, where its members are stages, the stack of the blocks inside them."""
    inner = max(stack.nested.values(), key=lambda nested: nested.weights, default=None)
    if inner is None or inner.weights < _STAGE_SHARE * stack.weights:
        return stack
    # A list does not run: whatever is in it comes nearer to a block.
    if not inner.holds_blocks and not all(type(m) in _LISTS for m in stack.members.values()):
        return stack
    held = {p: block for p, block in inner.members.items() if _is_composite(block) or not inner.is_composite}
    per_member = {
        member: [type(block) for path, block in held.items() if path.startswith(f"{member}.")]
        for member in stack.members
    }
    stages = {path: member for path, member in stack.members.items() if per_member[path]}
    if all(type(stage) in CONTAINERS for stage in stages.values()):
        return _down_to_blocks(inner)
    without = Stack({path: member for path, member in stack.members.items() if path not in stages})
    repeats_within = any(count > 1 for blocks in per_member.values() for count in Counter(blocks).values())
    if repeats_within and len(stages) <= _MOST_STAGES and without.weights <= _STEM_SHARE * stack.weights:
        return _down_to_blocks(inner)
    return stack


def _tidy(stack: Stack) -> Stack:
    """Leave out what stands in a container without being a block: norms, embeddings, stems and heads."""
    members = {path: m for path, m in stack.members.items() if _is_composite(m)}
    if not members:
        members = {path: m for path, m in stack.members.items() if is_plain_layer(m)}
    counts = Counter(type(member) for member in members.values())
    containers = {path.rpartition(".")[0] for path in members}
    if len(containers) == 1 and counts and max(counts.values()) > 1:
        first, last = next(iter(members)), next(reversed(members))
        at_the_ends = Counter(type(members[end]) for end in (first, last))
        for end in (first, last):
            kind = type(members[end])
            if counts[kind] == at_the_ends[kind] < max(counts.values()) and kind not in CONTAINERS:
                del members[end]
    return Stack(members, stack.nested)


def _is_repeated(stack: Stack) -> bool:
    """Several blocks of one class, or a single transformer block (what a deep cut leaves behind)."""
    counts = Counter(type(member) for member in stack.members.values())
    return max(counts.values(), default=0) > 1 or (stack.is_composite and stack.attends)


def _choose(stacks: list[Stack]) -> list[Stack]:
    """The stacks that make up the model: the largest one and those that bear comparison with it."""
    composite = [stack for stack in stacks if stack.is_composite]
    blocks = [stack for stack in composite if stack.holds_blocks]
    if _weights(blocks) < _LEAST_SHARE * _weights(composite):
        blocks = composite
    candidates = blocks or stacks
    largest = max((stack.weights for stack in candidates), default=0)
    return [stack for stack in candidates if stack.weights >= _side_share(stack) * largest]


def _side_share(stack: Stack) -> float:
    """In nets of plain layers, such as VGG, where the last three hold most weights, all of them count."""
    return _SIDE_SHARE[stack.attends or not stack.is_composite]


def _are_stages(numbered: list[Stack], blocks: list[Stack]) -> bool:
    """Whether numbered attributes are no more than containers of the blocks that were found in them."""
    members = [(path, member) for stack in numbered for path, member in stack.members.items()]
    held = [member for path, member in members if any(b.startswith(f"{path}.") for s in blocks for b in s.members)]
    return bool(held) and all(type(member) in CONTAINERS for member in held)


def _numbered_attributes(module: nn.Module) -> list[Stack]:
    """For models without containers: attributes such as ``block1`` … ``block12``, of one class or several."""
    for path, parent in module.named_modules():
        prefix = f"{path}." if path else ""
        numbered = {
            prefix + name: child
            for name, child in parent.named_children()
            if _NUMBERED.search(name) and _is_composite(child)
        }
        stack = _tidy(Stack(numbered))
        if _is_repeated(stack) and len(stack.members) > 1:
            return [stack]
    return []


def _weights(stacks: list[Stack]) -> int:
    return sum(stack.weights for stack in stacks)


def _is_composite(module: nn.Module) -> bool:
    """Built from other modules, and holding a weight matrix: a norm with its activation is no block."""
    return _has_any(module.children()) and has_matrix(module)


def has_matrix(module: nn.Module) -> bool:
    """Whether it holds more than vectors, such as a norm's scale."""
    return any(weight.dim() > 1 for weight in module.parameters())


def is_plain_layer(module: nn.Module) -> bool:
    """Neither a norm nor a table of embeddings."""
    name = type(module).__name__.lower()
    return not isinstance(module, nn.Embedding) and "norm" not in name


def _has_any(items: Iterable[object]) -> bool:
    return any(True for _ in items)
