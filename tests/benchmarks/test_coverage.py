"""How often 90 % error bars of estimates hold what is then measured, on every embedded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis_core.compression.estimate import estimate
from analysis_core.compression.search import subset_result
from analysis_core.config import AnalysisConfig
from analysis_core.data.loading import load_examples
from analysis_core.methods import METHODS
from analysis_core.models.catalog import catalog
from analysis_core.models.loading import load_model
from analysis_core.probe.replay import INTACT, Replayer
from analysis_core.probe.runners import skip_sets
from analysis_core.results import AnalysisReport, SubsetResult
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.examples import SEARCH, prepare
from analysis_core.workflow.together import drawn_sets

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]
CARDS = [card.id for card in catalog()]
EXAMPLES, DRAWN, ASKED = 128, 130, 40
SHUFFLES = 4
MORE = {"as analysed": 0, "20 more": 20}
SEEN: dict[str, list[np.ndarray]] = {stage: [] for stage in MORE}


def hits(report: AnalysisReport, asked: list[SubsetResult], measured: list[SubsetResult]) -> np.ndarray:
    """Whether the bars of the loss and of the metric hold the measured values, ``[subsets, 2]``."""
    found = []
    for truth in asked:
        guess = estimate(report, truth.removed, measured)
        loss, metric = guess.loss_increase, guess.metric
        found.append(
            (loss.low <= truth.loss_increase <= loss.high, metric.low - 1e-9 <= truth.metric <= metric.high + 1e-9)
        )
    return np.array(found, dtype=float)


@pytest.mark.parametrize("name", CARDS)
def test_error_bars_hold_what_is_measured(record: Record, name: str) -> None:
    torch.set_num_threads(1)
    model = load_model(name)
    batches = prepare(model, load_examples(model), SEARCH, 32, EXAMPLES, 0).batches
    config = AnalysisConfig(name, analysis_methods=("layer_ablation",))
    report = analyze(model, batches, config, {"layer_ablation": METHODS.get("layer_ablation")})
    report = replace(report, model={**report.model, "granularity": "block"})
    task = task_for(model.task, model.modality)
    replayer = Replayer(model, task, batches)
    known = {result.removed for result in report.measured}
    sets = [one for one in drawn_sets(model.layers, 100, DRAWN) if tuple(sorted(one)) not in known]
    intact = replayer.outcome(INTACT)
    found = [subset_result(outcome, intact, task) for outcome in skip_sets(replayer, sets, "Asking")]
    for stage, more in MORE.items():
        held = np.concatenate([hits(report, part[more:], part[:more]) for part in shuffled(found, more + ASKED)])
        SEEN[stage].append(held.mean(axis=0))
        note = (
            f"{len(found)} subsets of {len(model.layers)} layers, {SHUFFLES} draws; {EXAMPLES} search examples at most"
        )
        record(f"{name}: loss, {stage}", float(held[:, 0].mean()), 0.9, note)
        record(f"{name}: {task.metric}, {stage}", float(held[:, 1].mean()), 0.9, note)
        assert held.mean() > 0.6


def shuffled(found: list[SubsetResult], count: int) -> Iterator[list[SubsetResult]]:
    """Some of the measured subsets, drawn anew each time."""
    rng = np.random.default_rng(0)
    for _ in range(SHUFFLES):
        yield [found[at] for at in rng.permutation(len(found))[:count]]


def test_all_models_together(record: Record) -> None:
    if len(SEEN["as analysed"]) < len(CARDS):
        pytest.skip("not all models were asked in this run")
    for stage, rows in SEEN.items():
        table = np.array(rows)
        inside = float(((table >= 0.85) & (table <= 0.95)).mean())
        for column, what in enumerate(("loss", "metric")):
            record(f"all models: {what}, {stage}", float(table[:, column].mean()), 0.9, f"mean of {len(rows)} models")
            assert 0.85 <= table[:, column].mean() <= 0.95
        record(f"all models: share of rows between 85 and 95 %, {stage}", inside, note="loss and metric of each model")
