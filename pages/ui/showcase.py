"""The real result that ships with the app, so that the first screen says something before anything is run."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from analysis_core.errors import StorageError
from analysis_core.results import AnalysisReport, CompressionOutcome
from pages.ui import translated
from pages.ui.theme import ASSETS

FOLDER_VARIABLE = "LAYERWISE_SHOWCASE"
NAME = "showcase"
"""Stands in the address where the id of a run would stand."""


@dataclass(frozen=True)
class Showcase:
    """An analysis and the compressions that were measured from it."""

    report: AnalysisReport
    outcomes: tuple[CompressionOutcome, ...]


def load() -> Showcase | None:
    """The shipped result in the reader's language; None where it is not installed.

    Raises:
        StorageError: its files cannot be read.
    """
    folder = Path(os.environ.get(FOLDER_VARIABLE) or ASSETS / "showcase")
    analysis = folder / "analysis.json"
    if not analysis.exists():
        return None
    shown = _read(folder, analysis.stat().st_mtime_ns)
    return replace(shown, report=translated.report(shown.report))


@lru_cache(maxsize=2)
def _read(folder: Path, modified_ns: int) -> Showcase:
    try:
        report = AnalysisReport.from_dict(json.loads((folder / "analysis.json").read_text(encoding="utf-8")))
        outcomes = json.loads((folder / "outcomes.json").read_text(encoding="utf-8"))
        return Showcase(report, tuple(CompressionOutcome.from_dict(item) for item in outcomes))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The result that ships with the app cannot be read: {error}.",
            where=str(folder),
            remedy="Install the project again, or take the folder away.",
        ) from error
