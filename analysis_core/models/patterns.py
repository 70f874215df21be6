"""Layers that a person names by a pattern of module paths, such as ``"encoder.block.*"``."""

from __future__ import annotations

import difflib
import fnmatch
import re

from torch import nn

from analysis_core.errors import ConfigurationError, ModelError

REGULAR_EXPRESSION = "re:"
_SHOWN = 5


def named_by(pattern: str, module: nn.Module, name: str = "model") -> dict[str, nn.Module]:
    """The outermost modules with weights whose path matches, by path, in the order of registration.

    Args:
        pattern: a glob, in which ``*`` stands for anything, dots included; or a regular expression for the whole path
            after ``re:``. Lists of modules are passed over, because they do not run: their members may match.
        module: any network.
        name: how it is called in errors.

    Raises:
        ConfigurationError: the regular expression is none.
        ModelError: nothing matches; some paths that exist are shown.
    """
    expression = _compiled(pattern)
    runs = {path: part for path, part in module.named_modules() if path and _is_candidate(part)}
    matching = [path for path in runs if expression.fullmatch(path)]
    if not matching:
        raise ModelError(
            f"No module with weights has a path that matches '{pattern}'.",
            where=name,
            remedy=f"Some paths of this model: {', '.join(_like(pattern, list(runs))) or 'none'}.",
        )
    found: dict[str, nn.Module] = {}
    for path in matching:  # a module comes before those inside it
        if not any(path.startswith(f"{outer}.") for outer in found):
            found[path] = runs[path]
    return found


def _compiled(pattern: str) -> re.Pattern[str]:
    if not pattern.startswith(REGULAR_EXPRESSION):
        return re.compile(fnmatch.translate(pattern))
    try:
        return re.compile(pattern.removeprefix(REGULAR_EXPRESSION))
    except re.error as error:
        raise ConfigurationError(
            f"'{pattern.removeprefix(REGULAR_EXPRESSION)}' is no regular expression: {error}.",
            where="layers",
            remedy="Mend it, or use a glob such as 'encoder.block.*'.",
        ) from error


def _is_candidate(module: nn.Module) -> bool:
    return not isinstance(module, (nn.ModuleList, nn.ModuleDict)) and any(True for _ in module.parameters())


def _like(pattern: str, paths: list[str]) -> list[str]:
    """A few paths, the likest first; of paths that differ in their numbers only, one."""
    roles = {re.sub(r"\d+", "*", path): path for path in reversed(paths)}
    wanted = re.sub(r"\d+", "*", pattern.removeprefix(REGULAR_EXPRESSION))
    near = sorted(roles, key=lambda role: -difflib.SequenceMatcher(None, wanted, role).ratio())
    return [roles[role] for role in near[:_SHOWN]]
