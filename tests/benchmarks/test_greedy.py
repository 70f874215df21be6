"""What greedy removal to half depth costs in runs of blocks, by itself and after single layers were measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from analysis_core.compression.search import Goal, MeasuredSubsets, SearchResult, SearchSpace, search
from analysis_core.compression.search.greedy import naive_evaluations
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.probe.replay import Removed, Replayer
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from tests.benchmarks.subjects import MINILM, subject

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]
ABLATION = "layer_ablation"
ZOO = (
    "zoo/text-bert", "zoo/vision-vit", "zoo/tabular-sasrec", "zoo/audio-wav2vec2", "zoo/audio-conformer",
    "zoo/text-gpt2", "zoo/text-llama",
)  # fmt: skip
EXAMPLES = {"as the app asks for": AnalysisConfig().max_samples, "at most 256": 256}
GOAL = 0.33


def found(
    model: UniversalModel,
    batches: Sequence[Batch],
    measured: MeasuredSubsets | None = None,
    *,
    every_step: bool = False,
) -> SearchResult:
    replayer = Replayer(model, task_for(model.task, model.modality), batches)
    return search(replayer, SearchSpace(model.layers, Goal(2.0)), measured=measured, every_step=every_step)


@pytest.mark.parametrize("name", [MINILM, *ZOO])
@pytest.mark.parametrize("asked", EXAMPLES)
def test_greedy_runs_a_third_of_the_blocks(record: Record, name: str, asked: str) -> None:
    torch.set_num_threads(1)
    model, batches = subject(name, EXAMPLES[asked])
    alone = found(model, batches)
    report = analyze(model, batches, AnalysisConfig(analysis_methods=(ABLATION,)), {ABLATION: METHODS.get(ABLATION)})
    after = found(model, batches, MeasuredSubsets(report.measured))
    steps = found(model, batches, MeasuredSubsets(report.measured), every_step=True)
    assert (
        alone.plan.removal_order == after.plan.removal_order == whole_comparison(model, batches, len(alone.plan.remove))
    )
    naive = naive_evaluations(SearchSpace(model.layers, Goal(2.0)), len(alone.plan.remove))
    note = f"{sum(batch.size for batch in batches)} examples, {len(model.layers)} layers; same layers"
    record(f"greedy / naive in block evaluations, {asked}, {name}", alone.evaluations / naive, GOAL, note)
    record(f"the same after an analysis, {asked}, {name}", after.evaluations / naive, GOAL, note)
    record(f"the same with every step measured, {asked}, {name}", steps.evaluations / naive, None, note)


def whole_comparison(model: UniversalModel, batches: Sequence[Batch], steps: int) -> tuple[int, ...]:
    """What the naive procedure removes: every candidate on every example, at every step."""
    replayer = Replayer(model, task_for(model.task, model.modality), batches)
    space, order = SearchSpace(model.layers, Goal(2.0)), list[int]()

    def rank(removed: Removed) -> tuple[float, int]:
        return float(replayer.outcome(removed).losses.mean()), -sum(removed)

    for _ in range(steps):
        left = [frozenset([*order, index]) for index in space.candidates if index not in order]
        order += min(left, key=rank) - set(order)
    return tuple(order)
