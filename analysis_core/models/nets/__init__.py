"""Small networks of this project's own, where no library ships a class that fits.

Each file stands alone, imports nothing of this project, and is copied into an export, so that the export runs
anywhere. A network takes plain arguments only; its number of blocks is called ``depth``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FILES = {"ConformerClassifier": "conformer", "DeepGraphNet": "deep_graph", "ResidualPolicy": "residual_policy"}
"""Network -> its file; read when it is asked for, because each may need a library that takes seconds to import."""

__all__ = list(_FILES)


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"There is no network '{name}' here.")
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
