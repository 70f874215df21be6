"""What a stream may be held to, checked before it starts. No torch here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from analysis_core.errors import ConfigurationError, PlanError
from analysis_core.vocabulary import Direction


def reaching(
    depths: Sequence[int], qualities: Mapping[int, float], least: float | None, direction: Direction
) -> list[int]:
    """The depths that reach a quality, ascending; all where none is asked for.

    Raises:
        PlanError: none does; the best there is gets named.
    """
    if least is None:
        return list(depths)
    sign = 1 if direction is Direction.HIGHER_IS_BETTER else -1
    reaching = [depth for depth in depths if sign * qualities[depth] >= sign * least]
    if not reaching:
        best = max(depths, key=lambda depth: sign * qualities[depth])
        raise PlanError(
            f"No depth reaches a quality of {least:g}.",
            where="least_quality",
            remedy=f"Ask for {qualities[best]:.3g} at most, the quality at depth {best}."
            if sign > 0
            else f"Allow {qualities[best]:.3g} at least, the quality at depth {best}.",
        )
    return reaching


def check_targets(
    costs: Mapping[int, float],
    latency_ms: float | None,
    qualities: Mapping[int, float] | None,
    least_quality: float | None,
) -> None:
    """Refuse targets that say nothing, and costs or qualities that are missing or impossible.

    Raises:
        ConfigurationError: as said.
    """
    if latency_ms is None and least_quality is None:
        raise ConfigurationError("There is nothing to hold.", remedy="Give latency_ms, least_quality or both.")
    if not costs:
        raise ConfigurationError("There are no depths to choose from.", where="costs", remedy="Give at least one.")
    given = {f"cost at depth {depth}": cost for depth, cost in costs.items()}
    if latency_ms is not None:
        given["latency target"] = latency_ms
    for what, number in given.items():
        if not (math.isfinite(number) and number > 0):
            raise ConfigurationError(f"A {what} of {number:g} ms is impossible.", remedy="Give a positive number.")
    if least_quality is not None and (qualities is None or not set(costs) <= set(qualities)):
        missing = sorted(set(costs) - set(qualities or {}))
        raise ConfigurationError(
            f"The quality at depth {missing[0]} was not measured.", where="qualities", remedy="Measure every depth."
        )


def unknown_depth(depth: int, known: Iterable[int]) -> ConfigurationError:
    """The error for a depth that there is none of."""
    return ConfigurationError(
        f"There is no depth {depth}.", where="depth", remedy=f"The depths are {', '.join(map(str, sorted(known)))}."
    )
