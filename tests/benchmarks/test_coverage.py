"""How often 90 % error bars of estimates hold what is then measured, on every embedded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
EXAMPLES, DRAWN, STREAM = 128, 130, 100
SHUFFLES = 4
LEAST, MOST = 0.85, 0.95
AS_ANALYSED, ONE_BY_ONE = "as analysed", "as measurements arrive"
SEEN: dict[str, list[np.ndarray]] = {AS_ANALYSED: [], ONE_BY_ONE: []}


def held(report: AnalysisReport, truth: SubsetResult, measured: Sequence[SubsetResult]) -> tuple[bool, bool]:
    """Whether the bars of the loss and of the metric, drawn before a subset is measured, hold what it then loses."""
    guess = estimate(report, truth.removed, measured)
    loss, metric = guess.loss_increase, guess.metric
    return loss.low <= truth.loss_increase <= loss.high, metric.low - 1e-9 <= truth.metric <= metric.high + 1e-9


def stream(report: AnalysisReport, arriving: Sequence[SubsetResult]) -> list[tuple[bool, bool]]:
    """Each subset is estimated from all before it, then measured: what someone sees who tries one after the other."""
    return [held(report, truth, arriving[:place]) for place, truth in enumerate(arriving)]


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
    rows = {
        AS_ANALYSED: [held(report, truth, ()) for truth in found],
        ONE_BY_ONE: [row for part in shuffled(found) for row in stream(report, part)],
    }
    note = f"{len(found)} subsets of {len(model.layers)} layers; {EXAMPLES} search examples at most"
    for stage, hits in rows.items():
        shares = np.array(hits, dtype=float).mean(axis=0)
        SEEN[stage].append(shares)
        more = f"; {SHUFFLES} streams of {min(len(found), STREAM)}" if stage == ONE_BY_ONE else ""
        record(f"{name}: loss, {stage}", float(shares[0]), 0.9, note + more)
        record(f"{name}: {task.metric}, {stage}", float(shares[1]), 0.9, note + more)
    assert (SEEN[ONE_BY_ONE][-1] >= LEAST).all() and (SEEN[ONE_BY_ONE][-1] <= MOST).all()


def shuffled(found: list[SubsetResult]) -> Iterator[list[SubsetResult]]:
    """The measured subsets in another order each time."""
    rng = np.random.default_rng(0)
    for _ in range(SHUFFLES):
        yield [found[at] for at in rng.permutation(len(found))[:STREAM]]


def test_all_models_together(record: Record) -> None:
    if len(SEEN[AS_ANALYSED]) < len(CARDS):
        pytest.skip("not all models were asked in this run")
    for stage, rows in SEEN.items():
        table = np.array(rows)
        inside = float(((table >= LEAST) & (table <= MOST)).mean())
        for column, what in enumerate(("loss", "metric")):
            record(f"all models: {what}, {stage}", float(table[:, column].mean()), 0.9, f"mean of {len(rows)} models")
            assert LEAST <= table[:, column].mean() <= MOST
        record(f"all models: share of rows between 85 and 95 %, {stage}", inside, note="loss and metric of each model")
