"""A stored run as others see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis_core.results.analysis import MethodResult
from analysis_core.results.plain import JsonResult


@dataclass(frozen=True)
class RunView(JsonResult):
    """A stored run as the pages, the command line and the API see it.

    Args:
        id, kind, state: what it is and where it stands.
        title: one line for lists, e.g. ``"zoo/text-bert · 5 methods"``.
        config: the settings, as JSON types.
        progress: done share, 0 … 1.
        message: what it is doing, for people.
        error: the sentence to show when it failed.
        partial: results of methods that are already complete (analysis runs).
        created_at, started_at, ended_at, heartbeat_at: seconds since the epoch, or None.
        eta_seconds: estimated time left, or None while unknown.
        input_at_fault: whether it failed for its model, data or settings, so that it would fail again.
        owner: whose run it is; None where nobody said.
    """

    id: str
    kind: str
    state: str
    title: str
    config: Mapping[str, Any]
    progress: float
    message: str
    error: str | None
    partial: tuple[MethodResult, ...]
    created_at: float
    started_at: float | None
    ended_at: float | None
    heartbeat_at: float | None
    eta_seconds: float | None
    input_at_fault: bool = False
    owner: str | None = None
