"""What hovering over a layer of a compared run tells: its score with interval and unit, and its rank."""

from __future__ import annotations

import math

import numpy as np

from analysis_core.report import numbers
from analysis_core.report.columns import columns_of
from analysis_core.report.comparison_lines import Line
from analysis_core.report.comparison_ranks import places, relative_depths
from analysis_core.report.phrases import Phrases


def layer_hovers(line: Line, title: str, unit: str, phrases: Phrases) -> list[str]:
    """One text a layer.

    Args:
        line: a run's values by a measure.
        title: what stands in bold above.
        unit: of the values; empty where they have none.
        phrases: the words.
    """
    depths, ranked = relative_depths(line.side.layers), places(line.values)
    known = int((~np.isnan(ranked)).sum())
    names = columns_of(line.side.report.layers, phrases).columns
    return [
        phrases["compared_hover"].format(
            run=title,
            layer=names[layer].title,
            depth=f"{depths[layer]:.2f}",
            value=numbers.significant(float(value)),
            interval=_interval(float(line.low[layer]), float(line.high[layer])),
            unit=f" {unit}" if unit else "",
            rank=numbers.rank(None if math.isnan(ranked[layer]) else float(ranked[layer])),
            known=known,
        )
        for layer, value in enumerate(line.values)
    ]


def _interval(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return ""
    return f" ({numbers.significant(low)} {numbers.EN_DASH} {numbers.significant(high)})"
