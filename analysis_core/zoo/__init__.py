"""Recipes that train the embedded models again, from data that ships with well-kept packages.

Importing this package brings in no torch: the app may list the recipes, the worker runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis_core.errors import UnknownNameError

Progress = Callable[[float, str], None]
"""Told the share that is done (0 to 1) and what is being done."""

RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "text-bert": "analysis_core.zoo.text_bert",
        "vision-vit": "analysis_core.zoo.vision_vit",
    }
)
"""Name of an embedded model -> the module that trains it."""


def train(
    name: str,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    seed: int = 0,
    quick: bool = False,
) -> dict[str, Any]:
    """Train the embedded model `name` and write it to `out_dir`; returns its card.

    `quick` trains a tiny version in seconds: it shows that the recipe works, not what it can reach.

    Raises:
        UnknownNameError: there is no recipe of that name.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    recipe = import_module(RECIPES[name])
    card: dict[str, Any] = recipe.train(Path(out_dir), seed=seed, quick=quick, progress=progress)
    return card
