"""Streams of requests, each served at a fixed depth or held to a latency by a controller of its own."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch

from analysis_core.compression.depth.depth_controller import DepthController
from analysis_core.compression.depth.dynamic import DynamicDepth
from analysis_core.data.batches import Batch

MOST_STREAMS = 32
MOST_CALLS = 40
MOST_SECONDS = 1.0
"""One request serves no more than this, so that others are not kept waiting."""


class Streams:
    """Streams by the name of whoever looks on; the ones that nobody looks at for longest are dropped.

    Args:
        dynamic: the model.
        costs: milliseconds of one call with one request at each depth.
    """

    def __init__(self, dynamic: DynamicDepth, costs: Mapping[int, float]) -> None:
        self._dynamic, self._costs = dynamic, dict(costs)
        self._held: OrderedDict[tuple[str, float], DepthController] = OrderedDict()

    def serve(self, name: str, batch: Batch, calls: int, target_ms: float, depth: int | None) -> dict[str, Any]:
        """Some calls of a stream.

        Args:
            name: of the stream; a name and a target together have one controller.
            batch: as many requests as come at once.
            calls: how many of these.
            target_ms: what a call may take.
            depth: a fixed depth; None leaves it to the controller.

        Returns:
            ``calls``: depth and milliseconds of each; ``in_reach``: whether the target can be held at all.
        """
        controller = self._controller(name, target_ms)
        served = []
        began = time.perf_counter()
        for _ in range(max(1, min(calls, MOST_CALLS))):
            at = controller.depth if depth is None else depth
            started = time.perf_counter()
            with torch.inference_mode():
                self._dynamic.at(at).forward(batch)
            ended = time.perf_counter()
            spent_ms = (ended - started) * 1000
            controller.observe(spent_ms, at)
            served.append([at, round(spent_ms, 3)])
            if ended - began > MOST_SECONDS:
                break
        return {"calls": served, "in_reach": controller.in_reach}

    def _controller(self, name: str, target_ms: float) -> DepthController:
        key = (name, target_ms)
        if key not in self._held:
            self._held[key] = DepthController(self._costs, latency_ms=target_ms)
            while len(self._held) > MOST_STREAMS:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]
