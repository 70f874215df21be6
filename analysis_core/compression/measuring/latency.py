"""How long one batch takes, before and after: timed in pairs, so that a busy machine slows both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from analysis_core.errors import ConfigurationError
from analysis_core.provenance import machine
from analysis_core.results import Interval, Latency

WARM_UP_PAIRS = 3
RESAMPLES = 2000
PERCENTILES_95 = (2.5, 97.5)


@dataclass(frozen=True)
class PairedLatency:
    """Times of both models, and how many times faster the second one is."""

    original: Latency
    compressed: Latency
    speedup: Interval


def paired_latency(
    original: Callable[[], Any], compressed: Callable[[], Any], *, pairs: int, device: torch.device, seed: int
) -> PairedLatency:
    """Time two forward passes in interleaved pairs.

    Which of the two goes first alternates from pair to pair, so that a trend in the machine's speed cancels.

    Args:
        original, compressed: run one forward pass of the same batch each.
        pairs: how many pairs are timed, after the warm-up.
        device: where they compute; its queue is emptied before each reading of the clock.
        seed: of the bootstrap.

    Returns:
        Milliseconds a batch, and the median over pairs of original / compressed with the 95 % interval of a
        bootstrap over pairs.

    Raises:
        ConfigurationError: fewer than two pairs.
    """
    if pairs < 2:
        raise ConfigurationError(
            f"{pairs} pairs of timings give no interval.", where="latency_pairs", remedy="Use 2 or more."
        )
    runs = (original, compressed)
    times_ms = np.empty((WARM_UP_PAIRS + pairs, 2))
    with torch.inference_mode():
        for pair in range(len(times_ms)):
            for which in (0, 1) if pair % 2 == 0 else (1, 0):
                times_ms[pair, which] = time_ms(runs[which], device)
    times_ms = times_ms[WARM_UP_PAIRS:]
    return PairedLatency(_latency(times_ms[:, 0]), _latency(times_ms[:, 1]), _speedup(times_ms, seed))


def machine_name(device: torch.device) -> str:
    """Processor, cores, torch threads and device, for people."""
    threads = torch.get_num_threads()
    torch_threads = f"{threads} torch thread{'s' if threads > 1 else ''}"
    parts = [machine(), torch_threads]
    if device.type == "cuda":
        parts.append(torch.cuda.get_device_name(device))
    elif device.type != "cpu":
        parts.append(device.type)
    return ", ".join(parts)


def time_ms(run: Callable[[], Any], device: torch.device) -> float:
    """Milliseconds of one run; the device's queue is emptied before each reading of the clock."""
    _synchronise(device)
    start = time.perf_counter()
    run()
    _synchronise(device)
    return (time.perf_counter() - start) * 1000


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _latency(times_ms: np.ndarray) -> Latency:
    return Latency(median_ms=float(np.median(times_ms)), p95_ms=float(np.percentile(times_ms, 95)))


def _speedup(times_ms: np.ndarray, seed: int) -> Interval:
    ratios = times_ms[:, 0] / times_ms[:, 1]
    drawn = np.random.default_rng(seed).integers(len(ratios), size=(RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[drawn], axis=1), PERCENTILES_95)
    return Interval(float(np.median(ratios)), float(low), float(high))
