"""Parallel coordinates: methods as axes, one line a layer of every run, so that one sees where runs part."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import get_colorscale

from analysis_core.report.comparison import CONSENSUS, Comparison, silent_layers
from analysis_core.report.comparison_findings import measure_title, parallel_finding
from analysis_core.report.comparison_ranks import relative_depths, shares
from analysis_core.report.figures.aligned import nearest_place
from analysis_core.report.figures.base import SANS, figure, layout
from analysis_core.report.figures.side_marks import run_colour, run_title
from analysis_core.report.palette import SEQUENTIAL, Palette
from analysis_core.report.phrases import ENGLISH, Phrases

PARALLEL_HEIGHT = 360
FEWEST_AXES = 2
LABEL_CHARACTERS = 16
MARKED = 0.94
"""Colours above this share of the scale are the mark of the chosen place."""


class ColourBy(StrEnum):
    """What the lines are coloured by."""

    RUN = "run"
    DEPTH = "depth"


def parallel(
    comparison: Comparison,
    palette: Palette,
    *,
    by: ColourBy = ColourBy.RUN,
    selected: int | None = None,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """One axis for each method that all runs hold, and one for the consensus; ranks within each run from 0 to 1.

    Args:
        comparison: runs with two shared methods or more.
        palette: light or dark.
        by: what the lines are coloured by.
        selected: a place whose layers are marked.
        phrases: the words.
    """
    measures = [*comparison.shared, CONSENSUS]
    columns: list[list[float]] = [[] for _ in measures]
    shades: list[float] = []
    for side in comparison.sides:
        silent = set(silent_layers(side, comparison.shared))
        depths = relative_depths(side.layers)
        kept = [layer for layer in range(side.layers) if layer not in silent]
        for column, measure in zip(columns, measures, strict=True):
            column.extend(shares(comparison.reading(side, measure).values)[kept].tolist())
        for layer in kept:
            marked = selected is not None and nearest_place(comparison, float(depths[layer])) == selected
            shade = (side.place + 0.5) / len(comparison.sides) if by is ColourBy.RUN else float(depths[layer])
            shades.append(1.0 if marked else MARKED * min(shade, 0.999))
    order = np.argsort(shades, kind="stable").tolist() if selected is not None else list(range(len(shades)))
    return figure(
        [_trace(comparison, measures, [[column[at] for at in order] for column in columns],
                [shades[at] for at in order], _scale(comparison, by, palette), palette, phrases)],
        layout(palette, title=parallel_finding(comparison, phrases), height=PARALLEL_HEIGHT, left=56, right=56,
               bottom=16, wrap=100),
    )  # fmt: skip


def parallel_text(comparison: Comparison, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`parallel`."""
    comma = phrases.get("comma", ", ")
    measures = [measure_title(comparison, measure, phrases) for measure in (*comparison.shared, CONSENSUS)]
    return phrases["compared_parallel_alt"].format(
        measures=comma.join(measures),
        runs=comma.join(run_title(side) for side in comparison.sides),
        finding=parallel_finding(comparison, phrases),
    )


def _trace(
    comparison: Comparison,
    measures: Sequence[str],
    columns: Sequence[Sequence[float]],
    shades: Sequence[float],
    scale: Sequence[Sequence[Any]],
    palette: Palette,
    phrases: Phrases,
) -> dict[str, Any]:
    nothing = {"size": 1, "color": "rgba(0,0,0,0)"}
    return {
        "type": "parcoords",
        "domain": {"y": [0, 0.86]},
        "line": {"color": list(shades), "colorscale": list(scale), "cmin": 0, "cmax": 1, "showscale": False},
        "labelfont": {"family": SANS, "size": 12.5, "color": palette.ink},
        "tickfont": {"family": SANS, "size": 11.5, "color": palette.muted},
        "rangefont": nothing,
        "unselected": {"line": {"color": palette.muted, "opacity": 0.12}},
        "dimensions": [
            {
                "label": "<br>".join(textwrap.wrap(measure_title(comparison, measure, phrases), LABEL_CHARACTERS)),
                "values": list(column),
                "range": [0, 1],
                "tickvals": [0, 0.5, 1],
                "ticktext": [phrases["compared_least"], "", phrases["compared_most"]] if place == 0 else ["", "", ""],
            }
            for place, (measure, column) in enumerate(zip(measures, columns, strict=True))
        ],
    }


def _scale(comparison: Comparison, by: ColourBy, palette: Palette) -> list[list[Any]]:
    """Colours of the runs, or of the depths, up to :data:`MARKED`; above it the accent."""
    if by is ColourBy.DEPTH:
        below = [[MARKED * share, colour] for share, colour in get_colorscale(SEQUENTIAL)]
    else:
        size = len(comparison.sides)
        below = [[MARKED * (side.place + end) / size, run_colour(side)] for side in comparison.sides for end in (0, 1)]
    return [*below, [MARKED, palette.accent], [1.0, palette.accent]]
