"""Describe a smaller transformers model as the whole one with blocks taken out.

Many architectures follow a pattern that no number in their configuration can shorten: one block for each kernel of a
list in the library's code, a scale that follows from the depth. The configuration then stays that of the whole model
and names the blocks to take out under ``"cuts"``, as that of a timm model does. Only a script can load such an export.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from torch import nn

from analysis_core.compression.removal.configuration import Cut, correct_descriptions
from analysis_core.compression.removal.description import configurations_of, restore
from analysis_core.compression.removal.rebuild import Blueprint
from analysis_core.errors import SurgeryError
from analysis_core.models.cuts import CUTS


def describe_by_cuts(original: nn.Module, smaller: nn.Module, cuts: Sequence[Cut]) -> None:
    """Add a step to the smaller model's configuration that makes exactly it out of the whole model.

    Numbers of modules that count the blocks, such as how often a loop runs, are corrected by their names.

    Args:
        original: the model before.
        smaller: a copy without some blocks, whose configurations are still those of the original.
        cuts: what was taken out.

    Raises:
        SurgeryError: it is no transformers model that its configuration describes, or more has changed than blocks.
    """
    blueprint = Blueprint(original)
    if not blueprint.exists:
        raise SurgeryError("No configuration describes this model.", where=type(original).__name__, remedy="Keep it.")
    configurations = list(configurations_of(smaller))
    before = [dict(vars(configuration)) for configuration in configurations]
    for number, cut in enumerate(cuts, start=1):
        with suppress(SurgeryError):
            correct_descriptions(smaller, cut, later=cuts[number:])
    restore(configurations, before)
    removed = [f"{cut.container}.{cut.keys[at]}".lstrip(".") for cut in cuts for at in cut.removed]
    step: dict[str, Any] = {"removed": removed, "numbers": []}
    configuration: Any = smaller.config
    setattr(configuration, CUTS, [*cuts_of(smaller), step])
    step["numbers"] = [
        [found.path, found.name, getattr(smaller.get_submodule(found.path), found.name)]
        for found in blueprint.differences(smaller)
        if found.name
    ]
    blueprint.check(smaller)


def cuts_of(module: nn.Module) -> list[dict[str, Any]]:
    """The steps by which a transformers model is made out of what its configuration describes; mostly none."""
    steps: list[dict[str, Any]] = getattr(getattr(module, "config", None), CUTS, None) or []
    return steps
