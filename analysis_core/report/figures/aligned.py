"""Runs over relative depth: one line a run by one measure, with its interval as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.comparison import CONSENSUS, FEWEST, Comparison
from analysis_core.report.comparison_findings import comparison_finding, correlation_finding, measure_title
from analysis_core.report.comparison_lines import Line, line_of
from analysis_core.report.comparison_ranks import relative_depths
from analysis_core.report.figures.base import axis, figure, layout
from analysis_core.report.figures.layer_hover import layer_hovers
from analysis_core.report.figures.marks import LEGEND_BOTTOM, UNFADED, legend, line_and_points
from analysis_core.report.figures.side_marks import (
    SYMBOLS,
    depth_axis,
    depth_band,
    depth_names,
    places_of,
    run_colour,
    run_title,
)
from analysis_core.report.palette import Palette, faded
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scale

ALIGNED_HEIGHT = 340
LEGEND_LINE, LEGEND_CHARACTERS = 20, 92
WIDEST_BAND = 0.6
"""A band reaches so far beyond the values at most, as a share of their span; hover tells the whole of it."""
BAND_OPACITY, BAND_OPACITY_OF_MANY = 0.16, 0.09


def aligned(
    comparison: Comparison,
    measure: str,
    palette: Palette,
    *,
    scale: Scale = Scale.NORMALISED,
    selected: int | None = None,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """One line a run over relative depth.

    Args:
        comparison: the runs.
        measure: the consensus, or a method; runs without it are left out.
        palette: light or dark.
        scale: how scores are shown; the consensus has one scale only.
        selected: a place of the comparison to mark.
        phrases: the words.
    """
    lines = [line_of(comparison, side, measure, scale) for side in comparison.with_method(measure)]
    opacity = BAND_OPACITY if len(lines) <= FEWEST else BAND_OPACITY_OF_MANY
    bands = [band for line in lines for band in _bands(line, opacity)]
    shapes, names = depth_names(comparison, palette, phrases)
    more_below = places_of(comparison, palette, phrases).more_below if names else 0
    below = LEGEND_BOTTOM + LEGEND_LINE * (_legend_lines(lines) - 1) + more_below
    return figure(
        [*bands, *(_trace(comparison, line, measure, scale, palette, phrases) for line in lines)],
        {
            **layout(
                palette,
                title=comparison_finding(comparison, measure, phrases),
                subtitle=correlation_finding(comparison, measure, phrases),
                height=ALIGNED_HEIGHT + below - 44,
                bottom=below,
                wrap=88,
            ),
            **legend(palette),
            "hovermode": "closest",
            "clickmode": "event+select",
            "xaxis": depth_axis(comparison, palette, phrases),
            "yaxis": axis(
                palette,
                _axis_title(comparison, measure, scale, phrases),
                showgrid=True,
                nticks=6,
                range=_range(lines),
            ),
            "shapes": [*shapes, *depth_band(comparison, selected, palette)],
            "annotations": names,
        },
    )


def aligned_text(comparison: Comparison, measure: str, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`aligned`."""
    return phrases["compared_aligned_alt"].format(
        measure=measure_title(comparison, measure, phrases),
        runs=phrases["comma"].join(run_title(side) for side in comparison.with_method(measure)),
        finding=comparison_finding(comparison, measure, phrases),
        correlation=correlation_finding(comparison, measure, phrases),
    )


def nearest_place(comparison: Comparison, depth: float) -> int:
    """The place of the comparison that lies nearest to a relative depth."""
    return int(np.abs(comparison.depths - depth).argmin())


def _trace(
    comparison: Comparison, line: Line, measure: str, scale: Scale, palette: Palette, phrases: Phrases
) -> dict[str, Any]:
    side, colour = line.side, run_colour(line.side)
    depths = relative_depths(side.layers)
    unit = side.report[measure].unit if scale is Scale.RAW and measure != CONSENSUS else ""
    trace = line_and_points(colour, palette)
    trace["marker"] = {**trace["marker"], "symbol": SYMBOLS[side.place]}
    return {
        **trace,
        "name": run_title(side),
        "x": depths.tolist(),
        "y": [None if math.isnan(value) else value for value in line.values.tolist()],
        "customdata": [[nearest_place(comparison, depth)] for depth in depths.tolist()],
        **UNFADED,
        "text": layer_hovers(line, run_title(side), unit, phrases),
    }


def _bands(line: Line, opacity: float) -> list[dict[str, Any]]:
    """The interval, cut where layers have none."""
    depths = relative_depths(line.side.layers)
    known = [index for index, low in enumerate(line.low) if not math.isnan(low)]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [*depths[run].tolist(), *depths[run][::-1].tolist()],
            "y": [*line.high[run].tolist(), *line.low[run][::-1].tolist()],
            "fill": "toself",
            "fillcolor": faded(run_colour(line.side), opacity),
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for run in numbers.consecutive(known)
        if len(run) > 1
    ]


def _range(lines: Sequence[Line]) -> list[float]:
    """All values, and their bands as far as these do not flatten the lines."""
    values, low, high = (np.concatenate([getattr(line, name) for line in lines]) for name in ("values", "low", "high"))
    known = values[~np.isnan(values)]
    if not known.size:
        return [0.0, 1.0]
    least, most = float(known.min()), float(known.max())
    span = (most - least) or 1.0
    bottom = max(float(np.nanmin([least, *low])), least - WIDEST_BAND * span)
    top = min(float(np.nanmax([most, *high])), most + WIDEST_BAND * span)
    return [bottom - 0.05 * (top - bottom), top + 0.05 * (top - bottom)]


def _axis_title(comparison: Comparison, measure: str, scale: Scale, phrases: Phrases) -> str:
    if measure == CONSENSUS:
        return phrases["compared_consensus_axis"]
    if scale is Scale.RANK:
        return phrases["compared_rank_axis"]
    title = comparison.title(measure)
    if scale is Scale.NORMALISED:
        return phrases["compared_normalised_axis"].format(measure=title)
    units = dict.fromkeys(side.report[measure].unit for side in comparison.with_method(measure))
    return phrases["compared_raw_axis"].format(measure=title, unit=" / ".join(units))


def _legend_lines(lines: Sequence[Line]) -> int:
    return max(1, math.ceil(sum(len(run_title(line.side)) + 6 for line in lines) / LEGEND_CHARACTERS))
