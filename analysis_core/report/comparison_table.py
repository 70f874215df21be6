"""Runs side by side as numbers: one row a run, layer and measure, for a spreadsheet or a notebook."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

import numpy as np

from analysis_core.report.comparison import CONSENSUS, Comparison, Side
from analysis_core.report.comparison_lines import line_of
from analysis_core.report.comparison_ranks import places, relative_depths
from analysis_core.report.scaling import Scale

COLUMNS = (
    "run", "run_id", "name", "layer", "module", "relative_depth", "measure", "unit", "value", "low_95", "high_95",
    "rank", "ranked_layers",
)  # fmt: skip


def comparison_rows(comparison: Comparison) -> Iterator[tuple[str | int | float | None, ...]]:
    """Raw scores of every method of every run, and the consensus, in the order of :data:`COLUMNS`."""
    for side in comparison.sides:
        own = [name for name in side.report.methods if side.says(name)]
        for measure in (*own, CONSENSUS):
            yield from _rows_of(comparison, side, measure)


def comparison_csv(comparison: Comparison) -> bytes:
    """The rows as CSV in UTF-8; a byte order mark lets spreadsheets read names that are not ASCII."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(comparison_rows(comparison))
    return text.getvalue().encode("utf-8-sig")


def _rows_of(comparison: Comparison, side: Side, measure: str) -> Iterator[tuple[str | int | float | None, ...]]:
    line = line_of(comparison, side, measure, Scale.RAW)
    ranked = places(line.values)
    known = int((~np.isnan(ranked)).sum())
    unit = "" if measure == CONSENSUS else side.report[measure].unit
    for layer, depth in zip(side.report.layers, relative_depths(side.layers).tolist(), strict=True):
        at = layer.index
        cells = [float(row[at]) for row in (line.values, line.low, line.high, ranked)]
        value, low, high, rank = (None if math.isnan(cell) else cell for cell in cells)
        yield (side.letter, side.key, side.name, at, layer.name, round(depth, 4), measure, unit, value, low, high,
               rank, known)  # fmt: skip
