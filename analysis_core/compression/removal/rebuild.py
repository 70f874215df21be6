"""Would the library build the smaller model from its description? Tried on torch's meta device."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from analysis_core.compression.removal.configuration import container_counts
from analysis_core.errors import SurgeryError
from analysis_core.models.cuts import CUTS, apply_cuts
from analysis_core.models.libraries import build

DEPTH_ARGUMENTS = (
    "depth", "depths", "layers", "num_layers", "num_blocks", "block_depths", "n_blocks", "encoder_num_layers",
)  # fmt: skip
RUN_TIME_NAME = re.compile(r"training|grad(ient)?_checkpointing|.*drop.*")
"""Attributes that do not change what a model computes in evaluation mode."""


class NotDescribedError(SurgeryError):
    """The library cannot build a smaller model from a configuration of its own kind."""


class Difference(NamedTuple):
    """Where a model and its rebuilt twin differ.

    Args:
        path: of a module or weight.
        what: in words.
        name: of the module's attribute; empty where the module itself, or a weight, differs.
        classes: of the module and of its twin, where these differ.
    """

    path: str
    what: str
    name: str = ""
    classes: tuple[str, str] | None = None


class Blueprint:
    """What a transformers model's own configuration makes of it, to hold smaller models against.

    A model without a configuration, or one that its own configuration does not describe to begin with, cannot be
    checked: every smaller model passes.

    Args:
        original: the model before anything is taken out.
    """

    def __init__(self, original: nn.Module) -> None:
        self._original, self._expected = original, None
        if hasattr(original, "config") and hasattr(type(original), "from_pretrained"):
            expected = _built_from_configuration(original)
            if isinstance(expected, nn.Module) and not _weight_differences(original, expected):
                self._expected = expected

    @property
    def exists(self) -> bool:
        """Whether smaller models can be checked."""
        return self._expected is not None

    def check(self, smaller: nn.Module) -> None:
        """Make sure that the corrected configuration describes exactly the smaller model.

        Raises:
            NotDescribedError: a rebuilt model would have other weights, or blocks that compute something else.
        """
        name = type(self._original).__name__
        for found in self.differences(smaller):
            raise NotDescribedError(
                f"Its configuration cannot describe what would be left: {found.what}.",
                where=f"{name}.{found.path}".rstrip("."),
                remedy="Remove other layers, so that the rest follows the architecture's pattern.",
            )

    def differences(self, smaller: nn.Module) -> list[Difference]:
        """How the smaller model differs from what its configuration describes; empty where that cannot be checked.

        Raises:
            NotDescribedError: the library refuses the configuration.
        """
        if self._expected is None:
            return []
        return _new_differences(self._original, self._expected, smaller, self.rebuild(smaller))

    def rebuild(self, smaller: nn.Module) -> nn.Module:
        """What the library builds from the smaller model's configuration, without numbers.

        Raises:
            NotDescribedError: the library refuses it.
        """
        rebuilt = _built_from_configuration(smaller)
        if not isinstance(rebuilt, nn.Module):
            raise NotDescribedError(
                f"The library refuses the configuration without these layers: {rebuilt}",
                where=type(self._original).__name__,
                remedy="Remove other layers.",
            ) from rebuilt
        return rebuilt


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
        named = [(found.path, found.name) for found in differences if found.name]
        cut["numbers"] = [[path, name, getattr(smaller.get_submodule(path), name)] for path, name in named]
    return None


def _built_from_configuration(module: Any) -> nn.Module | Exception:
    """The module as its configuration describes it, after the way through JSON that an export takes, or the refusal."""
    try:
        configuration = type(module.config).from_dict(module.config.to_dict())
        with torch.device("meta"):
            rebuilt: nn.Module = apply_cuts(type(module)(configuration), configuration.to_dict())
    except Exception as error:  # noqa: BLE001 - library code of any kind
        return error
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
    known = _differences(original, expected)
    harmless = {found.name for found in known if found.name} | {found.classes for found in known if found.classes}
    return [found for found in _differences(smaller, rebuilt) if (found.name or found.classes) not in harmless]


def _differences(module: nn.Module, rebuilt: nn.Module) -> list[Difference]:
    """Where two models differ in weights, or in the plain numbers and switches that steer their modules."""
    weights = _weight_differences(module, rebuilt)
    if weights:
        return weights
    twins = dict(rebuilt.named_modules())
    found: list[Difference] = []
    for path, part in module.named_modules():
        twin = twins.get(path)
        if "Drop" in type(part).__name__ or "drop" in path.rpartition(".")[2].lower():
            continue
        if twin is None or type(twin) is not type(part):
            classes = (type(part).__name__, type(twin).__name__)
            found.append(Difference(path, f"{path} would be a {classes[1]}", classes=classes))
            continue
        other = vars(twin)
        for name, value in vars(part).items():
            if name.startswith("_") or RUN_TIME_NAME.fullmatch(name) or not _is_plain(value):
                continue
            if name not in other or other[name] != value:
                found.append(Difference(path, f"'{name}' would be {other.get(name)} instead of {value}", name))
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, float, str))


def _weight_differences(module: nn.Module, rebuilt: nn.Module) -> list[Difference]:
    ours = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    theirs = {name: tuple(tensor.shape) for name, tensor in rebuilt.state_dict().items()}
    return [
        Difference(name, f"the weight {name} would be {theirs.get(name, 'missing')}, not {ours.get(name, 'none')}")
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name)
    ]
