"""What each way to heal keeps at half depth, with the same layers gone and the same seconds to train.

The value is the metric of the smaller model as a share of the whole one's; where a model has no place for a linear
patch, the value is that of the model left as it was cut.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from analysis_core.compression.search import Goal
from analysis_core.data.loading import load_examples
from analysis_core.errors import SurgeryError
from analysis_core.models.loading import load_model
from analysis_core.vocabulary import Direction, HealWay
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.cutting import CompressionResult, Healing, cut_and_measure
from analysis_core.workflow.examples import HEAL, SEARCH, TEST, prepare

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
Record = Callable[..., None]
SECONDS = 30.0
EXAMPLES = {SEARCH: 256, TEST: 400, HEAL: 2048}
RATIO = 2.0


def told(result: CompressionResult) -> str:
    """The metric before and after, its interval, and what healing reports."""
    measured = result.measurement
    words = [
        f"{measured.metric} ({measured.metric_direction.value} is better) "
        f"{measured.original:.4f} -> {measured.compressed:.4f}",
        f"95 % interval {measured.retention.low:.4f} to {measured.retention.high:.4f}, {measured.examples} examples",
    ]
    if result.heal is not None:
        heal = result.heal
        words.append(f"search loss {heal.loss_before:.4f} -> {heal.loss_reached:.4f}, helped: {heal.helped}".lower())
        words.append(f"{heal.steps} steps in {heal.seconds:.0f} s on {heal.examples} training examples")
    return "; ".join(words)


@pytest.mark.parametrize("name", ["zoo/text-bert", "zoo/vision-vit", "zoo/text-gpt2"])
def test_what_each_way_to_heal_keeps(name: str, record: Record) -> None:
    torch.set_num_threads(1)
    model = load_model(name, device="cpu")
    examples = load_examples(model)
    parts = {part: prepare(model, examples, part, 32, most, 0).batches for part, most in EXAMPLES.items()}
    plan, _ = choose_layers(model, parts[SEARCH], Goal(RATIO), "greedy")
    unhealed = cut_and_measure(model, plan, parts[TEST], latency_pairs=2)
    record(f"{name}, none", unhealed.measurement.retention.value, note=told(unhealed))
    for way in (HealWay.LINEAR, HealWay.DISTILL, HealWay.LORA):
        healing = Healing(way, parts[HEAL], parts[SEARCH], SECONDS)
        try:
            result = cut_and_measure(model, plan, parts[TEST], healing=healing, latency_pairs=2)
        except SurgeryError as error:
            record(f"{name}, {way.value}", unhealed.measurement.retention.value, note=f"left as cut: {error.sentence}")
            continue
        record(f"{name}, {way.value}", result.measurement.retention.value, note=told(result))
        assert result.heal is not None and result.heal.helped == (result.heal.loss_reached < result.heal.loss_before)
        lower = result.measurement.metric_direction is Direction.LOWER_IS_BETTER
        gained = result.measurement.compressed - unhealed.measurement.compressed
        assert not result.heal.helped or (-gained if lower else gained) > 0, "better than none, or said not to help"
