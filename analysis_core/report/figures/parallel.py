"""Parallel coordinates: methods as axes, one line a layer of every run, so that one sees where runs part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from analysis_core.report.comparison import CONSENSUS, MOST, Comparison, Side, silent_layers
from analysis_core.report.comparison_findings import measure_title, parallel_finding
from analysis_core.report.comparison_ranks import relative_depths, shares
from analysis_core.report.figures.aligned import nearest_place
from analysis_core.report.figures.base import SANS, figure, layout
from analysis_core.report.figures.side_marks import run_colour, run_title
from analysis_core.report.figures.wrapping import clipped
from analysis_core.report.palette import LIGHT, SEQUENTIAL, Palette
from analysis_core.report.phrases import ENGLISH, Phrases

PARALLEL_HEIGHT = 360
FEWEST_AXES = 2
PLOT_PIXELS, LETTER_PIXELS, LABEL_LINES, LABEL_PIXELS = 1120, 6.4, 2, 50
MANY_AXES = 9
DODGE = 0.014
"""So far apart, as a share of the axis, run the lines of neighbouring runs where they have one rank."""
STROKES = (-0.0022, 0.0, 0.0022)
"""Plotly draws these lines one pixel wide; side by side, three are seen from the back of a room."""
MARKED = 0.94
"""Colours above this share of the scale are the mark of the chosen place."""
SHADES, SEEN_ON_PAPER, SEEN_ON_INK = 9, (0.0, 0.86), (0.2, 1.0)
"""Of the sequential scale, the part that is told from the page."""


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
    lines = [line for side in comparison.sides for line in _lines(comparison, side, measures, by, selected)]
    lines.sort(key=lambda line: line.marked)  # what is marked lies on top
    strokes = [(line, offset) for line in lines for offset in STROKES]
    columns = [[line.ranks[axis] + offset for line, offset in strokes] for axis in range(len(measures))]
    titles = [measure_title(comparison, measure, phrases) for measure in measures]
    trace = _trace(titles, columns, palette, phrases)
    trace["line"] = {
        "color": [1.0 if line.marked else MARKED * line.shade for line, _ in strokes],
        "colorscale": _scale(comparison, by, palette),
        "cmin": 0,
        "cmax": 1,
        "showscale": False,
    }
    finding = parallel_finding(comparison, phrases)
    base = layout(palette, title=finding, height=PARALLEL_HEIGHT, left=56, right=56, bottom=16, wrap=116)
    top = 1 - LABEL_PIXELS / PARALLEL_HEIGHT
    axes = [_axis_line(place / (len(titles) - 1), top, palette) for place in range(len(titles))]
    return figure([trace], {**base, "shapes": axes})


def parallel_text(comparison: Comparison, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`parallel`."""
    comma = phrases["comma"]
    measures = [measure_title(comparison, measure, phrases) for measure in (*comparison.shared, CONSENSUS)]
    return phrases["compared_parallel_alt"].format(
        measures=comma.join(measures),
        runs=comma.join(run_title(side) for side in comparison.sides),
        finding=parallel_finding(comparison, phrases),
    )


@dataclass(frozen=True)
class _Line:
    """One layer of one run: its rank on every axis, where it stands on the colour scale, whether it is marked."""

    ranks: Sequence[float]
    shade: float
    marked: bool


def _lines(
    comparison: Comparison, side: Side, measures: Sequence[str], by: ColourBy, selected: int | None
) -> Iterator[_Line]:
    """The layers that every shared method gives a score."""
    silent = set(silent_layers(side, comparison.shared))
    apart = DODGE * (side.place - (len(comparison.sides) - 1) / 2)
    ranked = np.stack([shares(comparison.reading(side, measure).values) for measure in measures]) + apart
    for layer, depth in enumerate(relative_depths(side.layers).tolist()):
        if layer not in silent:
            shade = (side.place + 0.5) / len(comparison.sides) if by is ColourBy.RUN else min(depth, 0.999)
            marked = selected is not None and nearest_place(comparison, depth) == selected
            yield _Line(ranked[:, layer].tolist(), shade, marked)


def _trace(
    titles: Sequence[str], columns: Sequence[Sequence[float]], palette: Palette, phrases: Phrases
) -> dict[str, Any]:
    margin = MOST * DODGE / 2
    return {
        "type": "parcoords",
        "domain": {"y": [0, 1 - LABEL_PIXELS / PARALLEL_HEIGHT]},
        "labelfont": {"family": SANS, "size": 12.5 if len(titles) <= MANY_AXES else 11, "color": palette.ink},
        "tickfont": {"family": SANS, "size": 11.5, "color": palette.muted, "shadow": "none"},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},
        "unselected": {"line": {"color": palette.muted, "opacity": 0.12}},
        "dimensions": [
            {
                "label": _label(title, len(titles)),
                "values": list(column),
                "range": [-margin, 1 + margin],
                "tickvals": [0, 0.5, 1],
                "ticktext": [phrases["compared_least"], "", phrases["compared_most"]] if place == 0 else ["", "", ""],
            }
            for place, (title, column) in enumerate(zip(titles, columns, strict=True))
        ],
    }


def _axis_line(place: float, top: float, palette: Palette) -> dict[str, Any]:
    """Plotly's own line of an axis vanishes on a dark page."""
    line = {"color": palette.muted, "width": 1}
    return {"type": "line", "xref": "paper", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": top,
            "line": line, "layer": "below"}  # fmt: skip


def _label(title: str, axes: int) -> str:
    """A name in as many lines as fit above its axis; longer ones are cut."""
    room = max(8, round(PLOT_PIXELS / axes / LETTER_PIXELS))
    return "<br>".join(clipped(title, room, LABEL_LINES))


def _scale(comparison: Comparison, by: ColourBy, palette: Palette) -> list[list[Any]]:
    """Colours of the runs, or of the depths, up to :data:`MARKED`; above it the accent."""
    if by is ColourBy.DEPTH:
        seen = SEEN_ON_PAPER if palette is LIGHT else SEEN_ON_INK
        shades = [place / (SHADES - 1) for place in range(SHADES)]
        colours = sample_colorscale(SEQUENTIAL, [seen[0] + share * (seen[1] - seen[0]) for share in shades])
        below = [[MARKED * share, colour] for share, colour in zip(shades, colours, strict=True)]
    else:
        size = len(comparison.sides)
        below = [[MARKED * (side.place + end) / size, run_colour(side)] for side in comparison.sides for end in (0, 1)]
    return [*below, [MARKED, palette.accent], [1.0, palette.accent]]
