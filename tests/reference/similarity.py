"""Slow references for the similarity methods, in numpy, term by term from the papers."""

from __future__ import annotations

import numpy as np


def unbiased_hsic(k: np.ndarray, m: np.ndarray) -> float:
    """HSIC_1 of Song et al. 2012, equation 5, with its matrices written out."""
    n = len(k)
    k, m = k.copy(), m.copy()
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    one = np.ones(n)
    first = np.trace(k @ m)
    second = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    third = 2 / (n - 2) * (one @ k @ m @ one)
    return float((first + second - third) / (n * (n - 3)))


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """CKA over the full batch with linear kernels on raw, uncentred features."""
    k, m = x @ x.T, y @ y.T
    return unbiased_hsic(k, m) / np.sqrt(unbiased_hsic(k, k) * unbiased_hsic(m, m))


def one_minus_cosine_per_token(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    """Mean over tokens of 1 - cos, from one ``[tokens, width]`` pair per example without padding."""
    values = []
    for x, y in zip(before, after, strict=True):
        for a, b in zip(x.astype(float), y.astype(float), strict=True):
            values.append(1 - float(a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)))
    return float(np.mean(values))
