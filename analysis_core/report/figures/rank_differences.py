"""Two runs against each other: by how many ranks every method places every layer higher in one than in the other.

As on the heatmap of an analysis, transparent squares lie on the cells and take the clicks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.comparison import CONSENSUS, Comparison, Side
from analysis_core.report.comparison_findings import difference_finding, measure_title, ranks_of_pair, where_words
from analysis_core.report.comparison_ranks import FloatArray
from analysis_core.report.figures.base import axis, colour_scale, figure, layout, rectangle
from analysis_core.report.figures.insight import VISIBLE
from analysis_core.report.figures.marks import click_squares, colour_bar, on_bright
from analysis_core.report.figures.side_marks import place_axis, places_of
from analysis_core.report.palette import DARK, LIGHT, Palette, is_bright
from analysis_core.report.phrases import ENGLISH, Phrases

ROW_HEIGHT, CONSENSUS_GAP, BELOW, SCALE_HEIGHT = 38, 0.35, 50, 20
"""The last: room for the colours below the names of stacks."""
CROWDED_PLACES = 24
"""More places than this leave no room for numbers in the cells."""
ON_INK = ("#FDB863", "#E08214", "#B35806", "#7F3B08", DARK.grid, "#3B2663", "#542788", "#8073AC", "#B2ABD2")
"""The diverging scale turned inside out: on a dark page its white middle would outshine what differs."""
LEAST_SPAN = 1 / 3
"""The colours end at so large a share of the places at least: small differences stay pale."""


def measures_of(comparison: Comparison, one: Side, other: Side) -> list[str]:
    """Methods that both sides hold, and the consensus."""
    return [*(name for name in comparison.methods if one.says(name) and other.says(name)), CONSENSUS]


def rank_differences(
    comparison: Comparison,
    one: Side,
    other: Side,
    palette: Palette,
    *,
    selected: int | None = None,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """Measures by places; purple is higher in the first run, orange in the second.

    Args:
        comparison: the runs.
        one, other: the two that are compared.
        palette: light or dark.
        selected: a place to outline.
        phrases: the words.
    """
    measures = measures_of(comparison, one, other)
    count = len(comparison.depths)
    ranked = [ranks_of_pair(comparison, one, other, measure) for measure in measures]
    apart = [second - first for first, second in ranked]
    heights = [
        -place - (CONSENSUS_GAP if place and measure == CONSENSUS else 0) for place, measure in enumerate(measures)
    ]
    bottom = heights[-1] - 0.5
    span = max([math.ceil(count * LEAST_SPAN), *(float(np.nanmax(np.abs(row), initial=0.0)) for row in apart)])
    finding = difference_finding(comparison, one, other, measures, phrases)
    titles = [measure_title(comparison, measure, phrases) for measure in measures]
    along = places_of(comparison, palette, phrases)
    below = BELOW + along.more_below + (SCALE_HEIGHT if along.names else 0)
    return figure(
        [
            *(_cells(row, height, span, count, palette) for row, height in zip(apart, heights, strict=True)),
            _targets(comparison, (one, other), measures, ranked, heights, phrases),
        ],
        {
            **layout(palette, title=finding, height=round(ROW_HEIGHT * (0.5 - bottom)) + below,
                     bottom=below, wrap=100),
            "hovermode": "closest",
            "hoverdistance": -1,
            "clickmode": "event+select",
            "xaxis": place_axis(comparison, palette, phrases),
            "yaxis": axis(
                palette,
                tickvals=heights,
                ticktext=[
                    f"<b>{title}</b>  " if measure == CONSENSUS else f"{title}  "
                    for title, measure in zip(titles, measures, strict=True)
                ],
                range=[bottom, 0.5],
                ticks="",
                tickfont={"size": 13, "color": palette.ink},
            ),
            "coloraxis": _colour_axis(one, other, span, palette, phrases),
            "annotations": along.names,
            "shapes": along.cuts
            if selected is None
            else [*along.cuts, rectangle((selected - 0.5, selected + 0.5), (bottom, 0.5), layer="above",
                            line={"color": palette.accent, "width": 2.5})],
        },
    )  # fmt: skip


def rank_differences_text(comparison: Comparison, one: Side, other: Side, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`rank_differences`."""
    measures = measures_of(comparison, one, other)
    return phrases["compared_difference_alt"].format(
        first=one.letter,
        second=other.letter,
        measures=len(measures),
        places=len(comparison.depths),
        finding=difference_finding(comparison, one, other, measures, phrases),
    )


def written_difference(value: float) -> str:
    """``+3`` ranks, ``−0.5``, or nothing where there is none."""
    return "" if math.isnan(value) else f"{value:+g}".replace("-", numbers.MINUS) if value else "0"


def _in_cell(value: float, span: float, palette: Palette) -> str:
    """The difference in a colour that is read on that of its cell."""
    said, colours = written_difference(value), _colours(palette)
    if not said:
        return said
    nearest = colours[round((value / span + 1) / 2 * (len(colours) - 1))]
    return on_bright(said) if is_bright(nearest) else said


def _colours(palette: Palette) -> Sequence[str]:
    return VISIBLE if palette is LIGHT else ON_INK


def _cells(row: FloatArray, height: float, span: float, count: int, palette: Palette) -> dict[str, Any]:
    written = {
        "text": [[_in_cell(value, span, palette) for value in row]],
        "texttemplate": "%{text}",
        "textfont": {"size": 11.5},
    }
    return {
        "type": "heatmap",
        "x": [place - 0.5 for place in range(count + 1)],
        "y": [height - 0.5, height + 0.5],
        "z": [[None if math.isnan(value) else value for value in row.tolist()]],
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "skip",
        **(written if count <= CROWDED_PLACES else {}),
    }


def _targets(
    comparison: Comparison,
    sides: tuple[Side, Side],
    measures: Sequence[str],
    ranked: Sequence[tuple[FloatArray, FloatArray]],
    heights: Sequence[float],
    phrases: Phrases,
) -> dict[str, Any]:
    count = len(comparison.depths)
    hovers = []
    for measure, (first, second) in zip(measures, ranked, strict=True):
        known = int((~np.isnan(first)).sum())
        title = measure_title(comparison, measure, phrases)
        for place in range(count):
            where = where_words(comparison, place, phrases)
            if math.isnan(first[place]):
                hovers.append(f"<b>{title}</b> · {where}<br>{phrases['compared_no_rank']}")
                continue
            hovers.append(
                phrases["compared_difference_hover"].format(
                    measure=title,
                    where=where,
                    one=numbers.rank(float(first[place])),
                    other=numbers.rank(float(second[place])),
                    known=known,
                    first=sides[0].letter,
                    second=sides[1].letter,
                )
            )
    return click_squares(
        [(place, height) for height in heights for place in range(count)],
        [[place, measure] for measure in measures for place in range(count)],
        hovers,
    )


def _colour_axis(one: Side, other: Side, span: float, palette: Palette, phrases: Phrases) -> dict[str, Any]:
    higher = {side.letter: phrases["compared_higher"].format(run=side.letter) for side in (one, other)}
    return {
        "colorscale": colour_scale(_colours(palette)),
        "cmin": -span,
        "cmax": span,
        "colorbar": colour_bar(
            palette,
            {-0.96 * span: higher[other.letter], 0: "0", 0.96 * span: higher[one.letter]},
            right=0.94,
            length=0.3,
        ),
    }
