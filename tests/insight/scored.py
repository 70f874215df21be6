"""Results of methods with given scores."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_core.results import MethodResult


def result(
    *scores: float | None, method: str = "m", errors: Sequence[float | None] | float | None = None
) -> MethodResult:
    """One method's result; one error for all layers, or one each."""
    listed = tuple(errors) if isinstance(errors, (list, tuple)) else (errors,) * len(scores)
    return MethodResult(method, "M", scores, listed, "nats")
