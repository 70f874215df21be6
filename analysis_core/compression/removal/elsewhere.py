"""What a model keeps of its layers outside of them: weights with a share for each layer, numbers that count them.

Gemma's newer models, for one, embed each token once for every layer, in a single table. Such shares lie one after the
other, so those of removed layers can be cut out; the shapes that the library builds tell where.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.compression.removal.configuration import Cut


def adopt_counts(smaller: nn.Module, rebuilt: nn.Module, cut: Cut) -> None:
    """Correct numbers of modules anywhere that were the depth and are the new depth in the rebuilt model."""
    twins = dict(rebuilt.named_modules())
    for path, part in smaller.named_modules():
        twin = vars(twins[path]) if path in twins else {}
        for name, value in list(vars(part).items()):
            if type(value) is int and value == cut.before and twin.get(name) == len(cut.kept):
                setattr(part, name, len(cut.kept))


def cut_shares(smaller: nn.Module, rebuilt: nn.Module, cut: Cut) -> bool:
    """Cut the removed layers' shares out of weights that have one for each layer.

    Args:
        smaller: the model without the layers; its weights are replaced.
        rebuilt: what the library builds from the corrected configuration.
        cut: what was taken out.

    Returns:
        Whether every weight now has the rebuilt one's shape. Nothing is changed where one cannot.
    """
    ours, theirs = smaller.state_dict(), rebuilt.state_dict()
    places = {name: _place(ours[name], theirs[name], cut) for name in ours.keys() & theirs.keys()}
    if ours.keys() != theirs.keys() or any(place is None for place in places.values()):
        return False
    replaced: dict[int, Any] = {}
    for name, place in places.items():
        if place is not None and place >= 0:
            owner_path, _, leaf = name.rpartition(".")
            owner, twin = smaller.get_submodule(owner_path), rebuilt.get_submodule(owner_path)
            weight = getattr(owner, leaf)
            if id(weight) not in replaced:
                kept = _without_shares(weight.detach(), place, cut)
                is_learned = isinstance(weight, nn.Parameter)
                replaced[id(weight)] = nn.Parameter(kept, weight.requires_grad) if is_learned else kept
            setattr(owner, leaf, replaced[id(weight)])
            _adopt_widths(owner, twin, cut)
    return True


def _place(ours: Tensor, theirs: Tensor, cut: Cut) -> int | None:
    """The dimension with a share for each layer; -1 where the shapes are the same, None where they do not fit."""
    if ours.shape == theirs.shape:
        return -1
    if ours.dim() != theirs.dim():
        return None
    different = [place for place in range(ours.dim()) if ours.shape[place] != theirs.shape[place]]
    fits = len(different) == 1 and ours.shape[different[0]] * len(cut.kept) == theirs.shape[different[0]] * cut.before
    return different[0] if fits else None


def _without_shares(weight: Tensor, place: int, cut: Cut) -> Tensor:
    each = weight.shape[place] // cut.before
    kept = torch.cat([torch.arange(position * each, (position + 1) * each) for position in cut.kept])
    return weight.index_select(place, kept.to(weight.device))


def _adopt_widths(owner: nn.Module, twin: nn.Module, cut: Cut) -> None:
    """``out_features`` and the like."""
    for name, value in list(vars(owner).items()):
        new = vars(twin).get(name)
        if type(value) is int and type(new) is int and value * len(cut.kept) == new * cut.before:
            setattr(owner, name, new)
