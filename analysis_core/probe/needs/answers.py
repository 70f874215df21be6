"""What can be asked of the right answers."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_core.probe.needs.base import Need


@dataclass(frozen=True)
class Answers(Need):
    """The right answers as points in space, as the task gives them: ``[examples, features]`` float64.

    Args:
        limit: only the first so many examples are kept, so that memory does not grow with the data.
    """

    limit: int = 512
