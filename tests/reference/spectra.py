"""References for weight spectra: numpy's singular values, the ``powerlaw`` package, and weightwatcher."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import Any

import numpy as np
from torch import nn


def eigenvalues_by_svd(weight: np.ndarray) -> np.ndarray:
    """Of W^T W, ascending; a kernel's positions one after the other."""
    weight = weight.astype(np.float64)
    matrices = [weight] if weight.ndim == 2 else [weight[:, :, i, j] for i, j in np.ndindex(weight.shape[2:])]
    return np.sort(np.concatenate([np.linalg.svd(matrix, compute_uv=False) ** 2 for matrix in matrices]))


def powerlaw_fit(values: np.ndarray) -> Any:
    """``powerlaw.Fit``, which prints its progress and warns of every candidate that is no power law."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import powerlaw

        # Its default looks for exponents below 3 only.
        fit = powerlaw.Fit(values, verbose=False, parameter_ranges={"alpha": [1, None]})
        return fit.power_law.alpha, fit.xmin, fit.power_law.sigma, fit.power_law.D


def weightwatcher_details(module: nn.Module, **settings: Any) -> dict[str, dict[str, float]]:
    """weightwatcher's row for each module with a weight matrix, by the module's path.

    It imports matplotlib and pandas in ways that warn, prints, and configures logging: none of it is ours.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import weightwatcher

        watcher = weightwatcher.WeightWatcher(model=module, log_level=logging.CRITICAL)
        table = watcher.analyze(model=module, **settings)
    return {row["longname"]: row for row in table.to_dict("records")}
