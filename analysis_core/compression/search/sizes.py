"""Each layer's share of a whole model: of its parameters, bytes, FLOPs and time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from analysis_core.compression.measuring.forward_cost import counted_flops
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hooks import preserved
from analysis_core.vocabulary import RatioOf

TIMED_PASSES = 7


def layer_shares(model: UniversalModel, batch: Batch, of: RatioOf) -> tuple[float, ...]:
    """How much of the whole model's cost is each layer's, ``[layers]``; what is no layer's is the rest to 1.

    FLOPs are those of matrix products, convolutions and attention, as torch counts them. Time is the median over
    a few passes of one batch, so that it is an estimate; what a smaller model really needs is measured on the result.

    Args:
        model: taken apart into layers.
        batch: what it is run on for FLOPs and time.
        of: what is counted.
    """
    if of is RatioOf.LAYERS:
        return (1 / len(model.layers),) * len(model.layers)
    if of is RatioOf.PARAMETERS:
        return tuple(layer.parameters / model.parameter_count for layer in model.layers)
    if of is RatioOf.MEMORY:
        return _shares_of_bytes(model)
    return _shares_of_flops(model, batch) if of is RatioOf.FLOPS else _shares_of_time(model, batch)


def _shares_of_bytes(model: UniversalModel) -> tuple[float, ...]:
    seen: set[int] = set()

    def size_of(tensors: list[torch.Tensor]) -> int:
        new = {id(tensor): tensor.numel() * tensor.element_size() for tensor in tensors if id(tensor) not in seen}
        seen.update(new)
        return sum(new.values())

    sizes = [size_of([*site.parameters()]) for site in model.sites]
    whole = sum(sizes) + size_of([*model.module.parameters(), *model.module.buffers()])
    return tuple(size / whole for size in sizes)


def _shares_of_flops(model: UniversalModel, batch: Batch) -> tuple[float, ...]:
    with counted_flops() as counter:
        costs, whole = _costs_by_layer(model, batch, counter.get_total_flops)
    return tuple(cost / whole if whole else 0.0 for cost in costs)


def _shares_of_time(model: UniversalModel, batch: Batch) -> tuple[float, ...]:
    passes = [_costs_by_layer(model, batch, _clock(model)) for _ in range(TIMED_PASSES)]
    shares = [[cost / whole for cost in costs] for costs, whole in passes[1:]]  # the first one warms up
    return tuple(statistics.median(column) for column in zip(*shares, strict=True))


def _clock(model: UniversalModel) -> Callable[[], float]:
    def now() -> float:
        if model.device.type == "cuda":
            torch.cuda.synchronize(model.device)
        return time.perf_counter()

    return now


def _costs_by_layer(model: UniversalModel, batch: Batch, count: Callable[[], float]) -> tuple[list[float], float]:
    """What each layer adds to a running count during one forward pass, and what the whole pass adds."""
    costs = [0.0] * len(model.sites)
    began: dict[nn.Module, float] = {}
    owners = {module: index for index, site in enumerate(model.sites) for module in site.modules}

    def before(module: nn.Module, _inputs: object) -> None:
        began[module] = count()

    def after(module: nn.Module, _inputs: object, _outputs: object) -> None:
        costs[owners[module]] += count() - began[module]

    handles = [module.register_forward_pre_hook(before) for module in owners]
    handles += [module.register_forward_hook(after) for module in owners]
    try:
        with preserved(model.module), torch.no_grad():
            start = count()
            model.forward(batch)
            return costs, count() - start
    finally:
        for handle in handles:
            handle.remove()
