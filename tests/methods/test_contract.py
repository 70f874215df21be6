"""The contract of every method, generated over the registry: a method is tested by being registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from analysis_core import create_analyzer
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.models.catalog import find_card
from analysis_core.models.sublayers import SublayerModel
from tests.methods.contract import (
    Snapshot,
    assert_complete,
    assert_equal_results,
    counting,
    fresh,
    padded,
    reordered,
    report_of,
    result_of,
)
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

Toy = tuple[UniversalModel, list[Batch]]
EVERY = METHODS.names()
BUILT_IN = [name for name in EVERY if isinstance(METHODS.get(name), ProbeMethod)]


def bert() -> Toy:
    return tiny_bert(), token_batches()


def convolutional() -> Toy:
    return tiny_convolutional(), image_batches()


def sublayers() -> Toy:
    batches = token_batches()
    return SublayerModel(tiny_bert(), batches[0]), batches


TOYS = [bert, convolutional, sublayers]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("make", TOYS)
def test_scores_every_layer_or_says_why_not(name: str, make: Callable[[], Toy]) -> None:
    model, batches = make()
    assert_complete(result_of(name, model, batches), len(model.layers))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("make", TOYS)
def test_leaves_the_model_as_it_was(name: str, make: Callable[[], Toy]) -> None:
    model, batches = make()
    model.module.train()
    next(model.module.parameters()).requires_grad_(False)
    for weight in model.module.parameters():
        weight.grad = torch.ones_like(weight)
    before = Snapshot.of(model.module)
    result_of(name, model, batches)
    before.assert_kept(model.module)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("calls_before_it_raises", [0, 1, 2])
def test_leaves_the_model_as_it_was_when_it_raises(name: str, calls_before_it_raises: int) -> None:
    model, batches = fresh(tiny_bert()), token_batches()
    left = [calls_before_it_raises]

    def fail(_module: Any, _args: Any, output: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("broken in the middle")

    model.layer_modules[2].attention.register_forward_hook(fail)
    before = Snapshot.of(model.module)
    with pytest.raises(Exception, match="broken in the middle"):
        result_of(name, model, batches)
    before.assert_kept(model.module)


@pytest.mark.parametrize("name", BUILT_IN)
def test_costs_what_it_declares(name: str) -> None:
    model, batches = tiny_bert(), token_batches()
    leaves = [f"{layer.name}.attention.self.query" for layer in model.layers]
    with counting(model.module, leaves) as counters:
        report = report_of(name, model, batches)
    scale = len(model.layers) * len(batches)
    counted = sum(counter.forwards + 2 * counter.backwards for counter in counters) / scale
    assert counted == pytest.approx(report.provenance["passes"], rel=0.02)
    method = METHODS.get(name)
    assert isinstance(method, ProbeMethod)
    examples = sum(batch.size for batch in batches)
    needs = method.needs(AnalysisConfig(analysis_methods=(name,)))
    declared = {need: need.passes(len(model.layers), examples) for need in needs}
    further = sum(passes for need, passes in declared.items() if need.served.value != "shared pass")
    shared = max((passes for need, passes in declared.items() if need.served.value == "shared pass"), default=0.0)
    assert report[name].passes == pytest.approx(further + shared, rel=0.02)
    assert report[name].replays == sum(need.replays(len(model.layers)) for need in needs)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("batch_size", [1, 7, 20])
def test_other_batch_size_same_scores(name: str, batch_size: int) -> None:
    model = tiny_bert()
    one = result_of(name, model, token_batches(batch_size=batch_size))
    assert_equal_results(one, result_of(name, model, token_batches(batch_size=8)))


@pytest.mark.parametrize("name", EVERY)
def test_padding_changes_nothing(name: str) -> None:
    model, batches = tiny_bert(), token_batches()
    assert_equal_results(result_of(name, model, batches), result_of(name, model, padded(batches)))


@pytest.mark.parametrize("name", EVERY)
def test_other_order_same_scores(name: str) -> None:
    """Methods that draw at random draw anew for an example at another place: these agree within their errors."""
    model, batches = tiny_bert(), token_batches()
    one, other = result_of(name, model, batches), result_of(name, model, reordered(batches))
    if not getattr(METHODS.get(name), "draws", False):
        assert_equal_results(one, other)
        return
    for index in one:
        spread = np.hypot(one.std_errors[index] or np.inf, other.std_errors[index] or np.inf)
        assert abs(one[index] - other[index]) <= 4 * spread


@pytest.mark.parametrize("name", EVERY)
def test_same_seed_same_answer(name: str) -> None:
    model, batches = tiny_bert(), token_batches()
    first, second = (result_of(name, model, batches, seed=3) for _ in range(2))
    assert (first.scores, first.std_errors, first.extras) == (second.scores, second.std_errors, second.extras)


@pytest.mark.parametrize("card", [find_card(name) for name in ("text-bert", "vision-vit")], ids=lambda card: card.id)
def test_all_methods_work_on_the_sublayers_of_the_first_models(card: Any) -> None:
    """Their blocks are asked together with those of every embedded model, in the zoo's own tests."""
    adapter = create_analyzer(
        model_name=card.id, analysis_methods=EVERY, max_samples=8, batch_size=4, granularity="sublayer"
    )
    adapter.load_model()
    report = adapter.analyze_importance()
    for name in EVERY:
        assert_complete(report[name], len(report.layers))
        assert report[name].not_applicable is None, report[name].not_applicable
