"""What is learned from several methods together: agreement, trust, and the choice of methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from analysis_core.results.plain import JsonResult

Table = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class Agreement(JsonResult):
    """How alike every two methods rank the layers.

    Args:
        methods: names, in the order of the tables' rows and columns.
        tau: Kendall's tau-b, -1 to 1; None where the two score no two layers together, or one scores all alike.
        low, high: 95 % interval over examples; None where standard errors are missing.
    """

    methods: tuple[str, ...]
    tau: Table
    low: Table
    high: Table

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        tables = {name: tuple(tuple(row) for row in values[name]) for name in ("tau", "low", "high")}
        return cls(methods=tuple(values["methods"]), **tables)


@dataclass(frozen=True)
class Trust(JsonResult):
    """How well one method's ranks agree with measured ablation on the same run.

    Args:
        method: registered name.
        correlation: Spearman's rank correlation, -1 to 1; None where there is none.
        low, high: 95 % interval over examples; None where standard errors are missing.
        layers: how many layers both score.
        why_not: why there is no correlation, in plain words; None where there is one.
    """

    method: str
    correlation: float | None
    low: float | None = None
    high: float | None = None
    layers: int = 0
    why_not: str | None = None

    @classmethod
    def unknown(cls, method: str, why_not: str) -> Self:
        """No correlation, and why."""
        return cls(method, None, why_not=why_not)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class MethodDecision(JsonResult):
    """Whether one method is run, and why.

    Args:
        method: registered name.
        title: name for people.
        chosen: whether it is run.
        reason: plain English.
        seconds: predicted, for what it adds to the methods chosen before it; None where nothing was predicted.
    """

    method: str
    title: str
    chosen: bool
    reason: str
    seconds: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class MethodChoice(JsonResult):
    """Which methods fit a time budget. The chosen methods' seconds add up to the total.

    Args:
        decisions: on every method: the chosen ones in the order of choice, then those left out.
        examples: the prediction is for so many.
        budget_seconds: what may be spent.
        predicted_seconds: what the chosen methods take together.
    """

    decisions: tuple[MethodDecision, ...]
    examples: int
    budget_seconds: float
    predicted_seconds: float

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the chosen methods, the most useful for its time first."""
        return tuple(decision.method for decision in self.decisions if decision.chosen)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        decisions = tuple(MethodDecision.from_dict(item) for item in values["decisions"])
        return cls(**{**values, "decisions": decisions})
