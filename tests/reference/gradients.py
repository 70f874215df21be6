"""Slow references for the gradient methods: plain autograd, one example or the whole set at a time."""

from __future__ import annotations

import numpy as np
import torch

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.tasks import task_for


def per_example_squared_norms(model: UniversalModel, batches: list[Batch]) -> np.ndarray:
    """Squared gradient norm of each example's loss for each layer, one example at a time: ``[examples, layers]``."""
    model.module.eval()
    task = task_for(model.task)
    rows = []
    for batch in batches:
        for position in range(batch.size):
            one = batch.select(position, position + 1)
            model.module.zero_grad()
            task.losses(model.forward(one), one).sum().backward()
            rows.append(
                [
                    sum(float(w.grad.double().square().sum()) for w in layer.parameters() if w.grad is not None)
                    for layer in model.layer_modules
                ]
            )
    model.module.zero_grad()
    return np.array(rows)


def taylor_and_norm(model: UniversalModel, batches: list[Batch]) -> tuple[np.ndarray, np.ndarray]:
    """Sum of abs(weight x mean gradient), and the gradient's norm, with one loss over the whole set."""
    model.module.eval()
    task = task_for(model.task)
    model.module.zero_grad()
    losses = torch.cat([task.losses(model.forward(batch), batch) for batch in batches])
    losses.mean().backward()
    taylor, norm = [], []
    for layer in model.layer_modules:
        pairs = [(w.detach().double(), w.grad.double()) for w in layer.parameters() if w.grad is not None]
        taylor.append(sum(float((w * g).abs().sum()) for w, g in pairs))
        norm.append(sum(float(g.square().sum()) for _, g in pairs) ** 0.5)
    model.module.zero_grad()
    return np.array(taylor), np.array(norm)
