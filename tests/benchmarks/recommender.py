"""A 12-layer sequential recommender on real Amazon interactions: what 9, 6 and 3 layers keep, and what healing adds.

    uv run python -m tests.benchmarks.recommender --data ../shared/data/amazon-video-games.txt

Every user's last item is the test, the one before the search, the rest trains. All figures rank the right item among
all items. Layers are removed greedily by the loss on the search users; healing learns from the training part alone.
The result goes to ``assets/benchmarks/recommender.json``; the weights stay in the folder ``--keep``, if there is one.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import torch
from transformers import GPT2LMHeadModel

from analysis_core.compression.measuring.measure import measure
from analysis_core.compression.plan import plan_from_order
from analysis_core.compression.search import greedy_removal
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.data.interaction_files import read_interactions
from analysis_core.data.interactions import InteractionLog
from analysis_core.data.splitting import SPLITS
from analysis_core.models.sequences import SequenceModel
from analysis_core.probe.replay import Replayer
from analysis_core.provenance import provenance
from analysis_core.tasks import task_for
from analysis_core.vocabulary import HealWay
from analysis_core.workflow.cutting import CompressionResult, Healing, cut_and_measure
from analysis_core.zoo.next_items import Size, build, popularity_standings, sample_of
from analysis_core.zoo.next_items import train as train_next_items
from analysis_core.zoo.training import reproducible

SIZE = Size(steps=12_000, learning_rate=2e-3, negatives=1024)
SEED = 0
KEPT = (9, 6, 3)
BATCH = 64
LATENCY_PAIRS = 21
RECORD = Path(__file__).parents[2] / "assets" / "benchmarks" / "recommender.json"
TRAINING = "training.json"
NOTE = (
    "Distillation trains on: where it keeps more than 1, part of that is training that the whole model did not have. "
    "The item table stays at every depth; it holds most of the memory."
)
DESCRIBED = {
    "what": "the project's own description: a 12-layer sequential recommender, Amazon reviews",
    "rows": [
        {"ratio": 1.35, "accuracy_kept": 0.873, "speedup": 1.35, "memory_saved": 0.25},
        {"ratio": 1.8, "accuracy_kept": 0.846, "speedup": 1.8, "memory_saved": 0.50},
        {"ratio": 2.5, "accuracy_kept": 0.783, "speedup": 2.5, "memory_saved": 0.75},
    ],
}


def tell(message: str) -> None:
    """Progress goes to standard error."""
    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)


def trained(log: InteractionLog, size: Size, keep: Path | None) -> tuple[SequenceModel, dict[str, Any]]:
    """The recommender and what its training took; read from ``keep`` where an earlier run left it."""
    if keep is not None and (keep / TRAINING).exists():
        facts: dict[str, Any] = json.loads((keep / TRAINING).read_text())
        module = GPT2LMHeadModel.from_pretrained(keep, local_files_only=True)
        return SequenceModel(module, name="sasrec-amazon-video-games"), facts
    with reproducible(SEED):
        began, wall = time.process_time(), time.perf_counter()
        module = build(len(log.item_names), size)
        train_next_items(module, log, size, SEED, _now_and_then)
        facts = {
            "size": asdict(size),
            "cpu_seconds": round(time.process_time() - began),
            "wall_seconds": round(time.perf_counter() - wall),
            "threads": 1,
            "seed": SEED,
        }
    if keep is not None:
        module.save_pretrained(keep)
        (keep / TRAINING).write_text(json.dumps(facts))
    return SequenceModel(module, name="sasrec-amazon-video-games"), facts


def _now_and_then(_done: float, message: str) -> None:
    if int(message.split("step ")[1].split(maxsplit=1)[0]) % 100 == 1:
        tell(message)


def parts_of(log: InteractionLog, limits: Mapping[str, int]) -> dict[str, ExampleSet]:
    """Users to choose with, to measure with and to learn from; each part sorted, the longest histories first.

    Batches of like lengths hold little padding. Latency is that of the first batch, whose histories are the longest.
    """
    whole = ExampleSet(sample_of(log), "Amazon video games")
    parts = {}
    for name in SPLITS:
        part = whole.split(name).head(limits[name], SEED)
        lengths = part.frame["history"].map(len)
        parts[name] = replace(part, frame=part.frame.loc[lengths.sort_values(ascending=False, kind="stable").index])
    return parts


def peak_bytes(model: SequenceModel, batch: Batch) -> int:
    """What the process holds more at the height of one forward pass than with neither weights nor activations.

    The model is written, read back and run with nothing else between; the kernel keeps the high-water mark.
    """
    status = Path("/proc/self/status")

    def kilobytes(key: str) -> int:
        return int(next(line for line in status.read_text().splitlines() if line.startswith(key)).split()[1])

    with tempfile.TemporaryDirectory() as folder:
        model.module.save_pretrained(folder)  # type: ignore[operator]  # torch hides what a module has
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # forget the mark
        before = kilobytes("VmRSS")
        with torch.inference_mode():
            SequenceModel(GPT2LMHeadModel.from_pretrained(folder, local_files_only=True)).forward(batch)
        return 1024 * (kilobytes("VmHWM") - before)


def measured(
    model: SequenceModel, order: Sequence[int], parts: Mapping[str, Sequence[Batch]], heal_seconds: float
) -> Iterator[dict[str, Any]]:
    """A row for each depth and way to heal."""
    for kept in KEPT:
        plan = plan_from_order(model.layers, order[: len(model.layers) - kept], len(model.layers) / kept, "greedy")
        for way in HealWay:
            tell(f"{kept} layers, healing: {way}")
            healing = Healing(way, parts["heal"], parts["search"], heal_seconds)
            result = cut_and_measure(
                model, plan, parts["test"], healing=healing, latency_pairs=LATENCY_PAIRS, seed=SEED
            )
            yield row_of(model, result, peak_bytes(cast(SequenceModel, result.universal), parts["test"][0]))


def row_of(model: SequenceModel, result: CompressionResult, peak: int) -> dict[str, Any]:
    """One line of the record."""
    found, plan = result.measurement, result.plan
    in_layers = [sum(layer.parameters for layer in side.layers) for side in (model, result.universal)]
    return {
        "layers": plan.compressed_layers,
        "ratio": round(plan.ratio, 2),
        "removed": list(plan.remove),
        "heal": result.heal.to_dict() if result.heal is not None else None,
        "metrics": found.metrics_compressed,
        "ndcg_kept": found.retention.to_dict(),
        "ndcg_difference": found.difference.to_dict(),
        "speedup": found.speedup.to_dict(),
        "latency_ms": {"original": found.latency_original.median_ms, "compressed": found.latency_compressed.median_ms},
        "parameters": found.parameters_compressed,
        "parameters_in_layers": in_layers[1],
        "layer_memory_saved": round(1 - in_layers[1] / in_layers[0], 3),
        "bytes": found.bytes_compressed,
        "memory_saved": round(1 - found.bytes_compressed / found.bytes_original, 3),
        "peak_bytes": peak,
    }


def main() -> None:
    """Train, remove, heal, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="'user item' pairs, a line each, in time order")
    parser.add_argument("--keep", type=Path, help="folder of the trained model; read where it is there already")
    parser.add_argument(
        "--steps", type=int, default=SIZE.steps, help="of the training; 1,000 take a free core a minute"
    )
    parser.add_argument("--search-users", type=int, default=1000)
    parser.add_argument("--test-users", type=int, default=5000)
    parser.add_argument("--heal-users", type=int, default=4096)
    parser.add_argument("--heal-seconds", type=float, default=120.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    log = read_interactions(options.data)
    model, training = trained(log, replace(SIZE, steps=options.steps), options.keep)
    examples = parts_of(log, {name: getattr(options, f"{name}_users") for name in SPLITS})
    parts = {name: list(model.batches(part, BATCH)) for name, part in examples.items()}
    task = task_for(model.task)
    tell("Greedy removal")
    found = greedy_removal(Replayer(model, task, parts["search"]), len(model.layers) / min(KEPT))
    rows = list(measured(model, found.plan.removal_order, parts, options.heal_seconds))
    right = torch.tensor(examples["test"].frame["item"].tolist())
    intact = measure(model, model, parts["test"], task, latency_pairs=2, seed=SEED)
    record = {
        **provenance(torch_threads=1),
        "command": _command(options),
        "data": {
            "name": "Amazon reviews, video games (as prepared for SASRec)",
            "sha256": log.sha256,
            "users": len(log.user_names),
            "items": len(log.item_names),
            "interactions": len(log),
            "split": log.split_rule,
            "examples": {name: len(part) for name, part in examples.items()},
        },
        "ranking": "the right item among all items; equal scores count against the model",
        "training": training,
        "popularity": task.metrics(popularity_standings(log, right.tolist()), right),
        "original": {
            "layers": len(model.layers),
            "metrics": intact.metrics_original,
            "parameters": intact.parameters_original,
            "parameters_in_layers": sum(layer.parameters for layer in model.layers),
            "bytes": intact.bytes_original,
            "peak_bytes": peak_bytes(model, parts["test"][0]),
            "latency_batch": {"users": BATCH, "items": len(examples["test"].frame["history"].iloc[0][-SIZE.longest :])},
        },
        "removal_order": list(found.plan.removal_order),
        "rows": rows,
        "described": DESCRIBED,
        "note": NOTE,
    }
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    show(record)


def _command(options: argparse.Namespace) -> str:
    """What makes these figures again; where the trained model is kept does not matter."""
    told = {name.replace("_", "-"): value for name, value in vars(options).items() if name not in ("data", "keep")}
    settings = " ".join(f"--{name} {value:g}" for name, value in told.items())
    return f"uv run python -m tests.benchmarks.recommender --data ../shared/data/{options.data.name} {settings}"


def show(record: Mapping[str, Any]) -> None:
    """The record as a table."""
    whole, popular = record["original"], record["popularity"]
    print(f"popularity: nDCG@10 {popular['ndcg@10']:.4f}; {whole['layers']} layers: {whole['metrics']['ndcg@10']:.4f}")
    print("layers  heal     nDCG@10  kept (95 %)            recall@10  speed-up  memory saved (in layers)")
    for row in record["rows"]:
        kept, way = row["ndcg_kept"], row["heal"]["way"] if row["heal"] else "none"
        print(
            f"{row['layers']:>6}  {way:<7}  {row['metrics']['ndcg@10']:.4f}   {kept['value']:.3f} "
            f"({kept['low']:.3f} to {kept['high']:.3f})  {row['metrics']['recall@10']:.4f}     "
            f"{row['speedup']['value']:.2f}x     {row['memory_saved']:.0%} ({row['layer_memory_saved']:.0%})"
        )


if __name__ == "__main__":
    main()
