"""Ways to choose layers, side by side on the same models, examples and ratios.

Usage: ``uv run python -m tests.benchmarks.side_by_side [MODEL …]``. Without models all are taken. Every way chooses on
the search examples and spares the first and the last layer; what each choice keeps is measured on the test examples by
skipping its layers, which gives what cutting them out gives. The record ``assets/benchmarks/side_by_side.json`` keeps
every model as soon as it is there.

The ways: block influence at once (ShortGPT, Men et al. 2024), the contiguous span whose ends differ by the smallest
angle (Gromov et al. 2024), the Taylor score at once (LLM-Pruner's, with protected ends), greedy by loss (SLEB, Song et
al. 2024), random (20 draws), the last layers first, and ours: greedy, then evolutionary search, which also tries what
the two one-shot ways suggest. Seconds are the processor's, in one thread: what else runs on the machine changes them
less than it changes a clock's. Those of ours begin where an analysis has scored the layers; what that took stands
beside them.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import norm

from analysis_core.compression.measuring.measure import paired_intervals
from analysis_core.compression.measuring.shares import metrics_of
from analysis_core.compression.plan import EVOLUTIONARY, GREEDY, order_from_scores
from analysis_core.compression.search import Goal, MeasuredSubsets, SearchSpace, search
from analysis_core.compression.search.greedy import naive_evaluations
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.probe.hooks import Taps
from analysis_core.probe.replay import Replayer
from analysis_core.provenance import provenance
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Direction
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.examples import SEARCH, TEST, prepare
from tests.benchmarks.subjects import minilm

RECORD = Path(__file__).parents[2] / "assets" / "benchmarks" / "side_by_side.json"
ZOO = (
    "zoo/text-bert", "zoo/text-gpt2", "zoo/text-t5", "zoo/vision-vit", "zoo/vision-segformer", "zoo/audio-conformer",
    "zoo/audio-wav2vec2", "zoo/tabular-ft-transformer", "zoo/tabular-sasrec", "zoo/graph-gcn",
)  # fmt: skip
MINILM = "all-MiniLM-L6-v2"
RATIOS = (1.33, 1.5, 2.0, 3.0)
DRAWS, TEST_EXAMPLES = 20, 400
SEARCH_EXAMPLES = AnalysisConfig().max_samples
"""As many as the app asks for; models with fewer give what they have."""
ONE_SHOT = {"block_influence": "cosine, at once", "gradient_based": "Taylor, at once"}
OURS, NAIVE, RACED = "ours", "greedy by loss", "greedy by loss, raced"


@dataclass
class Subject:
    """One model with its examples, and what was computed once for all ratios."""

    model: UniversalModel
    search: Sequence[Batch]
    test: Sequence[Batch]
    measured: MeasuredSubsets = field(default_factory=MeasuredSubsets)

    def __post_init__(self) -> None:
        task = task_for(self.model.task, self.model.modality)
        self.task = task
        self.chooser, self.judge = (Replayer(self.model, task, part) for part in (self.search, self.test))
        began = time.process_time()
        methods = {name: METHODS.get(name) for name in ONE_SHOT}
        config = AnalysisConfig(self.model.name, analysis_methods=tuple(ONE_SHOT))
        self.report = analyze(self.model, self.search, config, methods)
        self.score_seconds = time.process_time() - began
        self.pass_seconds = _pass_seconds(self.model, self.search)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare on every model that is asked for."""
    parser = argparse.ArgumentParser(description="Ways to choose layers, side by side.")
    parser.add_argument("models", nargs="*", help="all when left out")
    torch.set_num_threads(1)
    for name in parser.parse_args(arguments).models or (*ZOO, MINILM):
        rows = compare(subject(name))
        known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        models = {**known.get("models", {}), name: rows}
        document = {**provenance(torch_threads=1), "summary": summary(models), "models": models}
        RECORD.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        print(name, json.dumps(document["summary"]), flush=True)


def subject(name: str) -> Subject:
    """A model with search and test examples that share nothing."""
    if name == MINILM:
        model, batches = minilm(384)
        half = len(batches) // 2
        return Subject(model, batches[:half], batches[half:])
    model = load_model(name)
    examples = load_examples(model)
    chosen_on = prepare(model, examples, SEARCH, 32, SEARCH_EXAMPLES, 0).batches
    return Subject(model, chosen_on, prepare(model, examples, TEST, 32, TEST_EXAMPLES, 0).batches)


def compare(case: Subject) -> dict[str, Any]:
    """Every way at every ratio that the model has."""
    layers = case.model.layers
    rows: dict[str, Any] = {"layers": len(layers), "metric": case.task.metric, "ratios": {}}
    intact = case.judge.outcome().metric
    rows["intact"] = _metric(case, intact)
    for ratio in RATIOS:
        free = SearchSpace(layers, Goal(1.0)).candidates
        gone = min(math.ceil(len(layers) - len(layers) / ratio - 0.05), len(free))
        space = SearchSpace(layers, Goal(len(layers) / (len(layers) - gone)))
        choices, seconds, passes = _choices(case, space, gone)
        rows["ratios"][str(ratio)] = {
            "removed": gone,
            "passes": passes,
            "score_seconds": case.score_seconds,
            "ways": _judged(case, choices, seconds),
            "random": _random(case, free, gone),
        }
    return rows


def _choices(
    case: Subject, space: SearchSpace, gone: int
) -> tuple[dict[str, list[int]], dict[str, float], dict[str, float]]:
    """What each way removes, how long it takes to choose, and in how many passes the measuring ones do."""
    free = set(space.candidates)
    choices, seconds = {}, {}
    for method, name in ONE_SHOT.items():
        order = order_from_scores(case.model.layers, case.report[method].scores)
        choices[name] = [index for index in order if index in free][:gone]
        seconds[name] = case.score_seconds / len(ONE_SHOT)
    choices["last layers first"] = sorted(free)[-gone:]
    began = time.process_time()
    choices["angular span"] = angular_span(case.model, case.search, sorted(free), gone)
    seconds["angular span"] = time.process_time() - began
    greedy = search(Replayer(case.model, case.task, case.search), space, GREEDY)
    choices[NAIVE] = list(greedy.plan.remove)
    seconds[NAIVE] = naive_evaluations(space, gone) * case.pass_seconds
    # A replayer and notes of its own: what other ratios measured before must not make ours look cheaper.
    began = time.process_time()
    orders = [order_from_scores(case.model.layers, case.report[method].scores) for method in ONE_SHOT]
    found = search(Replayer(case.model, case.task, case.search), space, EVOLUTIONARY, suggestions=orders)
    choices[OURS] = list(found.plan.remove)
    seconds[OURS] = time.process_time() - began
    passes = {
        NAIVE: naive_evaluations(space, gone),
        OURS: found.evaluations,
        "greedy by loss, raced": greedy.evaluations,
    }
    return choices, seconds, passes


def angular_span(model: UniversalModel, batches: Sequence[Batch], free: Sequence[int], gone: int) -> list[int]:
    """The span of ``gone`` neighbouring layers between whose ends the states turn least (Gromov et al. 2024, eq. 6)."""
    spans: list[tuple[int, ...]] = [
        span for at in range(len(free) - gone + 1) if _is_span(span := tuple(free[at : at + gone]))
    ]
    turned: dict[tuple[int, ...], float] = dict.fromkeys(spans, 0.0)
    if not spans:  # the layers that may go do not stand side by side, as in several stacks
        return list(free[:gone])
    for batch in batches:
        entered: dict[int, torch.Tensor] = {}
        left: dict[int, torch.Tensor] = {}

        def note(
            index: int, hidden: torch.Tensor, output: torch.Tensor,
            entered: dict[int, torch.Tensor] = entered, left: dict[int, torch.Tensor] = left,
        ) -> None:  # fmt: skip
            entered[index], left[index] = hidden, output

        with Taps() as taps, torch.no_grad():
            taps.on_layers(model.sites, note)
            model.forward(batch)
        for span in turned:
            one, other = entered[span[0]], left[span[-1]]
            if one.shape != other.shape:
                turned[span] = math.inf
                continue
            cosine = torch.nn.functional.cosine_similarity(one.flatten(0, -2), other.flatten(0, -2), dim=-1)
            turned[span] += float(torch.arccos(cosine.clamp(-1, 1)).mean()) * batch.size
    nearest = min(spans, key=turned.__getitem__)
    return list(nearest)


def _is_span(indices: Sequence[int]) -> bool:
    return list(indices) == list(range(indices[0], indices[-1] + 1))


def _judged(case: Subject, choices: dict[str, list[int]], seconds: dict[str, float]) -> dict[str, Any]:
    shares = {name: case.judge.outcome(removed).metric for name, removed in choices.items()}
    sign = 1 if case.task.direction is Direction.HIGHER_IS_BETTER else -1
    best = max(shares, key=lambda name: sign * _metric(case, shares[name]))
    found = {}
    for name, removed in choices.items():
        behind, _ = paired_intervals(shares[best], shares[name], 0, case.task.metric_of)
        ends = sorted((sign * behind.low, sign * behind.high))
        found[name] = {
            "removed": sorted(removed),
            "metric": _metric(case, shares[name]),
            "behind_best": -sign * behind.value,
            "behind_best_interval": [-ends[1], -ends[0]],
            "within_best": bool(ends[1] >= 0),
            "seconds": seconds.get(name, 0.0),
        }
    return found


def _random(case: Subject, free: Sequence[int], gone: int) -> dict[str, float]:
    rng = np.random.default_rng(0)
    drawn = [rng.choice(free, gone, replace=False).tolist() for _ in range(DRAWS)]
    values = [_metric(case, case.judge.outcome(removed).metric) for removed in drawn]
    return {"mean": float(np.mean(values)), "low": float(np.min(values)), "high": float(np.max(values)), "draws": DRAWS}


def _metric(case: Subject, shares: np.ndarray) -> float:
    return float(metrics_of(case.task.metric_of, shares.mean()))


def _pass_seconds(model: UniversalModel, batches: Sequence[Batch]) -> float:
    """One forward pass over the examples with losses, the median of three."""
    task, taken = task_for(model.task, model.modality), []
    for _ in range(3):
        began = time.process_time()
        with torch.no_grad():
            for batch in batches:
                outputs = model.forward(batch)
                task.losses(outputs, batch)
                task.predictions(outputs, batch)
        taken.append(time.process_time() - began)
    return float(np.median(taken))


def summary(models: dict[str, Any]) -> dict[str, Any]:
    """In how many of the comparisons each way is the best, or not surely worse; and ours against greedy's time."""
    rows = [cell for model in models.values() for cell in model["ratios"].values()]
    cells = [row["ways"] for row in rows]
    names: Callable[[dict[str, Any]], list[str]] = list
    return {
        "comparisons": len(cells),
        "best_or_within_its_interval": {
            name: sum(cell[name]["within_best"] for cell in cells) for name in names(cells[0])
        },
        "the_same_with_all_intervals_holding_at_once": {
            name: sum(_within_at_once(cell[name], len(cell)) for cell in cells) for name in names(cells[0])
        },
        "passes_over_naive_greedy": {
            way: [
                float(statistic([row["passes"][way] / row["passes"][NAIVE] for row in rows]))
                for statistic in (np.median, np.max)
            ]
            for way in (RACED, OURS)
        },
        "ours_seconds_over_naive_greedy": _spread([cell[OURS]["seconds"] / cell[NAIVE]["seconds"] for cell in cells]),
        "the_same_with_the_scores": _spread(
            [(row["score_seconds"] + row["ways"][OURS]["seconds"]) / row["ways"][NAIVE]["seconds"] for row in rows]
        ),
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": float(np.median(values)), "largest": max(values)}


def _within_at_once(row: dict[str, Any], ways: int) -> bool:
    """Whether a way may be as good as the best one, if the intervals of all ways are to hold at once (Bonferroni).

    The best one is chosen by the very examples on which it is compared, so that each single interval is too narrow for
    that question (multiple comparisons with the best; Hsu 1996, *Multiple Comparisons*, ch. 4).
    """
    low = row["behind_best_interval"][0]
    wider = norm.ppf(1 - 0.025 / (ways - 1)) / norm.ppf(0.975)
    return bool(row["behind_best"] - wider * (row["behind_best"] - low) <= 0)


if __name__ == "__main__":
    main()
