"""A model that changes its depth while it runs computes what the really cut model computes, with the same weights."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from analysis_core import create_analyzer
from analysis_core.compression.depth.dynamic import DynamicDepth
from analysis_core.compression.depth.keep_sets import keep_sets_from_measured, keep_sets_from_order, keep_sets_from_plan
from analysis_core.compression.plan import plan_from_order
from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.errors import ConfigurationError, PlanError
from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.models.loading import load_model
from analysis_core.results import SubsetResult
from tests.compression import models
from tests.compression.models import TinyModel, inputs_for

MAKERS: dict[str, Callable[[], TinyModel]] = {
    "text": models.bert,
    "decoder": models.llama,
    "vision": models.vit,
    "stages": models.convnext,
    "encoder-decoder": models.t5,
    "plain": models.plain,
}


def order_of(model: TinyModel) -> list[int]:
    """The ends first, so that first blocks go too; something of each stack stays."""
    free = [layer.index for layer in model.layers if layer.removable]
    return [free[0], *free[2:-1]]


def answer(module: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    with torch.inference_mode():
        returned: Any = module(**inputs)
        return first_tensor(getattr(returned, "logits", returned))


@pytest.mark.parametrize("name", MAKERS)
def test_every_depth_equals_the_really_cut_model(name: str) -> None:
    model = MAKERS[name]()
    inputs, order = inputs_for(model), order_of(model)
    dynamic = DynamicDepth.from_order(model, order)
    assert dynamic.depths == tuple(range(len(model.layers) - len(order), len(model.layers) + 1))
    for gone in (*range(len(order) + 1), 0):  # and back to full depth
        dynamic.depth = len(model.layers) - gone
        expected = answer(remove_layers(model, order[:gone]), inputs)
        assert torch.equal(answer(dynamic, inputs), expected)  # type: ignore[arg-type]
    assert torch.equal(answer(dynamic.module, inputs), answer(model.module, inputs))


@pytest.mark.parametrize("name", ["zoo/graph-gcn", "zoo/rl-cartpole-policy", "zoo/tabular-ft-transformer"])
def test_embedded_models_of_other_kinds_too(name: str) -> None:
    model: Any = load_model(name, device="cpu")
    batch = next(iter(model.batches(load_examples(model).split("test").head(8), 8)))
    order = [layer.index for layer in model.layers if layer.removable][1:-1]
    dynamic = DynamicDepth(model, [[i for i in range(len(model.layers)) if i not in order]])
    for depth, removed in ((dynamic.depths[0], order), (dynamic.depths[1], [])):
        dynamic.depth = depth
        with torch.inference_mode():
            expected = first_tensor(models_output(remove_layers(model, removed), model, batch))
            assert torch.equal(first_tensor(dynamic.forward(batch)), expected)


def models_output(module: nn.Module, model: Any, batch: Batch) -> Any:
    twin = copy.copy(model)
    twin.module = module
    return twin.forward(batch)


def test_all_depths_hold_the_original_s_own_weights() -> None:
    model = models.t5()
    dynamic = DynamicDepth.from_order(model, order_of(model))
    own = {id(tensor) for tensor in (*model.module.parameters(), *model.module.buffers())}
    for depth in dynamic.depths:
        module = dynamic.at(depth).module
        assert {id(tensor) for tensor in (*module.parameters(), *module.buffers())} <= own
    inputs, dynamic.depth = inputs_for(model), dynamic.depths[0]
    before = answer(dynamic, inputs)  # type: ignore[arg-type]
    with torch.no_grad():
        model.module.shared.weight.mul_(2)  # type: ignore[union-attr,operator]
    assert not torch.equal(answer(dynamic, inputs), before)  # type: ignore[arg-type]


def test_the_original_is_left_alone() -> None:
    model = models.gpt2()
    inputs, before = inputs_for(model), repr(model.module.config)
    expected = answer(model.module, inputs)
    model.module.train()
    DynamicDepth.from_order(model, order_of(model))
    assert model.module.training
    model.module.eval()
    assert repr(model.module.config) == before
    assert torch.equal(answer(model.module, inputs), expected)


@pytest.mark.parametrize("make", [models.llama, models.qwen2, models.t5, models.bart])
def test_generation_with_a_cache_at_changing_depth(make: Callable[[], TinyModel]) -> None:
    model = make()
    order = order_of(model)
    dynamic = DynamicDepth.from_order(model, order)
    inputs = {"input_ids": inputs_for(model)["input_ids"]}
    settings = {"max_new_tokens": 6, "do_sample": False, "use_cache": True}
    for depth in (dynamic.depths[0], dynamic.depths[-1], dynamic.depths[0]):
        dynamic.depth = depth
        network: Any = dynamic.module
        dynamic.depth = dynamic.depths[-1]  # while a sequence is generated: it goes on as it began
        cut: Any = remove_layers(model, order[: len(model.layers) - depth])
        assert torch.equal(network.generate(**inputs, **settings), cut.generate(**inputs, **settings))
        assert torch.equal(
            network.generate(**inputs, **settings), network.generate(**inputs, **{**settings, "use_cache": False})
        )


def test_threads_may_use_all_depths_at_once() -> None:
    model = models.bert()
    dynamic, inputs = DynamicDepth.from_order(model, [1, 2]), inputs_for(model)
    expected = {depth: answer(dynamic.at(depth).module, inputs) for depth in dynamic.depths}

    def call(number: int) -> bool:
        dynamic.depth = dynamic.depths[number % len(dynamic.depths)]  # which another thread may change at once
        found = answer(dynamic, inputs)  # type: ignore[arg-type]
        return any(torch.allclose(found, one, atol=1e-5) for one in expected.values())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(call, range(60)))


def test_skipped_blocks_take_no_time() -> None:
    model: Any = load_model("zoo/vision-vit", device="cpu")
    batch = next(iter(model.batches(load_examples(model).split("test").head(16), 16)))
    dynamic = DynamicDepth(model, [[0, 4, 11]])
    costs = dynamic.measure_latency(batch, rounds=9)
    assert costs[3] < 0.5 * costs[12]  # a quarter of the blocks, and what is around them


def test_a_target_is_held_on_a_real_model_under_a_load_that_comes_and_goes() -> None:
    """The load: every call is followed by a wait in proportion to its depth, three times as long for a while."""
    model = models.bert(12)
    inputs = inputs_for(model)
    dynamic = DynamicDepth.from_order(model, list(range(1, 11)))
    costs = {depth: 4.0 + depth for depth in dynamic.depths}
    dynamic.qualities = {depth: depth / 12 for depth in dynamic.depths}
    held = dynamic.hold(Batch(inputs, None, 3), latency_ms=2.2 * costs[12], costs=costs)

    def call(one: UniversalModel, load: float) -> None:
        began = time.perf_counter()
        answer(one.module, inputs)
        time.sleep(max(0.0, load * costs[len(one.layers)] / 1000 - (time.perf_counter() - began)))

    def depths(load: float, calls: int) -> list[int]:
        ran = []
        for _ in range(calls):
            ran.append(dynamic.depth)
            held.timed(lambda one: call(one, load))
        return ran

    assert max(depths(1, 20)) == 12
    assert max(depths(4, 40)[15:]) <= 7
    assert max(depths(1, 60)[40:]) >= 11
    report = held.report()
    assert report.share_within is not None and report.share_within > 0.7
    assert report.mean_quality == pytest.approx(report.mean_depth / 12)


def test_the_adapter_gives_a_model_with_measured_qualities() -> None:
    adapter = create_analyzer("zoo/rl-cartpole-policy", device="cpu")
    dynamic = adapter.dynamic([3, 4])
    assert isinstance(dynamic, DynamicDepth)
    assert set(dynamic.qualities) == {6, 7, 8}
    assert dynamic.qualities[8] > 0.9
    plan = plan_from_order(adapter.load_model().layers, [2, 5, 3], 8 / 6, "by hand")
    assert adapter.dynamic(plan).keep_sets[6] == (0, 1, 3, 4, 6, 7)


def test_keep_sets_of_a_search_are_the_best_of_each_size() -> None:
    def measured(removed: tuple[int, ...], loss: float) -> SubsetResult:
        return SubsetResult(removed, loss, 0.0, 0.0, 0.0, 0.0, 0.0, 10)

    layers = models.plain().layers
    subsets = [measured((1,), 2.0), measured((2,), 1.0), measured((1, 3), 3.0), measured((0,), 0.1)]
    found = keep_sets_from_measured(layers, subsets)
    assert found == {5: (0, 1, 2, 3, 4), 4: (0, 1, 3, 4), 3: (0, 2, 4)}
    assert keep_sets_from_order(layers, [2, 1]) == {5: (0, 1, 2, 3, 4), 4: (0, 1, 3, 4), 3: (0, 3, 4)}


def test_bad_depths_and_layers_are_refused() -> None:
    model = models.plain()
    dynamic = DynamicDepth.from_order(model, [1])
    with pytest.raises(ConfigurationError, match="no depth 3"):
        dynamic.depth = 3
    with pytest.raises(ConfigurationError, match="The depths are 4, 5"):
        dynamic.at(1)
    with pytest.raises(PlanError, match="no layer 9"):
        DynamicDepth.from_order(model, [9])
    with pytest.raises(PlanError, match="All 5 layers"):
        DynamicDepth(model, [[]])
    with pytest.raises(PlanError, match="a model with 4 layers"):
        keep_sets_from_plan(model.layers, plan_from_order(models.bert().layers, [1], 4 / 3, "by hand"))
