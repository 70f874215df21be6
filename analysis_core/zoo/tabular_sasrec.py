"""`tabular-sasrec`: a sequential recommender of 12 layers that says which module a file will import next."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_core.data.interactions import InteractionLog
from analysis_core.tasks.ranking import discounted_gains
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.import_orders import load_log
from analysis_core.zoo.next_items import Size, build, popularity_standings, sample_of
from analysis_core.zoo.next_items import train as train_model
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import reproducible, shared_out

SIZE = Size(
    layers=12, hidden=64, feed_forward=192, longest=44, dropout=0.3, steps=800, learning_rate=2.5e-3,
    left_out=0.15, smoothing=0.1, loudness=0.1,
)  # fmt: skip
"""Loud blocks: with so little data quiet ones would stay quiet, and nobody would miss them."""
QUICK = Size(layers=2, hidden=32, feed_forward=64, longest=24, steps=250, learning_rate=5e-3)
QUICK_FOLDERS = ("asyncio", "concurrent", "email", "multiprocessing", "test/test_importlib", "unittest")


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of the first weights and the order of examples.
        quick: a small model, a part of the files, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else SIZE
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    log = load_log(QUICK_FOLDERS if quick else ())
    sample = sample_of(log)
    kept = shared_out(len(log.split("heal")), variation.data_share, seed)
    with reproducible(seed):
        started = time.process_time()
        model = build(len(log.item_names), size)
        train_model(model, log, size, seed, progress, kept)
        seconds = time.process_time() - started
    return ship(out_dir, model, sample, _facts(log, sample, size, seed), seconds=seconds, packages=["transformers"])


def _facts(log: InteractionLog, sample: pd.DataFrame, size: Size, seed: int) -> dict[str, Any]:
    right = sample.loc[sample["split"] == "test", "item"].tolist()
    return {
        "id": "zoo/tabular-sasrec",
        "title": f"SASRec, {size.layers} layers, next import",
        "modality": "tabular",
        "task": "recommendation",
        "library": "transformers",
        "loader": "GPT2LMHeadModel",
        "architecture": "SASRec (a causal transformer over items)",
        "hidden_size": size.hidden,
        "description": "Says which module a file of Python's standard library imports next, ranked among all.",
        "data": {
            "name": log.name,
            "description": f"{len(log.user_names):,} files, {len(log.item_names):,} modules, {len(log):,} imports in "
            f"the order in which a file first names them. {log.split_rule}",
            "licence": "PSF-2.0",
        },
        "labels": list(log.item_names),
        "recipe": "analysis_core.zoo.tabular_sasrec",
        "seed": seed,
        "trivial": {
            "value": float(discounted_gains(popularity_standings(log, right), 10).mean()),
            "how": "ranking all modules by how often the training part imports them",
        },
    }
