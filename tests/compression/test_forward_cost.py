"""Costs of a forward pass, held against cases worked by hand."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis_core.compression.measuring.forward_cost import ForwardCost, forward_cost
from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.results import Measurement
from analysis_core.workflow.examples import prepare


class Bare:
    """As much of a model as counting needs."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def forward(self, batch: Batch) -> Any:
        return self.module(batch.inputs)


def cost_of(module: nn.Module, inputs: Tensor) -> ForwardCost:
    return forward_cost(cast(UniversalModel, Bare(module)), Batch(inputs, None, len(inputs)))


def test_two_linear_layers_by_hand() -> None:
    """5 examples through 4 -> 8 -> 2: two operations for each weight and example; 8 + 8 and then 8 + 2 numbers live."""
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    cost = cost_of(net, torch.randn(5, 4))
    weights = (4 * 8 + 8 + 8 * 2 + 2) * 4
    assert cost.flops == 2 * 5 * (4 * 8 + 8 * 2)
    assert cost.uncounted == ("aten.relu",)
    assert cost.peak_bytes == weights + 5 * (8 + 8) * 4


def test_tensors_that_are_gone_do_not_count() -> None:
    """A chain of many layers holds the input and the output of one at a time."""
    short, long = (nn.Sequential(*[nn.Tanh() for _ in range(count)]) for count in (2, 9))
    assert cost_of(short, torch.randn(3, 7)).peak_bytes == cost_of(long, torch.randn(3, 7)).peak_bytes == 2 * 3 * 7 * 4


def test_views_and_changes_in_place_need_no_memory() -> None:
    cost = cost_of(
        nn.Sequential(nn.Linear(4, 4, bias=False), nn.ReLU(inplace=True), nn.Flatten()), torch.randn(2, 3, 4)
    )
    assert cost.peak_bytes == 4 * 4 * 4 + 2 * 3 * 4 * 4
    assert cost.uncounted == ("aten.relu_",)


class Attention(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(inputs, inputs, inputs)


def test_fused_attention_counts_both_of_its_products() -> None:
    assert cost_of(Attention(), torch.randn(2, 3, 5, 8)).flops == 2 * (2 * 2 * 3 * 5 * 5 * 8)


@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_layer_of_torch_is_counted_whole_and_left_as_it_was(training: bool) -> None:
    """Its fused operator would count nothing: projections 4 d², feed-forward 2 d f, attention 2 t d a position."""
    width, inner, positions, size = 8, 16, 5, 3
    layer = nn.TransformerEncoderLayer(width, 2, inner, batch_first=True).train(training)
    fast = torch.backends.mha.get_fastpath_enabled()
    cost = cost_of(layer, torch.randn(size, positions, width))
    products = 4 * width * width + 2 * width * inner + 2 * positions * width
    assert cost.flops == 2 * size * positions * products
    assert layer.training is training and torch.backends.mha.get_fastpath_enabled() is fast


def test_a_measurement_stored_before_costs_were_counted_still_loads() -> None:
    once = {"value": 1.0, "low": 1.0, "high": 1.0}
    time = {"median_ms": 1.0, "p95_ms": 1.0}
    stored = {"metric": "accuracy", "metric_direction": "higher", "original": 1.0, "compressed": 1.0}
    stored |= {"difference": once, "retention": once, "speedup": once, "examples": 1, "batch_size": 1}
    stored |= {"latency_original": time, "latency_compressed": time, "machine": "", "measured_at": ""}
    stored |= {f"{what}_{which}": 1 for what in ("parameters", "bytes") for which in ("original", "compressed")}
    loaded = Measurement.from_dict(stored)
    assert loaded.flops_original is None and loaded.peak_bytes_original is None and loaded.flops_uncounted == ()


def test_a_view_of_a_weight_is_no_obstacle() -> None:
    model = load_model("zoo/tabular-ft-transformer")
    batch = prepare(model, load_examples(model), "search", 4, 4, 0).batches[0]
    assert forward_cost(model, batch).flops > 1e5
