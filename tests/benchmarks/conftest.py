"""Every benchmark writes its figures into one record, with the machine and the day they were taken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from analysis_core.provenance import provenance

torch.set_num_threads(os.cpu_count() or 1)  # the ordinary tests use one thread
RECORDS = Path(__file__).parents[2] / "assets" / "benchmarks"
NAMES = {
    "test_coverage.py": "coverage.json",
    "test_crowd.py": "app.json",
    "test_dynamic.py": "dynamic.json",
    "test_granularity.py": "granularity.json",
    "test_greedy.py": "greedy.json",
    "test_heal.py": "heal.json",
    "test_methods.py": "methods.json",
    "test_speedup.py": "speedup.json",
    "test_zoo.py": "zoo.json",
}
"""Figures of these files stand in a record of their own."""


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keep a figure, and print it."""
    path = RECORDS / NAMES.get(request.path.name, "first_light.json")

    def keep(name: str, value: float, goal: float | None = None, note: str = "") -> None:
        known = json.loads(path.read_text()) if path.exists() else {}
        at = datetime.now(UTC).isoformat(timespec="minutes")
        facts = provenance(torch_threads=torch.get_num_threads())
        figure = {"value": round(value, 4), "goal": goal, "note": note, "at": at, "machine": facts["machine"]}
        figures = {**known.get("figures", {}), name: figure}
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {**facts, "figures": dict(sorted(figures.items()))}
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        with capsys.disabled():
            print(f"\n  {name}: {value:.3g}{f' (goal {goal:g})' if goal is not None else ''}  {note}")

    return keep
