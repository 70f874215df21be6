"""Would the library build the smaller model from its description? Tried on torch's meta device."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from analysis_core.compression.configuration import container_counts
from analysis_core.errors import SurgeryError
from analysis_core.models.cuts import CUTS, apply_cuts
from analysis_core.models.libraries import build

DEPTH_ARGUMENTS = (
    "depth", "depths", "layers", "num_layers", "num_blocks", "block_depths", "n_blocks", "encoder_num_layers",
)  # fmt: skip
RUN_TIME_NAME = re.compile(r"training|grad(ient)?_checkpointing|.*drop.*")
"""Attributes that do not change what a model computes in evaluation mode."""

Difference = tuple[str, str, str]
"""Path of a module, name of its attribute (empty: the module itself), and what differs."""


def check_configuration(original: nn.Module, smaller: nn.Module) -> None:
    """Make sure that a transformers model's corrected configuration describes exactly the smaller model.

    A model without a configuration, or one that its own configuration does not describe to begin with,
    cannot be checked here and passes.

    Raises:
        SurgeryError: a rebuilt model would have other weights, or blocks that compute something else.
    """
    if not hasattr(smaller, "config") or not hasattr(type(smaller), "from_pretrained"):
        return
    try:
        expected = _from_configuration(original)
    except Exception:  # noqa: BLE001 - library code of any kind; then there is nothing to compare with
        return
    if _weight_differences(original, expected):
        return
    try:
        rebuilt = _from_configuration(smaller)
    except Exception as error:  # library code of any kind, turned into our own error
        raise SurgeryError(
            f"The library refuses the configuration without these layers: {error}",
            where=type(original).__name__,
            remedy="Remove other layers.",
        ) from error
    for path, _, difference in _new_differences(original, expected, smaller, rebuilt):
        raise SurgeryError(
            f"Its configuration cannot describe what would be left: {difference}.",
            where=f"{type(original).__name__}.{path}".rstrip("."),
            remedy="Remove other layers, so that the rest follows the architecture's pattern.",
        )


def rebuilt_description(
    description: dict[str, Any],
    original: nn.Module,
    smaller: nn.Module,
    containers: Collection[str],
    removed: Sequence[str] = (),
) -> dict[str, Any] | None:
    """What a library that builds from plain arguments (timm, torchaudio, …) needs to build the smaller model.

    Args:
        description: of the original: ``library``, ``architecture``, ``model_args`` and whatever else.
        original, smaller: the modules before and after the surgery.
        containers: paths of the containers of the layers.
        removed: paths of the blocks that went; empty where they are not known.

    Returns:
        The description with the depth corrected; where no depth argument of the architecture does it, with the blocks
        named that are to be taken out of the whole network. None where neither gives exactly the smaller model.
    """
    changed = [path for path in containers if _children(original, path) != _children(smaller, path)]
    if not changed and not removed:
        return description
    expected = _from_description(description)
    if expected is None:
        return None
    for candidate in _depth_arguments(smaller, changed) if changed else ():
        shorter = {**copy.deepcopy(description), "model_args": {**description["model_args"], **candidate}}
        rebuilt = _from_description(shorter)
        if rebuilt is not None and not _new_differences(original, expected, smaller, rebuilt):
            return shorter
    return _with_cut(description, original, expected, smaller, removed) if removed else None


def _with_cut(
    description: dict[str, Any], original: nn.Module, expected: nn.Module, smaller: nn.Module, removed: Sequence[str]
) -> dict[str, Any] | None:
    """The description with one step more that takes blocks out, and corrects what counts them."""
    cut: dict[str, Any] = {"removed": list(removed), "numbers": []}
    shorter = {**copy.deepcopy(description), CUTS: [*description.get(CUTS, ()), cut]}
    for _ in range(2):  # once to see which numbers differ, once with them corrected
        rebuilt = _from_description(shorter)
        if rebuilt is None:
            return None
        differences = _new_differences(original, expected, smaller, rebuilt)
        if not differences:
            return shorter
        named = [(path, name) for path, name, _ in differences if name]
        cut["numbers"] = [[path, name, getattr(smaller.get_submodule(path), name)] for path, name in named]
    return None


def _from_configuration(module: Any) -> nn.Module:
    """The module as its configuration describes it, after the way through JSON that an export takes."""
    configuration = type(module.config).from_dict(module.config.to_dict())
    with torch.device("meta"):
        rebuilt: nn.Module = type(module)(configuration)
    return rebuilt


def _from_description(description: dict[str, Any]) -> nn.Module | None:
    try:
        with torch.device("meta"):
            rebuilt = _built(description)
    except Exception:  # noqa: BLE001 - each architecture refuses a foreign argument in its own way
        return None
    return rebuilt


def _built(description: dict[str, Any]) -> nn.Module:
    if description.get("library", "timm") != "timm":
        return build(description)
    import timm

    module: nn.Module = timm.create_model(description["architecture"], pretrained=False, **description["model_args"])
    return apply_cuts(module, description)


def _depth_arguments(smaller: nn.Module, changed: list[str]) -> Iterator[dict[str, Any]]:
    """Ways to say how many blocks there are: one number, or one for each container of the same kind."""
    counts = list(container_counts(smaller, changed[0]).values())
    for name in DEPTH_ARGUMENTS:
        if len(counts) == 1:
            yield {name: counts[0]}
        yield {name: counts}


def _children(module: nn.Module, path: str) -> int:
    return len(list(module.get_submodule(path).children()))


def _new_differences(
    original: nn.Module, expected: nn.Module, smaller: nn.Module, rebuilt: nn.Module
) -> list[Difference]:
    """How the smaller model differs from its rebuilt twin, but for ways in which the original does too."""
    harmless = {name for _, name, _ in _differences(original, expected) if name}
    return [found for found in _differences(smaller, rebuilt) if found[1] not in harmless]


def _differences(module: nn.Module, rebuilt: nn.Module) -> list[Difference]:
    """Where two models differ in weights, or in the plain numbers and switches that steer their modules."""
    weights = _weight_differences(module, rebuilt)
    if weights:
        return weights
    twins = dict(rebuilt.named_modules())
    found: list[Difference] = []
    for path, part in module.named_modules():
        twin = twins.get(path)
        if twin is None or type(twin) is not type(part):
            found.append((path, "", f"{path} would be a {type(twin).__name__}"))
            continue
        if "Drop" in type(part).__name__:
            continue
        other = vars(twin)
        for name, value in vars(part).items():
            if name.startswith("_") or RUN_TIME_NAME.fullmatch(name) or not _is_plain(value):
                continue
            if name not in other or other[name] != value:
                found.append((path, name, f"'{name}' would be {other.get(name)} instead of {value}"))
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, float, str))


def _weight_differences(module: nn.Module, rebuilt: nn.Module) -> list[Difference]:
    ours = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    theirs = {name: tuple(tensor.shape) for name, tensor in rebuilt.state_dict().items()}
    return [
        (name, "", f"the weight {name} would be {theirs.get(name, 'missing')}, not {ours.get(name, 'none')}")
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name)
    ]
