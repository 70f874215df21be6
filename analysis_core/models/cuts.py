"""Take blocks out of a network where they stand; what a description calls its ``"cuts"``.

Some architectures have no argument for their depth. A smaller one is then described by what to take out of the whole
network, one step after the other. The functions here are also written into the loading script of such an export, so
they need nothing but torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from analysis_core.errors import ModelError

CUTS = "cuts"
"""Under this key a description lists its steps: ``{"removed": [paths], "numbers": [[path, attribute, value]]}``."""


def take_out(container: nn.Module, names: Iterable[str]) -> None:
    """Delete blocks from a container, where the numbered ones move up.

    The code of any other module calls its blocks by name: there a block that does nothing takes their place.
    """
    if not isinstance(container, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
        for name in names:
            setattr(container, name, nn.Identity())
        return
    numbered = [str(position) for position in range(len(container))] == list(container._modules)
    for name in reversed(list(names)):
        if numbered and isinstance(container, (nn.Sequential, nn.ModuleList)):
            del container[int(name)]
        else:
            delattr(container, name)


def shorten(module: nn.Module, cut: Mapping[str, Any]) -> None:
    """Take one step of a description: first the blocks that go, then the numbers that counted them."""
    by_container: dict[str, list[str]] = {}
    for path in cut["removed"]:
        container, _, name = path.rpartition(".")
        by_container.setdefault(container, []).append(name)
    for container, names in by_container.items():
        take_out(module.get_submodule(container), names)
    for path, attribute, value in cut["numbers"]:
        setattr(module.get_submodule(path), attribute, tuple(value) if isinstance(value, list) else value)


def apply_cuts(module: nn.Module, description: Mapping[str, Any], name: str = "model") -> nn.Module:
    """The module, shortened as a description from a file says; one without cuts stays as it is.

    Raises:
        ModelError: a step names something that the network does not have, or sets more than a plain number or word.
    """
    for cut in description.get(CUTS) or ():
        try:
            for path, attribute, value in cut["numbers"]:
                own = vars(module.get_submodule(path))
                if attribute not in own or not (_is_plain(own[attribute]) and _is_plain(value)):
                    raise ValueError(f"'{path}.{attribute}' is no plain number or word.")
            shorten(module, cut)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The layers that its configuration takes out cannot be found: {error}",
                where=f"{name}, {CUTS}",
                remedy="Give the configuration that the weights were saved with.",
            ) from error
    return module


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
