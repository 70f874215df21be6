"""`tabular-resnet-mlp`: a residual network over 7 numbers that foretells where the tip of an Acrobot will be.

The class is the `ResNet` for tables of rtdl_revisiting_models (Y. Gorishniy et al., "Revisiting Deep Learning Models
for Tabular Data", 2021, section 3.2). A double pendulum amplifies small differences, so that depth is put to use.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.models.libraries import build
from analysis_core.models.tabular import NUMBERS, TARGET, Scaling
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.acrobot import STEPS_AHEAD, tip_table
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

ROWS = {"train": 16000, "search": 400, "test": 600}
QUICK_TRAIN_ROWS = 3000
HEAL_ROWS = 500
WIDTH, DEPTH = 64, 8
BATCH, STEPS, QUICK_STEPS = 256, 2500, 250
LEARNING_RATE = 2e-3


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
        seed: of the table, the first weights and the order of examples.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    rows = {**ROWS, "train": QUICK_TRAIN_ROWS if quick else ROWS["train"]}
    # One table of states that are all different, cut into parts.
    numbers, heights = tip_table(sum(rows.values()), seed)
    cuts = np.cumsum(list(rows.values()))[:-1]
    parts = dict(zip(rows, zip(np.split(numbers, cuts), np.split(heights, cuts), strict=True), strict=True))
    kept = shared_out(rows["train"], variation.data_share, seed)
    learned, wanted = (column[kept] for column in parts["train"])
    scaling, target_scaling = Scaling.of(learned), Scaling.of(wanted[:, None])
    depth = variation.depth or (2 if quick else DEPTH)
    config = {**_config(depth), NUMBERS: scaling.to_dict(), TARGET: target_scaling.to_dict()}
    with reproducible(seed):
        started = time.process_time()
        model = build(config)
        _quieten_branches(model)
        steps = variation.steps or (QUICK_STEPS if quick else STEPS)
        _fit_heights(model, scaling.scaled(learned), target_scaling.scaled(wanted), steps, seed, progress)
        seconds = time.process_time() - started
        sample = _sample({**parts, "heal": (learned[:HEAL_ROWS], wanted[:HEAL_ROWS])})
        spread = target_scaling.scaled(parts["test"][1]).square().mean().sqrt()
        facts = _facts(depth, seed, float(spread))
        return ship(out_dir, model, sample, facts, seconds=seconds, config=config,
                    packages=("torch", "rtdl_revisiting_models", "gymnasium"))  # fmt: skip


def _config(depth: int) -> dict[str, Any]:
    return {
        "library": "rtdl_revisiting_models",
        "architecture": "ResNet",
        "model_args": {
            "d_in": 7, "d_out": 1, "n_blocks": depth, "d_block": WIDTH, "d_hidden": None, "d_hidden_multiplier": 2.0,
            "dropout1": 0.0, "dropout2": 0.0,
        },
        "task": "regression",
        "modality": "tabular",
    }  # fmt: skip


def _quieten_branches(model: Any) -> None:
    """Let every block begin close to the identity, so that eight of them can be told apart from the start."""
    with torch.no_grad():
        for block in model.blocks:
            block.linear2.weight.mul_((2 * len(model.blocks)) ** -0.5)


def _fit_heights(
    model: nn.Module, numbers: Tensor, heights: Tensor, steps: int, seed: int, progress: Progress | None
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> Tensor:
        chosen = torch.randint(len(numbers), (BATCH,), generator=generator)
        missed: Tensor = model(numbers[chosen]).squeeze(1) - heights[chosen]
        return missed.square().mean() / 2

    model.train()
    fit(list(model.parameters()), loss_of_step, Stage("Heights", steps, LEARNING_RATE, 0.0, 0.98), progress)
    model.eval()


def _sample(parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    tables = [
        pd.DataFrame({"numbers": parts[part][0].tolist(), "target": parts[part][1], "split": part})
        for part in ("search", "test", "heal")
    ]
    return pd.concat(tables, ignore_index=True)


def _facts(depth: int, seed: int, spread: float) -> dict[str, Any]:
    return {
        "id": "zoo/tabular-resnet-mlp",
        "title": f"Residual MLP, {depth} blocks, where a pendulum will be",
        "modality": "tabular",
        "task": "regression",
        "library": "rtdl_revisiting_models",
        "loader": "ResNet",
        "architecture": "Residual MLP",
        "hidden_size": WIDTH,
        "description": "Foretells from angles, speeds and torque how high the tip of a double pendulum stands "
        "a second later; errors are in standard deviations of the heights.",
        "data": {
            "name": "Acrobot, a second later",
            "description": f"Random states of gymnasium's Acrobot, {STEPS_AHEAD} steps under a constant torque, "
            "as its own equations go; every state stands in one part only.",
            "licence": "made by this project with gymnasium (MIT)",
        },
        "recipe": __name__,
        "seed": seed,
        "trivial": {"value": spread, "how": "always foretelling the mean height of the training data"},
    }
