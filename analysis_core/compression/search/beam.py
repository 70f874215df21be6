"""Beam search: greedy removal that keeps the best few sets of layers at every step, not only the best one."""

from __future__ import annotations

from analysis_core.compression.search.budget import BudgetSpentError
from analysis_core.compression.search.measured import Removed
from analysis_core.compression.search.racing import Races
from analysis_core.compression.space import SearchSpace

WIDTH = 3


def beam_search(races: Races, space: SearchSpace, steps: int, width: int = WIDTH) -> Removed | None:
    """The best set of ``steps`` layers that is reached by keeping ``width`` sets at every step.

    Returns:
        The layers to remove; None when the budget was spent before as many had gone.

    Args:
        races: where sets are compared.
        space: what may go.
        steps: how many layers go.
        width: sets kept at every step; 1 is greedy removal.
    """
    beam: list[Removed] = [frozenset()]
    try:
        for step in range(steps):
            races.meter.say(step / steps, f"Beam search: layer {step + 1} of {steps}")
            # Most of the larger sets share their first layers with the best one: they start from its states.
            races.start_from(beam[0])
            larger = {base | {index} for base in beam for index in space.candidates if index not in base}
            beam = races.best(sorted(larger, key=sorted), places=width if step < steps - 1 else 1)
    except BudgetSpentError:
        return None
    return beam[0]
