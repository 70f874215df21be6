"""The results that ship for the lessons."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from analysis_core.errors import StorageError
from analysis_core.report.lessons.data import LessonData
from pages.ui import language, translated
from pages.ui.theme import ASSETS

FOLDER_VARIABLE = "LAYERWISE_LESSONS"
FILE = "text-llama.json"


def load() -> LessonData | None:
    """The shipped results in the reader's language; None where they are not installed.

    Raises:
        StorageError: the file cannot be read.
    """
    path = Path(os.environ.get(FOLDER_VARIABLE) or ASSETS / "lessons") / FILE
    return _shown(path, path.stat().st_mtime_ns, language.current()) if path.exists() else None


@lru_cache(maxsize=2)
def _shown(path: Path, modified_ns: int, _language: str) -> LessonData:
    """With the titles of its methods in the reader's language; kept, for it keeps what it has computed."""
    data = _read(path, modified_ns)
    return replace(data, report=translated.report(data.report))


@lru_cache(maxsize=1)
def _read(path: Path, modified_ns: int) -> LessonData:
    try:
        return LessonData.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The results of the lessons cannot be read: {error}.",
            where=str(path),
            remedy="Make them again with `layerwise zoo lessons`, or install the project again.",
        ) from error
