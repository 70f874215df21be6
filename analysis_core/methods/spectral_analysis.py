"""What the spectra of the weights say about how well each layer is trained.

Question: What do the spectra of this layer's weights say about how well it is trained?
Formula: S_l = - sum_m p_m alpha_m / sum_m p_m over the layer's weight matrices m with p_m weights each. alpha is the
    exponent of the power law rho(lambda) ~ lambda^-alpha fitted by maximum likelihood to the upper tail of the
    eigenvalues of W^T W, which begins where the Kolmogorov-Smirnov distance is smallest. Beside it: stable rank,
    effective rank, spectral norm and alpha log10(lambda_max) of each matrix.
Paper: Martin and Mahoney 2021, Implicit Self-Regularization in Deep Neural Networks: Evidence from Random Matrix Theory
    and Implications for Learning; Clauset, Shalizi and Newman 2009, Power-Law Distributions in Empirical Data; Roy and
    Vetterli 2007 for the effective rank.
Caveat: It reads no data, and says how far training has shaped a layer, not what the task would lose without it. alpha
    near 2 (score -2) is seen in well-trained matrices and above 6 in hardly trained ones; below 2 the matrix may be
    fitted too closely, which the score does not punish. Exponents from a few dozen eigenvalues are rough, and most
    tails are not truly power laws: see the Kolmogorov-Smirnov distance. Matrices with fewer than 20 eigenvalues other
    than zero are left out. A convolution counts with the eigenvalues of all its kernel positions' matrices together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, silent
from analysis_core.methods.power_law import fit_power_law
from analysis_core.probe.needs import (
    FloatArray,
    MatrixSpectrum,
    Need,
    Statistics,
    WeightSpectra,
    WeightSpectraStatistics,
)
from analysis_core.results import Layer

FEWEST_EIGENVALUES = 20
SMALLEST_SPREAD = 1e-3
"""Eigenvalues that differ by less, as those of an orthogonal matrix do by rounding, have no tail."""

MOST_BINS = 30
NO_TAIL = (
    f"None of its weight matrices has {FEWEST_EIGENVALUES} or more different eigenvalues, so no tail can be fitted."
)


class SpectralAnalysis(ProbeMethod):
    """Scores layers by the power-law exponents of their weights' spectra."""

    title = "Spectral analysis (alpha)"
    unit = "-alpha"
    cost = "weights alone, no data"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (WeightSpectra(),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        (need,) = self.needs(config)
        measured: WeightSpectraStatistics = statistics[need]
        fitted = [[m for m in matrices if why_not(m) is None] for matrices in measured.layers]
        if not any(fitted):
            return Scores.none(len(layers), f"At every layer: {NO_TAIL}")
        rows = [[description(matrix) for matrix in matrices] for matrices in fitted]
        pairs = [_mean_alpha(matrices, row) for matrices, row in zip(fitted, rows, strict=True)]
        largest = [max(matrices, key=lambda m: m.parameters, default=None) for matrices in fitted]
        extras = {
            "matrices": rows,
            "left_out": [
                [{"name": m.name, "reason": reason} for m in matrices if (reason := why_not(m)) is not None]
                for matrices in measured.layers
            ],
            "spectra": [None if matrix is None else log_histogram(matrix) for matrix in largest],
        }
        values = np.array([-alpha for alpha, _ in pairs])
        return Scores(values, [error for _, error in pairs], extras, reasons=silent(values, NO_TAIL))


def nonzero(eigenvalues: FloatArray) -> FloatArray:
    """Those that float64 can tell from zero beside the largest."""
    kept: FloatArray = eigenvalues[eigenvalues > eigenvalues.max(initial=0.0) * len(eigenvalues) * 2.0**-52]
    return kept


def why_not(matrix: MatrixSpectrum) -> str | None:
    """Why no tail can be fitted to a matrix's spectrum; None where one can."""
    if not np.isfinite(matrix.eigenvalues).all():
        return "Its weights are not all finite numbers."
    found = nonzero(matrix.eigenvalues)
    if len(found) < FEWEST_EIGENVALUES:
        return f"It has {len(found)} eigenvalues other than zero; a tail takes {FEWEST_EIGENVALUES}."
    if found.max() <= found.min() * (1 + SMALLEST_SPREAD):
        return "All its eigenvalues are alike, so there is no tail."
    return None


def description(matrix: MatrixSpectrum) -> dict[str, Any]:
    """All that is said of one matrix.

    ``spectral_norm`` is the largest singular value; weightwatcher gives its square that name. ``effective_rank`` is
    the exponential of the entropy of the singular values' shares (Roy and Vetterli 2007).
    """
    tail = fit_power_law(nonzero(matrix.eigenvalues))
    largest = float(matrix.eigenvalues.max())
    singular = np.sqrt(nonzero(matrix.eigenvalues))
    shares = singular / singular.sum()
    return {
        "name": matrix.name,
        "shape": list(matrix.shape),
        "alpha": tail.alpha,
        "alpha_std_error": tail.alpha_std_error,
        "x_min": tail.x_min,
        "tail_size": tail.tail_size,
        "ks_distance": tail.ks_distance,
        "alpha_hat": tail.alpha * math.log10(largest),
        "stable_rank": float(matrix.eigenvalues.sum()) / largest,
        "effective_rank": float(np.exp(-(shares * np.log(shares)).sum())),
        "spectral_norm": math.sqrt(largest),
    }


def log_histogram(matrix: MatrixSpectrum) -> dict[str, Any]:
    """Density of the eigenvalues in bins of equal width on a logarithmic scale: ``densities`` between ``edges``."""
    found = nonzero(matrix.eigenvalues)
    bins = min(MOST_BINS, math.ceil(math.sqrt(len(found))))
    edges = np.geomspace(found.min(), found.max(), bins + 1)
    edges[0], edges[-1] = found.min(), found.max()  # rounding must not lose the outermost
    densities, _ = np.histogram(found, edges, density=True)
    return {"name": matrix.name, "edges": edges.tolist(), "densities": densities.tolist()}


def _mean_alpha(matrices: Sequence[MatrixSpectrum], rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Mean exponent weighted by the number of weights, and its standard error; NaN without matrices."""
    if not matrices:
        return math.nan, math.nan
    shares = np.array([matrix.parameters for matrix in matrices], dtype=np.float64)
    shares /= shares.sum()
    alphas = np.array([row["alpha"] for row in rows])
    errors = np.array([row["alpha_std_error"] for row in rows])
    return float(shares @ alphas), float(np.linalg.norm(shares * errors))


METHODS.add("spectral_analysis", SpectralAnalysis("spectral_analysis"))
