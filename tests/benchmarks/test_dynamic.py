"""Depth that follows the load: a stream whose load comes and goes, held to a latency target.

The load is real: more requests at once make a call slower. Three models serve the same stream by turns, call by call,
so that whatever else the machine does slows them alike: the whole model, the smallest depth, and the one that a
controller holds to the target.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from analysis_core import create_analyzer
from analysis_core.compression.depth.dynamic import DynamicDepth
from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]

PHASES = ((8, 80), (16, 80), (24, 80), (8, 80))
"""Requests at once, and for how many calls."""
HEADROOM = 1.4
"""The target: what the whole model takes at the lightest load, in the median of some calls, times this."""
TARGET_CALLS = 40
SMALLEST = 4


@dataclass
class Served:
    """What became of the stream at one way to choose the depth."""

    times_ms: list[float] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)

    def within(self, target_ms: float, calls: slice = slice(None)) -> float:
        return float(np.mean(np.array(self.times_ms[calls]) <= target_ms))


def depths_by_greedy_removal(name: str) -> tuple[DynamicDepth, list[Batch]]:
    adapter = create_analyzer(name, analysis_methods=["layer_ablation"], max_samples=128, device="cpu")
    model: Any = adapter.load_model()
    plan = adapter.generate_compression_plan(len(model.layers) / SMALLEST, "greedy")
    examples = load_examples(model).split("test").head(256)
    dynamic = DynamicDepth.from_plan(model, plan)
    dynamic.measure_quality(model.batches(examples, 32))
    return dynamic, [next(iter(model.batches(examples.head(size), size))) for size in {size for size, _ in PHASES}]


@pytest.mark.parametrize("name", ["zoo/vision-vit", "zoo/text-bert"])
def test_a_stream_with_a_changing_load(name: str, record: Record) -> None:
    torch.set_num_threads(1)  # two threads that wait for each other tell more of the other programs than of the model
    dynamic, batches = depths_by_greedy_removal(name)
    by_size = {batch.size: batch for batch in batches}
    costs = dynamic.measure_latency(by_size[PHASES[0][0]], rounds=15)
    target = HEADROOM * median_ms(dynamic, by_size[PHASES[0][0]])
    held = dynamic.hold(by_size[PHASES[0][0]], latency_ms=target, costs=costs)
    served = {"full": Served(), "smallest": Served(), "held": Served()}
    for size, calls in PHASES:
        for _ in range(calls):
            fixed = {"full": dynamic.depths[-1], "smallest": dynamic.depths[0], "held": held.controller.depth}
            for way, depth in fixed.items():
                began = time.perf_counter()
                with torch.inference_mode():
                    dynamic.at(depth).forward(by_size[size])
                spent = (time.perf_counter() - began) * 1000
                served[way].times_ms.append(spent)
                served[way].depths.append(depth)
            held.controller.observe(served["held"].times_ms[-1])
    write_down(name, dynamic, served, target, record)


def median_ms(dynamic: DynamicDepth, batch: Batch) -> float:
    """Of the whole model, with whatever else the machine does."""
    times = []
    with torch.inference_mode():
        for _ in range(TARGET_CALLS):
            began = time.perf_counter()
            dynamic.at(dynamic.depths[-1]).forward(batch)
            times.append((time.perf_counter() - began) * 1000)
    return float(np.median(times))


def write_down(name: str, dynamic: DynamicDepth, served: dict[str, Served], target: float, record: Record) -> None:
    shape = " -> ".join(f"{size} x {calls}" for size, calls in PHASES)
    metric = dynamic.task.metric
    ends = np.cumsum([0] + [calls for _, calls in PHASES])
    qualities = {way: float(np.mean([dynamic.qualities[depth] for depth in one.depths])) for way, one in served.items()}
    for way, one in served.items():
        by_phase = ", ".join(f"{one.within(target, slice(a, b)):.2f}" for a, b in pairwise(ends))
        depth = ", ".join(f"{np.mean(one.depths[a:b]):.1f}" for a, b in pairwise(ends))
        note = f"target {target:.1f} ms; requests at once x calls {shape}; by phase {by_phase}; mean depth {depth}"
        record(f"share of calls within the target, {way}, {name}", one.within(target), None, note)
        changed = sum(a != b for a, b in pairwise(one.depths))
        record(f"mean {metric} on the stream, {way}, {name}", qualities[way], None, f"{changed} changes of depth")
    assert served["held"].within(target) > served["full"].within(target)
    assert qualities["held"] > qualities["smallest"]
