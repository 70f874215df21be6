"""Sub-layers against blocks: the same search over both, at equal remaining parameters, judged on other examples.

The field finds that attentions and feed-forward parts, taken out one by one, cost less than whole blocks. Here both may
take from the same blocks (the first and the last one stay), are asked for the same share of the parameters of all
blocks, and may spend the same number of passes. Where parts do not divide evenly a little more goes than asked.
Who wins is recorded, not asserted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from analysis_core.compression.measuring.measure import paired_intervals
from analysis_core.compression.measuring.shares import metrics_of
from analysis_core.compression.plan import EVOLUTIONARY, GREEDY
from analysis_core.compression.search import Budget, Goal, MeasuredSubsets, SearchSpace, search
from analysis_core.compression.search.greedy import naive_evaluations
from analysis_core.data.loading import load_examples
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.models.sublayers import SublayerModel, cut_to, example_of
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import Direction, Granularity, RatioOf
from analysis_core.workflow.examples import SEARCH, TEST, prepare

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]
SUBJECTS = ("zoo/text-bert", "zoo/text-gpt2", "zoo/vision-vit", "zoo/tabular-ft-transformer", "zoo/text-llama")
REMAINING = (0.75, 0.5)
SEARCH_EXAMPLES, TEST_EXAMPLES = 128, 400
BETTER: list[str] = []
"""Who won each comparison that was made so far."""


@dataclass
class Unit:
    """One way to cut a model, with what a search over it needs.

    Args:
        model: cut into blocks or sub-layers.
        replayer: over the search examples.
        block_of: for each layer, in which block it sits.
        whole: parameters of all blocks.
    """

    model: UniversalModel
    replayer: Replayer
    block_of: list[int]
    whole: int

    def __post_init__(self) -> None:
        self.measured = MeasuredSubsets()

    def space(self, remaining: float) -> SearchSpace:
        """What may go: all of every block but the first and the last."""
        ends = {0, max(self.block_of)}
        protect = [index for index, block in enumerate(self.block_of) if block in ends]
        shares = {RatioOf.PARAMETERS: [layer.parameters / self.whole for layer in self.model.layers]}
        return SearchSpace(self.model.layers, Goal(1 / remaining, RatioOf.PARAMETERS), shares, protect)

    def removed(self, remaining: float, strategy: str, budget: Budget | None) -> tuple[tuple[int, ...], float]:
        """What a search takes out, and which share of the blocks' parameters then remains."""
        space = self.space(remaining)
        found = self.no_more_than_needed(
            search(self.replayer, space, strategy, measured=self.measured, budget=budget).plan.remove, space
        )
        assert space.reached(found) and not set(found) & set(space.protected)
        return found, 1 / space.ratio(found)

    def no_more_than_needed(self, found: Collection[int], space: SearchSpace) -> tuple[int, ...]:
        """A last step may go too far: layers go back in, the most useful first, while enough is still gone."""
        gone = frozenset(found)
        while spare := [gone - {layer} for layer in sorted(gone) if space.reached(gone - {layer})]:
            gone = min(spare, key=lambda less: self.replayer.outcome(less).losses.mean())
        return tuple(sorted(gone))


def units_of(name: str) -> tuple[dict[str, Unit], dict[str, Replayer], Task]:
    """The model in blocks and in sub-layers, and for each the replayer over test examples that judges."""
    model = load_model(name)
    examples, task = load_examples(model), task_for(model.task, model.modality)
    chosen_on = prepare(model, examples, SEARCH, 32, SEARCH_EXAMPLES, 0).batches
    judged_on = prepare(model, examples, TEST, 32, TEST_EXAMPLES, 0).batches
    fine = cut_to(model, Granularity.SUBLAYER, example_of(chosen_on))
    assert isinstance(fine, SublayerModel)
    whole = sum(layer.parameters for layer in model.layers)
    models = {"blocks": model, "sub-layers": fine}
    units = {
        unit: Unit(cut, Replayer(cut, task, chosen_on), [site.block for site in cut.sites], whole)
        for unit, cut in models.items()
    }
    return units, {unit: Replayer(cut, task, judged_on) for unit, cut in models.items()}, task


@pytest.mark.parametrize("name", SUBJECTS)
def test_sub_layers_against_blocks(name: str, record: Record) -> None:
    torch.set_num_threads(1)
    units, judges, task = units_of(name)
    intact = metric_of(task, judges["blocks"].outcome().metric)
    for remaining in REMAINING:
        fine = units["sub-layers"].space(remaining)
        budget = Budget(naive_evaluations(fine, round((1 - remaining) * len(fine.layers))))
        for strategy in (GREEDY, EVOLUTIONARY):
            found = {unit: cut.removed(remaining, strategy, budget) for unit, cut in units.items()}
            shares = {unit: judges[unit].outcome(removed).metric for unit, (removed, _) in found.items()}
            value, verdict, note = compared(task, shares)
            BETTER.append(verdict)
            told = "; ".join(
                f"{unit} {metric_of(task, shares[unit]):.4g} without {len(removed)} of {len(units[unit].block_of)} "
                f"({left:.1%} of the parameters remain)"
                for unit, (removed, left) in found.items()
            )
            record(
                f"{name}, {strategy}, {remaining:.0%} of the blocks' parameters: {task.metric} better with sub-layers",
                value, note=f"{note}; {verdict}; {told}; whole model {intact:.4g}",
            )  # fmt: skip


def compared(task: Task, shares: dict[str, np.ndarray]) -> tuple[float, str, str]:
    """By how much sub-layers are better than blocks on the same examples, who is surely better, and the interval."""
    difference, _ = paired_intervals(shares["blocks"], shares["sub-layers"], 0, task.metric_of)
    sign = 1 if task.direction is Direction.HIGHER_IS_BETTER else -1
    low, high = sorted((sign * difference.low, sign * difference.high))
    verdict = "sub-layers are better" if low > 0 else "blocks are better" if high < 0 else "not told apart"
    return sign * difference.value, verdict, f"95 % {low:.4g} to {high:.4g}, {len(shares['blocks'])} test examples"


def metric_of(task: Task, shares: np.ndarray) -> float:
    return float(metrics_of(task.metric_of, shares.mean()))


def test_all_models_together(record: Record) -> None:
    comparisons = len(SUBJECTS) * len(REMAINING) * 2
    if len(BETTER) < comparisons:
        pytest.skip("not all models were compared in this run")
    for verdict in ("sub-layers are better", "blocks are better", "not told apart"):
        record(f"all: {verdict}", BETTER.count(verdict), note=f"of {comparisons}, by one 95 % interval each")
