"""The card that ships with every embedded model, and the names of its files: plain data, no torch."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
SAMPLE = "sample.parquet"
CARD = "card.json"
SPLITS = ("search", "test", "heal")
"""`search`: held out, for analysis and for choosing layers. `test`: held out, for final figures only.
`heal`: taken from the training data, for training on after layers were removed."""


def write_card(folder: Path, facts: Mapping[str, Any], packages: Sequence[str], seconds: float) -> dict[str, Any]:
    """Complete a recipe's facts by time, versions and checksums, and write `card.json`.

    Args:
        folder: holds the weights and the sample already.
        facts: what the recipe knows of its model, data and baseline.
        packages: installed packages whose versions shape the result.
        seconds: processor seconds of training; on one thread, what a free core needs.
    """
    card = {
        **facts,
        "train_seconds": round(seconds, 1),
        "trained_at": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "sha256": {name: sha256(folder / name) for name in (WEIGHTS, SAMPLE)},
    }
    write_json(folder / CARD, card)
    return card


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write readable JSON with a line end at its end."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def sha256(path: Path) -> str:
    """The file's SHA-256 as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
