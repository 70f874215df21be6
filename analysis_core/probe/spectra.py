"""Spectra of weight matrices: the weights alone, neither data nor a run of the model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from analysis_core.probe.needs import FloatArray, MatrixSpectrum, WeightSpectra, WeightSpectraStatistics
from analysis_core.probe.subject import Progress, Subject


def run_weight_spectra(
    _need: WeightSpectra, subject: Subject, progress: Progress
) -> tuple[WeightSpectraStatistics, float]:
    """The spectrum of each matrix of each layer; a weight that several layers share is taken apart once."""
    model = subject.model
    known: dict[int, FloatArray] = {}
    layers: list[tuple[MatrixSpectrum, ...]] = []
    for index, (layer, module) in enumerate(zip(model.layers, model.layer_modules, strict=True)):
        found = []
        for path, weight, matrices in weight_matrices(module):
            if id(weight) not in known:
                known[id(weight)] = eigenvalues(matrices)
            name = f"{layer.name}.{path}"
            found.append(MatrixSpectrum(name, tuple(weight.shape), weight.numel(), known[id(weight)]))
        layers.append(tuple(found))
        progress((index + 1) / len(model.layers), f"Spectra of weights: layer {index + 1} of {len(model.layers)}")
    return WeightSpectraStatistics(tuple(layers)), 0.0


def weight_matrices(module: nn.Module) -> Iterator[tuple[str, nn.Parameter, Tensor]]:
    """Every weight with at least two dimensions: its path, itself, and its matrices ``[matrices, rows, columns]``.

    A convolution has one matrix (outputs x inputs) for each position of its kernel, as weightwatcher has it; other
    weights with more than two dimensions are stacks of matrices in their last two. A weight that is used twice in
    the module comes once.
    """
    seen: set[int] = set()
    for path, part in module.named_modules():
        for name, weight in part.named_parameters(recurse=False):
            if weight.dim() < 2 or not weight.numel() or not weight.is_floating_point() or id(weight) in seen:
                continue
            seen.add(id(weight))
            plain = weight.detach()
            if isinstance(part, _ConvNd):
                matrices = plain.flatten(2).permute(2, 0, 1)
            else:
                matrices = plain.reshape(-1, *plain.shape[-2:])
            yield f"{path}.{name}" if path else name, weight, matrices


def eigenvalues(matrices: Tensor) -> FloatArray:
    """Eigenvalues of W^T W of the matrices ``[matrices, rows, columns]``, those of the smaller side, ascending.

    From the smaller Gram matrix in float64, several times faster than singular values and exact to about 1e-15 of
    the largest. NaN throughout where a weight is not finite.
    """
    if matrices.device.type == "mps":  # knows no float64
        matrices = matrices.cpu()
    rows, columns = matrices.shape[-2:]
    found = []
    for matrix in matrices:  # one at a time: a stack of Gram matrices may be large
        exact = matrix.to(torch.float64)
        gram = exact @ exact.T if rows <= columns else exact.T @ exact
        if not bool(torch.isfinite(gram).all()):
            return np.full(min(rows, columns) * len(matrices), np.nan)
        found.append(torch.linalg.eigvalsh(gram))
    return torch.cat(found).clamp(min=0).sort().values.cpu().numpy()
