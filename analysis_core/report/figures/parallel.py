"""Parallel coordinates: methods as axes, one line a layer of every run, so that one sees where runs part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from analysis_core.report.comparison import CONSENSUS, Comparison, Side, silent_layers
from analysis_core.report.comparison_findings import measure_title, parallel_finding
from analysis_core.report.comparison_lines import line_of
from analysis_core.report.comparison_ranks import relative_depths, shares
from analysis_core.report.figures.aligned import nearest_place
from analysis_core.report.figures.base import SANS, axis, figure, layout
from analysis_core.report.figures.layer_hover import layer_hovers
from analysis_core.report.figures.marks import UNFADED
from analysis_core.report.figures.side_marks import SYMBOLS, run_colour, run_title
from analysis_core.report.figures.wrapping import clipped
from analysis_core.report.palette import LIGHT, SEQUENTIAL, Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scale

PARALLEL_HEIGHT = 380
FEWEST_AXES = 2
PLOT_PIXELS, LETTER_PIXELS, LABEL_LINES, LABEL_PIXELS = 1120, 6.4, 2, 50
MANY_AXES = 9
DODGE = 0.014
"""So far apart, as a share of the axis, run the lines of neighbouring runs where they have one rank."""
THIN, THICK, DOT = 1.6, 3.2, 6
BEHIND = 0.5
"""How strong the other lines are while some are marked."""
SHADES, SEEN_ON_PAPER, SEEN_ON_INK = 9, (0.0, 0.86), (0.2, 1.0)
"""Of the sequential scale, the part that is told from the page."""


class ColourBy(StrEnum):
    """What the lines are coloured by."""

    RUN = "run"
    DEPTH = "depth"


@dataclass(frozen=True)
class _Line:
    """One layer of one run: its height on every axis, its colour, whether it is marked."""

    side: Side
    layer: int
    place: int
    heights: Sequence[float]
    colour: str
    marked: bool


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
    lines = [line for side in comparison.sides for line in _lines(comparison, side, measures, by, selected, palette)]
    behind = 1.0 if selected is None else BEHIND
    strokes = [*_strokes([line for line in lines if not line.marked], THIN, behind)]
    strokes += _strokes([line for line in lines if line.marked], THICK, 1.0)  # what is marked lies on top
    dots = [_dots(comparison, side, lines, measures, phrases) for side in comparison.sides]
    titles = [measure_title(comparison, measure, phrases) for measure in measures]
    top = 1 - LABEL_PIXELS / PARALLEL_HEIGHT
    finding = parallel_finding(comparison, phrases)
    return figure(
        [*strokes, *dots],
        {
            **layout(palette, title=finding, height=PARALLEL_HEIGHT, bottom=16, wrap=116),
            "hovermode": "closest",
            "clickmode": "event+select",
            "xaxis": axis(palette, range=[-0.4, len(titles) - 0.6], showticklabels=False, ticks=""),
            "yaxis": axis(
                palette,
                range=[-0.05, 1.05],
                domain=[0, top],
                tickvals=[0, 1],
                ticktext=[phrases["compared_least"], phrases["compared_most"]],
                ticks="",
            ),
            "shapes": [_upright(place, top, palette) for place in range(len(titles))],
            "annotations": [_name(place, title, len(titles), top, palette) for place, title in enumerate(titles)],
        },
    )


def parallel_text(comparison: Comparison, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`parallel`."""
    comma = phrases["comma"]
    measures = [measure_title(comparison, measure, phrases) for measure in (*comparison.shared, CONSENSUS)]
    return phrases["compared_parallel_alt"].format(
        measures=comma.join(measures),
        runs=comma.join(run_title(side) for side in comparison.sides),
        finding=parallel_finding(comparison, phrases),
    )


def _lines(
    comparison: Comparison,
    side: Side,
    measures: Sequence[str],
    by: ColourBy,
    selected: int | None,
    palette: Palette,
) -> Iterator[_Line]:
    """The layers that every shared method gives a score."""
    silent = set(silent_layers(side, comparison.shared))
    apart = DODGE * (side.place - (len(comparison.sides) - 1) / 2)
    ranked = np.stack([shares(comparison.reading(side, measure).values) for measure in measures]) + apart
    for layer, depth in enumerate(relative_depths(side.layers).tolist()):
        if layer in silent:
            continue
        place = nearest_place(comparison, depth)
        plain = run_colour(side) if by is ColourBy.RUN else _shades(palette is LIGHT)[round(depth * (SHADES - 1))]
        marked = place == selected
        yield _Line(side, layer, place, ranked[:, layer].tolist(), palette.accent if marked else plain, marked)


def _strokes(lines: Sequence[_Line], width: float, opacity: float) -> Iterator[dict[str, Any]]:
    """Lines of one colour as one series with gaps between them: many series are slow to draw."""
    for colour in dict.fromkeys(line.colour for line in lines):
        alike = [line for line in lines if line.colour == colour]
        yield {
            "type": "scatter",
            "mode": "lines",
            "x": [place for line in alike for place in (*range(len(line.heights)), None)],
            "y": [height for line in alike for height in (*line.heights, None)],
            "line": {"color": colour, "width": width},
            "opacity": opacity,
            "hoverinfo": "skip",
            "showlegend": False,
        }


def _dots(
    comparison: Comparison, side: Side, lines: Sequence[_Line], measures: Sequence[str], phrases: Phrases
) -> dict[str, Any]:
    """Where a run's lines cross the axes: what one points at and clicks on."""
    mine = [line for line in lines if line.side is side]
    told = _told(comparison, side, phrases)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": run_title(side),
        "x": [place for line in mine for place in range(len(measures))],
        "y": [height for line in mine for height in line.heights],
        "customdata": [[line.place, measure] for line in mine for measure in measures],
        "text": [told[measure][line.layer] for line in mine for measure in measures],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": SYMBOLS[side.place],
            "size": DOT,
            "color": [line.colour for line in mine for _ in measures],
        },
        **UNFADED,
        "showlegend": False,
    }


def _told(comparison: Comparison, side: Side, phrases: Phrases) -> Mapping[str, Sequence[str]]:
    """The exact score of every layer, with interval and rank: measure -> a text a layer."""

    def make() -> dict[str, list[str]]:
        found = {}
        for measure in (*comparison.shared, CONSENSUS):
            title = f"{run_title(side)} · {measure_title(comparison, measure, phrases)}"
            unit = "" if measure == CONSENSUS else side.report[measure].unit
            found[measure] = layer_hovers(line_of(comparison, side, measure, Scale.RAW), title, unit, phrases)
        return found

    return comparison.kept(("parallel hover", side.place, phrases["page_language"]), make)


def _upright(place: int, top: float, palette: Palette) -> dict[str, Any]:
    line = {"color": palette.muted, "width": 1}
    return {"type": "line", "xref": "x", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": top,
            "line": line, "layer": "below"}  # fmt: skip


def _name(place: int, title: str, axes: int, top: float, palette: Palette) -> dict[str, Any]:
    """A name in as many lines as fit above its axis; longer ones are cut."""
    room = max(8, round(PLOT_PIXELS / axes / LETTER_PIXELS))
    font = {"family": SANS, "size": 12.5 if axes <= MANY_AXES else 11, "color": palette.ink}
    return {"text": "<br>".join(clipped(title, room, LABEL_LINES)), "x": place, "xref": "x", "y": top, "yref": "paper",
            "yanchor": "bottom", "showarrow": False, "font": font}  # fmt: skip


@cache
def _shades(on_paper: bool) -> tuple[str, ...]:
    """The colours of depths, from the first layer to the last."""
    first, last = SEEN_ON_PAPER if on_paper else SEEN_ON_INK
    wanted = [first + place / (SHADES - 1) * (last - first) for place in range(SHADES)]
    return tuple(str(colour) for colour in sample_colorscale(SEQUENTIAL, wanted))
