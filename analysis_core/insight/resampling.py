"""Where scores could have fallen with other examples: draws of them within their standard errors.

The layers of a model are no sample of anything, so drawing layers anew, as a plain bootstrap would, answers a question
that nobody asked. The examples are a sample: with others every score would have been a little different, and by how
much its standard error says. Two things are simplified. Errors of different methods on the same examples are drawn as
if independent. And a drawn score carries the sample's noise twice, so that intervals lean towards weaker agreement.
"""

from __future__ import annotations

import zlib

import numpy as np

from analysis_core.probe.needs import FloatArray
from analysis_core.results import MethodResult

DRAWS = 1000
COVERAGE = 0.95
Bounds = tuple[float | None, float | None]


def score_array(result: MethodResult) -> FloatArray:
    """Scores ``[layers]``, NaN where there is none."""
    return _floats(result.scores)


def drawn_scores(result: MethodResult, seed: int, draws: int = DRAWS) -> FloatArray:
    """Scores drawn from normal distributions, ``[draws, layers]``; NaN where a score or its error is unknown.

    A method's draws depend on the seed and its name only, not on which other methods ran.
    """
    generator = np.random.default_rng([seed, zlib.crc32(result.method.encode())])
    noise = generator.standard_normal((draws, len(result.scores)))
    return score_array(result) + noise * _floats(result.std_errors)


def bounds(estimate: float, drawn: FloatArray) -> Bounds:
    """The middle :data:`COVERAGE` of the drawn values, widened to hold the estimate; None where there are none."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(estimate) or not known.size:
        return None, None
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(min(low, estimate)), float(max(high, estimate))


def _floats(values: tuple[float | None, ...]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
