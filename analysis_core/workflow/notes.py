"""Measured subsets on disk: what a search has found stays, also when it is stopped or killed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from analysis_core.compression.search import MeasuredSubsets
from analysis_core.errors import StorageError
from analysis_core.models.base import UniversalModel
from analysis_core.models.fingerprint import fingerprint
from analysis_core.results import SubsetResult


def open_notes(
    folder: Path | None, model: UniversalModel, facts: Mapping[str, Any], known: Iterable[SubsetResult] = ()
) -> MeasuredSubsets:
    """All that is known of a model's subsets on some examples; what is added is written down at once.

    Args:
        folder: holds one file for each model and set of examples, a JSON document a line; None keeps nothing.
        model: its weights and layers name the file.
        facts: of the examples that subsets are measured on; their ``sha256`` and count name it too.
        known: further results on the same examples.
    """
    if folder is None:
        return MeasuredSubsets(known)
    parts = (fingerprint(model), str(model.task), str(facts["sha256"]), str(facts["examples"]))
    path = folder / f"{sha256(' '.join(parts).encode()).hexdigest()[:32]}.jsonl"

    def write(entry: dict[str, Any]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise StorageError(
                f"What was measured cannot be written down ({error.strerror}).",
                where=str(path),
                remedy="Make room, or check the folder's permissions.",
            ) from error

    return MeasuredSubsets.from_entries(_entries(path), known, write)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    """What was written before; a line that a killed process left unfinished is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            with suppress(json.JSONDecodeError):
                yield json.loads(line)
