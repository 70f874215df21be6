"""What a search may remove, and when enough has gone: goals in layers, parameters, FLOPs, time and memory. No torch."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis_core.compression.plan import finished_plan, kept_layers, protected_layers
from analysis_core.errors import PlanError
from analysis_core.results import CompressionPlan, Layer, SubsetResult
from analysis_core.vocabulary import RatioOf

ROUNDING = 1e-3
"""A ratio counts as reached when it is missed by less than a thousandth."""


@dataclass(frozen=True)
class Goal:
    """What a smaller model should be like.

    Args:
        ratio: before / after; None removes as much as ``largest_drop`` allows.
        of: what the ratio counts.
        largest_drop: how much of the task's metric may be lost, in its own unit (0.02 of an accuracy are two points),
            as measured on the search examples; None for no limit.

    Raises:
        PlanError: it asks for nothing, or for what cannot be.
    """

    ratio: float | None = None
    of: RatioOf = RatioOf.LAYERS
    largest_drop: float | None = None

    def __post_init__(self) -> None:
        if self.ratio is None and self.largest_drop is None:
            raise PlanError("No goal is given.", where="goal", remedy="Name a ratio, a largest drop, or both.")
        if self.ratio is not None and not (math.isfinite(self.ratio) and self.ratio >= 1):
            raise PlanError(f"A ratio of {self.ratio:g} is impossible.", where="ratio", remedy="Use 1 or more.")
        if self.largest_drop is not None and not (math.isfinite(self.largest_drop) and self.largest_drop >= 0):
            raise PlanError(
                f"A largest drop of {self.largest_drop:g} is impossible.", where="largest_drop", remedy="Use 0 or more."
            )


@dataclass(frozen=True)
class SearchSpace:
    """The layers that may go, and the goal that says when enough of them have.

    Args:
        layers: the model's layers.
        goal: what to reach.
        shares: each layer's share of the whole model by what a ratio may count; layers themselves need none.
        protect: layers that must stay; None protects the first and the last one.

    Raises:
        PlanError: the goal cannot be reached even if all went that may; the nearest possible ratios are named.
    """

    layers: Sequence[Layer]
    goal: Goal
    shares: Mapping[RatioOf, Sequence[float]] = field(default_factory=dict)
    protect: Iterable[int] | None = None

    def __post_init__(self) -> None:
        if self.goal.ratio is None:
            return
        if self.goal.of is RatioOf.LAYERS:
            kept_layers(self.layers, self.goal.ratio, self.protected)
        elif not self.reached(self.candidates):
            raise PlanError(
                f"{self.goal.ratio:g}x fewer {self.goal.of.counted} cannot be reached: without all "
                f"{len(self.candidates)} layers that may go it is {self.ratio(self.candidates):.3g}x.",
                where="ratio",
                remedy=f"Ask for at most {math.floor(self.ratio(self.candidates) * 100) / 100:g}x.",
            )

    @property
    def protected(self) -> tuple[int, ...]:
        """Layers that the search must leave alone."""
        return protected_layers(self.layers, self.protect)

    @property
    def candidates(self) -> tuple[int, ...]:
        """Layers that may go, ascending; one layer always stays."""
        may_go = [layer.index for layer in self.layers if layer.removable and layer.index not in self.protected]
        return tuple(may_go if len(may_go) < len(self.layers) else may_go[1:])

    def ratio(self, removed: Collection[int], of: RatioOf | None = None) -> float:
        """Before / after with some layers gone."""
        of = of or self.goal.of
        if of is RatioOf.LAYERS:
            return len(self.layers) / (len(self.layers) - len(removed))
        left = 1 - sum(self.shares[of][index] for index in removed)
        return 1 / left if left > 0 else math.inf

    def reached(self, removed: Collection[int]) -> bool:
        """Whether enough has gone for the ratio; without a ratio it never has."""
        if self.goal.ratio is None:
            return False
        if self.goal.of is RatioOf.LAYERS:
            return len(self.layers) - len(removed) <= kept_layers(self.layers, self.goal.ratio, self.protected)
        return self.ratio(removed) >= self.goal.ratio * (1 - ROUNDING)

    def too_costly(self, result: SubsetResult) -> bool:
        """Whether a measured subset loses more of the metric than is allowed."""
        return self.goal.largest_drop is not None and result.metric_drop > self.goal.largest_drop

    def plan(self, order: Sequence[int], strategy: str) -> CompressionPlan:
        """The plan that removes these layers."""
        return finished_plan(
            self.layers, order, strategy, self.goal.ratio, protected=self.protected,
            ratio_of=self.goal.of, largest_drop=self.goal.largest_drop,
        )  # fmt: skip

    def contradiction(self, needed: SubsetResult, allowed: Sequence[int]) -> PlanError:
        """The goals contradict each other: the ratio needs a subset that costs more than may be lost."""
        goal = self.goal
        return PlanError(
            f"{goal.ratio:g}x and a loss of at most {goal.largest_drop:g} contradict each other: "
            f"without {len(needed.removed)} layers the metric loses {needed.metric_drop:.3g} on the search examples.",
            where="goal",
            remedy=f"Ask for at most {math.floor(self.ratio(allowed) * 100) / 100:g}x, or allow a larger loss.",
        )
