"""The pictures of an analysis's page as plain geometry, which its template draws as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis_core.report import numbers
from analysis_core.report.columns import Columns, columns_of, plain
from analysis_core.report.figures.base import colour_scale
from analysis_core.report.palette import SEQUENTIAL
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scores, min_max
from analysis_core.report.typography import width as width_in_letters
from analysis_core.results import AnalysisReport

WIDTH = 720
ROW_HEIGHT = 30
CELL_GAP = 2
LETTER_WIDTH, NARROWEST_NAMES, WIDEST_NAMES = 6.6, 80, 220
WRITTEN_FROM = 30
"""Cells at least so wide hold their number."""
BARS_HEIGHT = 120
BAR_SHARE = 0.68
MOST_NUMBERED = 26
STACK_LINE = 17
"""Room for the names of stacks below their numbers."""


@dataclass(frozen=True)
class Cell:
    """A coloured cell; an empty `fill` is one without a score."""

    x: float
    y: float
    fill: str
    ink: str
    text: str
    hover: str


@dataclass(frozen=True)
class Mark:
    """A word at a place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class HeatPicture:
    """Methods by layers."""

    width: float
    height: float
    cell_width: float
    cell_height: float
    cells: tuple[Cell, ...]
    names: tuple[Mark, ...]
    layers: tuple[Mark, ...]


@dataclass(frozen=True)
class Bar:
    """One layer's bar, its interval (None where it has none), and its exact value."""

    x: float
    y: float
    height: float
    middle: float
    high: float | None
    low: float | None
    hover: str


@dataclass(frozen=True)
class BarPicture:
    """A bar a layer, with a line at zero and one at the largest value."""

    width: float
    height: float
    bar_width: float
    zero: float
    top: float
    top_text: str
    bars: tuple[Bar, ...]
    layers: tuple[Mark, ...]


def heat_picture(report: AnalysisReport, phrases: Phrases = ENGLISH) -> HeatPicture:
    """All methods that say something, and the consensus below them."""
    rows: list[tuple[str, Scores, Scores]] = [
        (result.title, result.scores, min_max(result.scores))
        for result in report.methods.values()
        if result.not_applicable is None
    ]
    if len(rows) > 1:
        rows.append((phrases["consensus"], report.consensus, report.consensus))
    longest = max((width_in_letters(title) for title, _, _ in rows), default=0)
    left = min(WIDEST_NAMES, max(NARROWEST_NAMES, LETTER_WIDTH * longest + 14))
    step = (WIDTH - left) / max(1, len(report.layers))
    columns = columns_of(report.layers, phrases).closed_up()
    cells, names = [], []
    for place, (title, values, shares) in enumerate(rows):
        apart = 8 if place == len(rows) - 1 and len(rows) > 1 else 0
        y = place * ROW_HEIGHT + apart
        names.append(Mark(left - 10, y + ROW_HEIGHT / 2, title))
        for layer, share in enumerate(shares):
            fill, ink = _colours(share)
            text = f"{share:.2f}" if share is not None and step >= WRITTEN_FROM else ""
            hover = f"{title}, {columns.columns[layer].title}: {numbers.significant(values[layer])}"
            cells.append(Cell(left + layer * step + CELL_GAP / 2, y + CELL_GAP / 2, fill, ink, text, hover))
    bottom = len(rows) * ROW_HEIGHT + (8 if len(rows) > 1 else 0)
    return HeatPicture(
        width=WIDTH,
        height=bottom + 20 + _stack_line(columns),
        cell_width=step - CELL_GAP,
        cell_height=ROW_HEIGHT - CELL_GAP,
        cells=tuple(cells),
        names=tuple(names),
        layers=_layer_marks(columns, left, step, bottom + 14),
    )


def bar_picture(
    values: Scores,
    low: Scores,
    high: Scores,
    hovers: Sequence[str],
    *,
    columns: Columns | None = None,
    width: float = WIDTH,
) -> BarPicture | None:
    """A bar a layer between zero and its value; None where there is no value at all.

    Args:
        values: one a layer; None draws nothing.
        low, high: ends of the intervals, None where there are none.
        hovers: the exact words of each.
        columns: places of the layers, each at its number, with the names of stacks; None numbers them.
        width: of the picture.
    """
    known = [value for value in (*values, *low, *high) if value is not None and math.isfinite(value)]
    if not known:
        return None
    top, bottom = max(0.0, *known), min(0.0, *known)
    span = (top - bottom) or 1.0

    def y(value: float) -> float:
        return 14 + (top - value) / span * BARS_HEIGHT

    step = width / len(values)
    columns = columns or plain(len(values))
    bars = []
    for layer, value in enumerate(values):
        if value is None or not math.isfinite(value):
            continue
        ends = [None if end is None or not math.isfinite(end) else y(end) for end in (low[layer], high[layer])]
        x, upper, lower = (layer + (1 - BAR_SHARE) / 2) * step, y(max(value, 0.0)), y(min(value, 0.0))
        bars.append(Bar(x, upper, max(lower - upper, 0.5), (layer + 0.5) * step, ends[1], ends[0], hovers[layer]))
    return BarPicture(
        width=width,
        height=BARS_HEIGHT + 36 + _stack_line(columns),
        bar_width=BAR_SHARE * step,
        zero=y(0.0),
        top=y(top),
        top_text=numbers.significant(top) if top > 0 else "",
        bars=tuple(bars),
        layers=_layer_marks(columns, 0, step, BARS_HEIGHT + 32),
    )


def _layer_marks(columns: Columns, left: float, step: float, y: float) -> tuple[Mark, ...]:
    """Numbers of layers, and below them the names of stacks."""
    every = max(1, math.ceil(len(columns) / MOST_NUMBERED))
    ticks = [(column.x, y, column.tick) for column in columns.columns[::every]]
    names = [(panel.middle, y + STACK_LINE, panel.name) for panel in columns.panels]
    return tuple(Mark(left + (x + 0.5) * step, height, text) for x, height, text in (*ticks, *names))


def _stack_line(columns: Columns) -> int:
    return STACK_LINE if columns.panels else 0


def _colours(share: float | None) -> tuple[str, str]:
    """The colour of a share of the scale, and of words upon it."""
    if share is None or not math.isfinite(share):
        return "", ""
    stops = scale_colours()
    at = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    mixed = [
        round(one + (other - one) * (at - first))
        for one, other in zip(_channels(stops[first]), _channels(stops[first + 1]), strict=True)
    ]
    red, green, blue = mixed
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128
    return f"#{red:02x}{green:02x}{blue:02x}", "#ffffff" if dark else "#1c2230"


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def scale_colours() -> tuple[str, ...]:
    """The colours of the scale from least to most."""
    return tuple(str(colour) for _, colour in colour_scale(SEQUENTIAL))
