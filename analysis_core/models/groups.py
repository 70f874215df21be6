"""For nets in which nothing repeats: the parts that hold the weights, as large as can be without one holding another.

Leaves with weights are grouped by their parent. A module that mixes leaves with larger parts is no group, and neither
is the net itself: there each leaf stands for itself.
"""

from __future__ import annotations

from torch import nn

from analysis_core.models.stacks import has_matrix, is_plain_layer


def leaf_groups(module: nn.Module) -> dict[str, nn.Module]:
    """The groups by path, in the order of registration; norms and embeddings only where there is nothing else.

    A net that is a single leaf, or that holds its weights itself, is its own group, under the empty path.
    """
    parts = _each_once(_parts(module, "", is_net=True))
    wanted = {path: part for path, part in parts.items() if has_matrix(part) and is_plain_layer(part)}
    if not parts and any(True for _ in module.parameters()):
        return {"": module}
    return wanted or parts


def _parts(module: nn.Module, path: str, *, is_net: bool = False) -> dict[str, nn.Module]:
    children = {
        f"{path}.{name}".lstrip("."): child
        for name, child in module.named_children()
        if any(True for _ in child.parameters())
    }
    holds_matrices = any(weight.dim() > 1 for weight in module.parameters(recurse=False))
    if not is_net and (holds_matrices or not any(map(_is_composite, children.values()))):
        return {path: module}
    return {inner: part for name, child in children.items() for inner, part in _parts(child, name).items()}


def _each_once(parts: dict[str, nn.Module]) -> dict[str, nn.Module]:
    """Without further paths of a module that is used in several places."""
    first = {id(part): path for path, part in reversed(parts.items())}
    return {path: part for path, part in parts.items() if first[id(part)] == path}


def _is_composite(module: nn.Module) -> bool:
    return any(any(True for _ in child.parameters()) for child in module.children())
