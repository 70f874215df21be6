"""Every benchmark writes its figures into one record, with the machine and the day they were taken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from analysis_core.provenance import provenance

torch.set_num_threads(os.cpu_count() or 1)  # the ordinary tests use one thread
RECORD = Path(__file__).parents[2] / "assets" / "benchmarks" / "first_light.json"


@pytest.fixture(scope="session")
def _figures() -> Iterator[dict[str, Any]]:
    figures: dict[str, Any] = {}
    yield figures
    if figures:
        known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        merged = {**known.get("figures", {}), **figures}
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        record = {**provenance(torch_threads=torch.get_num_threads()), "figures": dict(sorted(merged.items()))}
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


@pytest.fixture
def record(_figures: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Keep a figure, and print it."""

    def keep(name: str, value: float, goal: float | None = None, note: str = "") -> None:
        _figures[name] = {"value": round(value, 4), "goal": goal, "note": note}
        with capsys.disabled():
            print(f"\n  {name}: {value:.3g}{f' (goal {goal:g})' if goal is not None else ''}  {note}")

    return keep
