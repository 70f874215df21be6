"""The result that ships with the app: one embedded model, analysed, and measured at every depth.

``layerwise zoo showcase`` makes it again. The analysis sees the search examples, greedy removal chooses on them,
and every depth is then measured on the test examples, as any run of the app would do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis_core.compression.plan import possible_ratios
from analysis_core.compression.search import GREEDY, Goal, MeasuredSubsets, SearchSpace
from analysis_core.compression.search import search as greedy_search
from analysis_core.config import AnalysisConfig
from analysis_core.data.loading import load_examples
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.probe.replay import Replayer
from analysis_core.provenance import provenance
from analysis_core.results import AnalysisReport, CompressionOutcome
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.cutting import cut_and_measure
from analysis_core.workflow.examples import SEARCH, TEST, PreparedExamples, prepare

MODEL = "zoo/text-bert"
Progress = Callable[[float, str], None]


def make_showcase(folder: Path, progress: Progress | None = None) -> None:
    """Write ``analysis.json`` and ``outcomes.json`` into a folder.

    Args:
        folder: made if it does not exist; files of these names are replaced.
        progress: called with the done share, 0 … 1, and a few words.
    """
    say = progress or (lambda _done, _message: None)
    model = load_model(MODEL)
    examples = load_examples(model)
    config = AnalysisConfig(model_name=MODEL, analysis_methods=tuple(METHODS.names()), max_samples=10_000)
    search = prepare(model, examples, SEARCH, config.batch_size, None, config.seed)
    methods = {name: METHODS.get(name) for name in config.analysis_methods}
    report = analyze(model, search.batches, config, methods, data=search.facts, progress=lambda d, m: say(0.3 * d, m))
    test = prepare(model, examples, TEST, config.batch_size, None, config.seed)
    outcomes = _measured_at_every_depth(model, report, search, test, say)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "analysis.json", report.to_dict())
    _write(folder / "outcomes.json", [outcome.to_dict() for outcome in outcomes])


def _measured_at_every_depth(
    model: UniversalModel,
    report: AnalysisReport,
    search: PreparedExamples,
    test: PreparedExamples,
    say: Progress,
) -> list[CompressionOutcome]:
    ratios = [ratio for ratio in possible_ratios(model.layers) if ratio > 1]
    task = task_for(model.task, model.modality)
    known = MeasuredSubsets(report.measured)
    found = greedy_search(
        Replayer(model, task, search.batches),
        SearchSpace(model.layers, Goal(ratios[-1])),
        measured=known,
        progress=lambda done, message: say(0.3 + 0.3 * done, message),
    )
    facts = provenance(model=MODEL, seed=0, data={SEARCH: dict(search.facts), TEST: dict(test.facts)})
    outcomes: list[CompressionOutcome] = []
    for position, ratio in enumerate(ratios):
        say(0.6 + 0.4 * position / len(ratios), f"Measuring at {ratio:.3g}x")
        for strategy in (GREEDY, "consensus"):
            plan, _ = choose_layers(model, search.batches, ratio, strategy, report=report, measured=known)
            measured = cut_and_measure(model, plan, test.batches, facts=facts).measurement
            first = strategy == GREEDY and not outcomes
            outcomes.append(
                CompressionOutcome(
                    model=report.model,
                    plan=replace(plan, ratio_asked=ratio),
                    measurement=measured,
                    searched=found.measured if first else (),
                    provenance=facts,
                )
            )
    return outcomes


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=None, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
