"""What the lessons of the app show: one small language model, measured without every possible set of its blocks.

``layerwise zoo lessons`` makes it again. Eight blocks have 256 subsets, few enough to try them all: so a lesson can say
which set is really the cheapest, and not only which one a search found. All figures are of the search examples.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from analysis_core.compression.search import (
    GREEDY,
    Goal,
    MeasuredSubsets,
    SearchSpace,
    search,
    subset_result,
)
from analysis_core.config import AnalysisConfig
from analysis_core.data.loading import load_examples
from analysis_core.insight.resampling import bounds, drawn_scores, score_array
from analysis_core.insight.trust import spearman
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.probe.replay import Replayer
from analysis_core.results import AnalysisReport, MethodResult, SubsetResult
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.examples import SEARCH, PreparedExamples, prepare
from analysis_core.zoo.stream_steps import stream_steps

MODEL = "zoo/text-llama"
FILE = "text-llama.json"
METHODS_SHOWN = (
    "gradient_based",
    "fisher_information",
    "block_influence",
    "layer_correlation",
    "neuron_activation",
    "attention_analysis",
    "spectral_analysis",
    "gradient_flow",
    "layer_ablation",
)
Progress = Callable[[float, str], None]


def make_lessons(folder: Path, progress: Progress | None = None, *, seed: int = 0) -> None:
    """Write :data:`FILE` into a folder.

    Args:
        folder: made if it does not exist; the file is replaced.
        progress: called with the done share, 0 … 1, and a few words.
        seed: of every random choice.
    """
    say = progress or (lambda _done, _message: None)
    model = load_model(MODEL)
    config = AnalysisConfig(model_name=MODEL, analysis_methods=METHODS_SHOWN, max_samples=10_000, seed=seed)
    examples = prepare(model, load_examples(model), SEARCH, config.batch_size, None, seed)
    methods = {name: METHODS.get(name) for name in METHODS_SHOWN}
    report = analyze(
        model, examples.batches, config, methods, data=examples.facts, progress=lambda done, m: say(0.2 * done, m)
    )
    measured = _every_subset(model, examples, lambda done, message: say(0.2 + 0.75 * done, message))
    document = {
        "report": _plain(report, measured).to_dict(),
        "greedy": list(_greedy_order(model, examples, measured)),
        "pairs": _pairs(list(report.methods.values()), seed),
        "stream": [step.to_dict() for step in stream_steps(model, examples.batches)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    say(1.0, "Done")


def _plain(report: AnalysisReport, measured: tuple[SubsetResult, ...]) -> AnalysisReport:
    """The report with every subset, and without what stands beside the scores: no lesson shows it."""
    methods = {name: replace(result, extras={}) for name, result in report.methods.items()}
    return replace(report, methods=methods, measured=measured)


def _every_subset(model: UniversalModel, examples: PreparedExamples, say: Progress) -> tuple[SubsetResult, ...]:
    """All subsets but the one that leaves no block; sets that begin alike follow each other and share their start."""
    task, layers = task_for(model.task, model.modality), range(len(model.layers))
    replayer = Replayer(model, task, examples.batches)
    intact = replayer.outcome()
    subsets = list(chain.from_iterable(combinations(layers, size) for size in range(len(layers))))
    found = []
    for position, removed in enumerate(subsets):
        say(position / len(subsets), f"Without {len(removed)} of {len(layers)} blocks: {position} of {len(subsets)}")
        found.append(subset_result(replayer.outcome(removed), intact, task))
    return tuple(found)


def _greedy_order(
    model: UniversalModel, examples: PreparedExamples, measured: tuple[SubsetResult, ...]
) -> tuple[int, ...]:
    """The order in which the app's own greedy search takes all blocks but one out, none of them protected."""
    space = SearchSpace(model.layers, Goal(float(len(model.layers))), protect=())
    replayer = Replayer(model, task_for(model.task, model.modality), examples.batches)
    return search(replayer, space, GREEDY, measured=MeasuredSubsets(measured)).plan.removal_order


def _pairs(results: list[MethodResult], seed: int) -> list[dict[str, Any]]:
    """Spearman's rank correlation of every two methods, with how far other examples could have moved it."""
    found = []
    for one, other in combinations(results, 2):
        value = float(spearman(score_array(one), score_array(other)))
        low, high = bounds(value, spearman(drawn_scores(one, seed), drawn_scores(other, seed)))
        known = None not in (*one.std_errors, *other.std_errors)
        found.append(
            {
                "one": one.method,
                "other": other.method,
                "value": value,
                "low": low if known else None,
                "high": high if known else None,
            }
        )
    return found
