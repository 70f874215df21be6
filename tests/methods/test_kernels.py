"""Kernels of layers that saw nothing."""

from __future__ import annotations

import math

import numpy as np

from analysis_core.methods.kernels import cka, cka_std_error, linear_kernel


def test_a_layer_that_did_not_run_is_like_nothing() -> None:
    ran, silent = linear_kernel(np.random.default_rng(0).normal(size=(6, 3))), linear_kernel(np.empty((0, 3)))
    assert math.isnan(cka(ran, silent)) and math.isnan(cka(silent, silent))
    assert math.isnan(cka_std_error(silent, silent))
    assert abs(cka(ran, ran) - 1) < 1e-9
