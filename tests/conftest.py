"""Settings for all tests: few threads, no network, a store of its own for every session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the runs of the person who runs it."""
    folder = tmp_path_factory.mktemp("layerwise-home")
    before = {name: os.environ.get(name) for name in ("LAYERWISE_HOME", "LAYERWISE_STORE")}
    os.environ["LAYERWISE_HOME"] = str(folder)
    os.environ.pop("LAYERWISE_STORE", None)
    yield folder
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
