"""How much of the computation that goes is saved in time, and what measuring one subset takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

import pytest
import torch

from analysis_core.compression.measuring.measure import measure
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.models.catalog import catalog
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.workflow.together import drawn_sets
from tests.benchmarks.subjects import MINILM, subject

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]
PAIRS, EXAMPLES = 60, 256
ZOO = (
    "zoo/text-bert", "zoo/text-gpt2", "zoo/text-llama", "zoo/vision-vit", "zoo/vision-segformer", "zoo/audio-conformer",
    "zoo/audio-wav2vec2", "zoo/tabular-sasrec", "zoo/tabular-ft-transformer", "zoo/graph-gcn",
)  # fmt: skip


@pytest.mark.parametrize("name", [MINILM, *ZOO])
def test_time_saved_is_the_computation_that_goes(record: Record, name: str) -> None:
    """Every second layer goes. Layers that the plan must spare stay, so that it may be a few fewer."""
    torch.set_num_threads(1)
    model, batches = subject(name, EXAMPLES)
    may_go = [layer.index for layer in model.layers[1:-1:2] if layer.removable]
    plan = plan_from_removed(model.layers, may_go)
    smaller = compressed_model(model, remove_layers(model, plan.remove), plan.remove)
    task = task_for(model.task, model.modality)
    found = measure(model, smaller, batches[:1], task, latency_pairs=PAIRS)
    assert found.flops_original and found.flops_compressed
    expected = found.flops_original / found.flops_compressed
    speed = found.speedup
    note = (
        f"{speed.value:.2f}x [{speed.low:.2f}, {speed.high:.2f}] for {expected:.2f}x fewer FLOPs, "
        f"{len(plan.remove)} of {len(model.layers)} layers gone, 1 thread"
    )
    record(f"speed-up / FLOPs ratio, {name}", speed.value / expected, 0.95, note)
    assert speed.value / expected > 0.8
    share = share_of_time(model, batches[0], plan.remove)
    note = f"these layers took {share:.1%} of the intact model's time, which would make {1 / (1 - share):.2f}x"
    record(f"speed-up / what the layers' time makes, {name}", speed.value * (1 - share), 0.95, note)


def share_of_time(model: UniversalModel, batch: Batch, removed: Sequence[int], rounds: int = 30) -> float:
    """Which share of the intact model's time some layers take, in the median of some passes.

    FLOPs count multiplications alone. Where copies, norms and activations take most of the time, as in front-ends of
    convolutions, the time says more justly what could be saved.
    """
    began, spent, shares = [0.0], [0.0], []
    blocks = [model.blocks[index] for index in removed]
    hooks = [block.register_forward_pre_hook(lambda *_: began.append(time.perf_counter())) for block in blocks]
    hooks += [block.register_forward_hook(lambda *_: spent.append(time.perf_counter() - began[-1])) for block in blocks]
    try:
        with torch.inference_mode():
            for _ in range(rounds):
                spent.clear()
                start = time.perf_counter()
                model.forward(batch)
                shares.append(sum(spent) / (time.perf_counter() - start))
    finally:
        for hook in hooks:
            hook.remove()
    return median(shares)


@pytest.mark.parametrize("name", [card.id for card in catalog()])
def test_one_subset_is_measured_at_once(record: Record, name: str) -> None:
    model, batches = subject(name, EXAMPLES)
    replayer = Replayer(model, task_for(model.task, model.modality), batches)
    removed = drawn_sets(model.layers, 0, 1)[0]
    replayer.outcome()
    began = time.perf_counter()
    replayer.outcome(removed)
    taken = time.perf_counter() - began
    record(f"one subset, seconds, {name}", taken, 2.0, f"{replayer.examples} search examples, {len(removed)} layers")
    assert taken < 2.0
