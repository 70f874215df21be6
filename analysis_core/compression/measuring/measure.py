"""What a smaller model keeps and what it saves, measured on examples that had no part in choosing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from torch import nn

from analysis_core.compression.measuring.forward_cost import ForwardCost, forward_cost
from analysis_core.compression.measuring.latency import machine_name, paired_latency
from analysis_core.compression.measuring.shares import MetricOf, metrics_of
from analysis_core.compression.measuring.weights import stored_bytes
from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hooks import preserved
from analysis_core.results import Interval, Measurement
from analysis_core.tasks.base import Task

RESAMPLES = 2000
PERCENTILES_95 = (2.5, 97.5)


def measure(
    original: UniversalModel,
    compressed: UniversalModel | nn.Module,
    batches: Iterable[Batch],
    task: Task,
    *,
    latency_pairs: int = 15,
    seed: int = 0,
) -> Measurement:
    """Compare a smaller model with the one it was made from.

    Both models see the same examples and are run in evaluation mode; their modes are put back afterwards.
    The intervals hold 95 % and come from a bootstrap over examples (metric) and over pairs of timings
    (speed-up). Latency, operations and peak memory are those of one forward pass of the first batch.

    Args:
        original, compressed: on one device.
        batches: the test examples, with targets.
        task: says what the metric is.
        latency_pairs: how many interleaved pairs of timings are taken.
        seed: of the bootstraps.

    Raises:
        DataError: there are no examples, or they have no targets.
        NumericalError: a model's loss is not finite.
    """
    smaller = compressed if isinstance(compressed, UniversalModel) else original.with_module(compressed)
    listed = [batch.to(original.device) for batch in batches]
    if not listed:
        raise DataError("There are no examples to measure on.", remedy="Give at least one batch.")
    with preserved(original.module), preserved(smaller.module):
        answers = [_answers(model, listed, task) for model in (original, smaller)]
        whole, less = (forward_cost(model, listed[0]) for model in (original, smaller))
        times = paired_latency(
            lambda: original.forward(listed[0]), lambda: smaller.forward(listed[0]),
            pairs=latency_pairs, device=original.device, seed=seed,
        )  # fmt: skip
    shares = np.stack([found.shares for found in answers])
    difference, retention = paired_intervals(shares[0], shares[1], seed, task.metric_of)
    before, after = metrics_of(task.metric_of, shares.mean(axis=1))
    return Measurement(
        metric=task.metric,
        metric_direction=task.direction,
        original=float(before),
        compressed=float(after),
        difference=difference,
        retention=retention,
        examples=shares.shape[1],
        latency_original=times.original,
        latency_compressed=times.compressed,
        speedup=times.speedup,
        batch_size=listed[0].size,
        machine=machine_name(original.device),
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        metrics_original=answers[0].metrics,
        metrics_compressed=answers[1].metrics,
        **_sizes(original, whole, "original"),
        **_sizes(smaller, less, "compressed"),
        flops_uncounted=tuple(sorted({*whole.uncounted, *less.uncounted})),
    )


def _sizes(model: UniversalModel, cost: ForwardCost, side: str) -> dict[str, Any]:
    """What one of the two models takes, under the measurement's names for that side."""
    found = {
        "parameters": model.parameter_count,
        "bytes": stored_bytes(model.module),
        "flops": cost.flops,
        "peak_bytes": cost.peak_bytes,
    }
    return {f"{name}_{side}": value for name, value in found.items()}


def paired_intervals(
    original: np.ndarray, compressed: np.ndarray, seed: int, metric_of: MetricOf = float
) -> tuple[Interval, Interval]:
    """Difference and retention of a metric with 95 % percentile-bootstrap intervals over examples.

    Args:
        original, compressed: each example's share in the metric, ``[examples]``, in one order.
        seed: of the resampling.
        metric_of: from the mean share to the metric; by default the mean is the metric.

    Returns:
        compressed - original, and compressed / original. An original metric of zero counts as half an
        example's worth, so that the quotient exists.
    """
    count = len(original)
    drawn = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    means = np.stack([original.mean(keepdims=True), compressed.mean(keepdims=True)])
    resampled = np.stack([original[drawn].mean(axis=1), compressed[drawn].mean(axis=1)])
    whole, drawn_again = metrics_of(metric_of, means), metrics_of(metric_of, resampled)
    return _interval(_difference(whole), _difference(drawn_again)), _interval(
        _retention(whole, count), _retention(drawn_again, count)
    )


def _difference(means: np.ndarray) -> np.ndarray:
    return np.asarray(means[1] - means[0])


def _retention(means: np.ndarray, count: int) -> np.ndarray:
    before, after = means
    nothing, least = before == 0, 0.5 / count
    quotient: np.ndarray = np.where(nothing, np.maximum(after, least) / least, after / np.where(nothing, 1.0, before))
    return quotient


def _interval(value: np.ndarray, resampled: np.ndarray) -> Interval:
    low, high = np.percentile(resampled, PERCENTILES_95)
    return Interval(float(value[0]), float(low), float(high))


@dataclass(frozen=True)
class _Answers:
    """What one model makes of the examples: shares in the main metric, ``[examples]``, and all metrics by name."""

    shares: np.ndarray
    metrics: dict[str, float]


def _answers(model: UniversalModel, batches: list[Batch], task: Task) -> _Answers:
    shares, predictions, targets = [], [], []
    with torch.inference_mode():
        for batch in batches:
            outputs = model.forward(batch)
            task.losses(outputs, batch)  # refuses missing or wrong targets and numbers that are not finite
            if batch.targets is None:
                raise DataError("The examples carry no targets.", remedy="Yield (inputs, targets) pairs.")
            found = task.predictions(outputs, batch)
            shares.append(task.metric_per_example(found, batch.targets))
            predictions.append(found.cpu())
            targets.append(task.kept_targets(batch.targets).cpu())
        metrics = task.metrics(torch.cat(predictions), task.joined_targets(targets))
    metrics |= task.final_metrics(model, batches)
    return _Answers(np.concatenate(shares).astype(np.float64), metrics)
