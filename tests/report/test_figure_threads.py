"""Figures are drawn in one reader's thread while another's imports what plotly looks for."""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from analysis_core.report.figures.base import figure


def test_a_figure_waits_for_pandas_that_is_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished = ModuleType("pandas")  # without Series, as it is half-way
    unfinished.__spec__ = ModuleSpec("pandas", None)
    unfinished.__spec__._initializing = True  # type: ignore[attr-defined]
    waited = threading.Event()

    def finish(name: str) -> None:
        assert name == "pandas"
        monkeypatch.delitem(sys.modules, "pandas")
        waited.set()

    monkeypatch.setitem(sys.modules, "pandas", unfinished)
    monkeypatch.setattr("analysis_core.report.figures.base.import_module", finish)
    drawn = figure([{"type": "scatter", "x": [1, 2], "y": [3, 4]}], {})
    assert waited.is_set()
    assert len(drawn.data) == 1
