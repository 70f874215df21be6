"""Memory of the shared pass against a plain training step, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


def added_bytes(kind: str, examples: int) -> int:
    """What a pass adds to the process at its peak."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.memory_probe", kind, str(examples)],
        capture_output=True,
        text=True,
        check=True,
    )
    before, peak = map(int, done.stdout.split()[-2:])
    return peak - before


@pytest.mark.parametrize("examples", [128, 384])
def test_gradient_family(examples: int, record: Callable[..., None]) -> None:
    plain, shared = added_bytes("plain", examples), added_bytes("shared", examples)
    record(
        f"memory of the gradient family / plain step, {examples} examples",
        shared / plain,
        1.5,
        f"{shared / 2**20:.0f} MiB against {plain / 2**20:.0f} MiB on top of the loaded model",
    )
    assert shared <= 1.5 * plain
