"""What every recipe does the same way: seeds, learning rates, the training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from analysis_core.zoo import Progress

THREADS = 1
"""Threads of every recipe: one adds up in the same order everywhere, and never waits for a busy core."""


@dataclass(frozen=True)
class Stage:
    """One stretch of training: how many steps, how fast, and which part of the progress bar it fills."""

    name: str
    steps: int
    learning_rate: float
    progress_from: float
    progress_to: float
    weight_decay: float = 0.05
    warmup_share: float = 0.1


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed torch and fix its number of threads; both are put back on exit."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(THREADS)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def learning_rate_factor(step: int, steps: int, warmup_share: float) -> float:
    """Linear warm-up to 1, then half a cosine down to 0."""
    warmup = max(1, round(steps * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def fit(
    parameters: list[nn.Parameter],
    loss_of_step: Callable[[int], torch.Tensor],
    stage: Stage,
    progress: Progress | None = None,
    optimizer: torch.optim.Optimizer | None = None,
) -> None:
    """AdamW with gradient clipping at norm 1; weight decay on matrices only, not on biases and norms.

    Args:
        parameters: what is trained.
        loss_of_step: draws a batch for a step's number and returns its scalar loss.
        stage: steps, speed and place on the progress bar.
        progress: told about every 20th step.
        optimizer: another one, whose own learning rates are the highest ones.
    """
    optimizer = optimizer or torch.optim.AdamW(
        decayed(parameters, stage.weight_decay), lr=stage.learning_rate, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, stage.steps, stage.warmup_share)
    )
    for step in range(stage.steps):
        loss = loss_of_step(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it untyped
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        if progress is not None and (step % 20 == 0 or step == stage.steps - 1):
            share = (step + 1) / stage.steps
            done = stage.progress_from + share * (stage.progress_to - stage.progress_from)
            progress(done, f"{stage.name}: step {step + 1} of {stage.steps}, loss {loss.item():.3f}")


def decayed(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Groups for an optimizer: matrices are drawn towards zero, biases and norms are not."""
    listed = list(parameters)
    matrices, others = [p for p in listed if p.ndim > 1], [p for p in listed if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def shared_out(count: int, share: float, seed: int) -> list[int]:
    """A seeded random share of the numbers 0 to `count` - 1, ascending: at least one, and all at a share of 1."""
    order = np.random.default_rng(seed).permutation(count)
    return sorted(order[: max(1, round(share * count))].tolist())


def majority_share(labels: np.ndarray) -> float:
    """The accuracy of always answering with the most frequent label."""
    return float(np.bincount(labels).max() / len(labels))
