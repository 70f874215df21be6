"""What is needed to repeat a result: versions, machine, time. No torch here: versions are read from metadata."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("universal-layerwise-adapter", "torch", "transformers", "timm", "numpy", "torchmetrics")


@cache
def versions() -> dict[str, str]:
    """Installed versions of what decides the numbers."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def machine() -> str:
    """The processor and how many cores may be used, e.g. ``"AMD EPYC, 2 cores"``."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # not Linux: the short name has to do
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def provenance(**facts: Any) -> dict[str, Any]:
    """Versions, machine and time, with whatever else a result wants to keep."""
    return {
        "versions": versions(),
        "machine": machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }
