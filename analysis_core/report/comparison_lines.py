"""What is drawn of a compared run: its values by one measure on a scale, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_core.report.comparison import CONSENSUS, Comparison, Side
from analysis_core.report.comparison_ranks import FloatArray, shares
from analysis_core.report.findings import Z_95
from analysis_core.report.scaling import Scale

TAIL = (0.025, 0.975)


@dataclass(frozen=True)
class Line:
    """What is drawn of one run: values with their bounds ``[layers]``, NaN where there is none."""

    side: Side
    values: FloatArray
    low: FloatArray
    high: FloatArray


def line_of(comparison: Comparison, side: Side, measure: str, scale: Scale) -> Line:
    """One run by one measure on a scale; bounds are the 95 % interval over examples."""
    return comparison.kept(("line", side.place, measure, scale), lambda: _line(comparison, side, measure, scale))


def _line(comparison: Comparison, side: Side, measure: str, scale: Scale) -> Line:
    reading = comparison.reading(side, measure)
    ranked = scale is Scale.RANK and measure != CONSENSUS
    if ranked or measure == CONSENSUS:
        values = shares(reading.values) if ranked else reading.values
        if reading.drawn is None:
            return Line(side, values, *[np.full(len(values), np.nan)] * 2)
        known = ~np.isnan(values)
        drawn = (shares(reading.drawn) if ranked else reading.drawn)[:, known]
        low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
        if known.any():
            low[known], high[known] = np.quantile(drawn, TAIL, axis=0)
        return Line(side, values, np.fmin(low, values), np.fmax(high, values))
    errors = side.report[measure].std_errors
    margin = Z_95 * np.array([np.nan if error is None else error for error in errors], dtype=np.float64)
    low, high = reading.values - margin, reading.values + margin
    if scale is Scale.RAW:
        return Line(side, reading.values, low, high)
    least, span = _extent(reading.values)
    return Line(side, *((values - least) / span for values in (reading.values, low, high)))


def _extent(values: FloatArray) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not known.size or known.max() == known.min():
        return (float(known[0]) - 0.5 if known.size else 0.0), 1.0
    return float(known.min()), float(known.max() - known.min())
