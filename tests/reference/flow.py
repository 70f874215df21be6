"""Slow references for gradient flow and unit activity: one example at a time, everything stored."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.tasks import task_for
from tests.toy_attention import one_by_one


def outputs_and_gradients(model: UniversalModel, batches: list[Batch]) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """For each example and layer, its output and its loss's gradient there, ``[tokens, width]`` each, without padding.

    Feature maps are turned so that channels come last.
    """
    model.module.eval()
    found = []
    for one in one_by_one(batches):
        kept: list[Tensor] = []

        def keep(_module: object, _args: object, output: object, kept: list[Tensor] = kept) -> object:
            shown = first_tensor(output)
            shown.retain_grad()
            kept.append(shown)
            # What comes next may write into it in place.
            return shown.clone() if isinstance(output, Tensor) else None

        handles = [layer.register_forward_hook(keep) for layer in model.layer_modules]
        try:
            task_for(model.task).losses(model.forward(one), one).sum().backward()
        finally:
            for handle in handles:
                handle.remove()
        found.append([(_tokens(tensor), _tokens(tensor.grad)) for tensor in kept])
    model.module.zero_grad()
    return found


def _tokens(tensor: Tensor | None) -> np.ndarray:
    assert tensor is not None
    values = tensor.detach().double().numpy()[0]
    if values.ndim == 3:
        return values.reshape(values.shape[0], -1).T
    return values.reshape(-1, values.shape[-1])


def root_mean_squares(model: UniversalModel, batches: list[Batch]) -> np.ndarray:
    """RMS over all examples, tokens and units of each layer's gradient, ``[layers]``."""
    stored = outputs_and_gradients(model, batches)
    return np.array([np.sqrt(np.mean(np.concatenate([e[i][1].ravel() for e in stored]) ** 2)) for i in _layers(stored)])


def stored_activations(model: UniversalModel, batches: list[Batch]) -> list[list[np.ndarray]]:
    """For each layer, every example's ``[tokens, width]``."""
    stored = outputs_and_gradients(model, batches)
    return [[example[index][0] for example in stored] for index in _layers(stored)]


def _layers(stored: list[list[tuple[np.ndarray, np.ndarray]]]) -> range:
    return range(len(stored[0]))


def participation_by_eigenvalues(tokens: np.ndarray, *, centred: bool = True) -> float:
    """(sum of eigenvalues)^2 over the sum of their squares, over the width, from ``[tokens, width]``."""
    shifted = tokens - tokens.mean(0) if centred else tokens
    eigenvalues = torch.linalg.svdvals(torch.from_numpy(shifted)).numpy() ** 2
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum() / tokens.shape[1])
