"""Where runs are kept: one folder for files, one address for the store."""

from __future__ import annotations

import os
from pathlib import Path

from analysis_core.errors import StorageError

HOME_VARIABLE = "LAYERWISE_HOME"
STORE_VARIABLE = "LAYERWISE_STORE"


def home() -> Path:
    """The folder of runs and logs: ``$LAYERWISE_HOME``, by default ``~/.layerwise``; made when missing.

    Processes that share a store on several machines must share this folder too.

    Raises:
        StorageError: the folder cannot be made.
    """
    folder = Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".layerwise").expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder of runs cannot be made ({error.strerror}).",
            where=str(folder),
            remedy=f"Set {HOME_VARIABLE} to a folder that you may write to.",
        ) from error
    return folder


def store_url() -> str:
    """Address of the store: ``$LAYERWISE_STORE``, by default a SQLite file in :func:`home`."""
    return os.environ.get(STORE_VARIABLE) or f"sqlite:///{home() / 'runs.db'}"
