"""`tabular-ft-transformer`: an FT-Transformer of 8 blocks that reads digits as rows of 64 numbers.

The class is `FTTransformer` of rtdl_revisiting_models (Y. Gorishniy et al., "Revisiting Deep Learning Models for
Tabular Data", 2021, section 3.3): every number becomes a token, and nothing tells it which pixels are neighbours.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis_core.models.libraries import build
from analysis_core.models.tabular import NUMBERS, Scaling
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digits import load_splits
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, majority_share, reproducible, shared_out

LABELS = [str(digit) for digit in range(10)]
LEVELS = 16
"""Pixels are whole numbers from 0 to 16."""
WIDTH, DEPTH, QUICK_DEPTH = 32, 8, 2
BATCH, STEPS, QUICK_STEPS = 32, 900, 100
LEARNING_RATE, QUICK_LEARNING_RATE = 2e-3, 4e-3
NOISE = 0.3
"""Standard deviation of what is added to the scaled numbers while training."""
HEAL_ROWS = 400


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
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    splits = load_splits()
    parts: dict[str, tuple[np.ndarray, Tensor]] = {
        name: ((pictures.flatten(1) * LEVELS).round().double().numpy(), labels)
        for name, (pictures, labels) in (("train", splits.train), ("search", splits.search), ("test", splits.test))
    }
    kept = shared_out(len(splits.train[1]), variation.data_share, seed)
    rows, labels = parts["train"][0][kept], parts["train"][1][kept]
    scaling = Scaling.of(rows)
    depth = variation.depth or (QUICK_DEPTH if quick else DEPTH)
    config = {**_config(depth), NUMBERS: scaling.to_dict()}
    with reproducible(seed):
        started = time.process_time()
        model = build(config)
        _quieten_branches(model)
        stage = Stage(
            "Digits", variation.steps or (QUICK_STEPS if quick else STEPS),
            QUICK_LEARNING_RATE if quick else LEARNING_RATE, 0.0, 0.98,
        )  # fmt: skip
        _fit_digits(model, scaling.scaled(rows), labels, stage, seed, progress)
        seconds = time.process_time() - started
        sample = _sample({**parts, "heal": (rows[:HEAL_ROWS], labels[:HEAL_ROWS])})
        facts = _facts(depth, seed, majority_share(splits.test[1].numpy()))
        return ship(out_dir, model, sample, facts, seconds=seconds, config=config,
                    packages=("torch", "rtdl_revisiting_models", "scikit-learn"))  # fmt: skip


def _config(depth: int) -> dict[str, Any]:
    return {
        "library": "rtdl_revisiting_models",
        "architecture": "FTTransformer",
        "model_args": {
            "n_cont_features": 64, "cat_cardinalities": [], "d_out": len(LABELS), "n_blocks": depth, "d_block": WIDTH,
            "attention_n_heads": 4, "attention_dropout": 0.1, "ffn_d_hidden": None, "ffn_d_hidden_multiplier": 1.5,
            "ffn_dropout": 0.1, "residual_dropout": 0.0,
        },
        "task": "classification",
        "modality": "tabular",
        "labels": LABELS,
    }  # fmt: skip


def _quieten_branches(model: Any) -> None:
    """Let every block begin close to the identity: what it adds is scaled by 1 / sqrt(2 blocks)."""
    blocks = model.backbone.blocks
    with torch.no_grad():
        for block in blocks:
            for branch in (block.attention.W_out, block.ffn.linear2):
                branch.weight.mul_((2 * len(blocks)) ** -0.5)


def _fit_digits(
    model: nn.Module, rows: Tensor, labels: Tensor, stage: Stage, seed: int, progress: Progress | None
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> Tensor:
        chosen = torch.randint(len(rows), (BATCH,), generator=generator)
        noisy = rows[chosen] + NOISE * torch.randn(BATCH, rows.shape[1], generator=generator)
        return functional.cross_entropy(model(noisy, None), labels[chosen], label_smoothing=0.05)

    model.train()
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _sample(parts: dict[str, tuple[np.ndarray, Tensor]]) -> pd.DataFrame:
    tables = [
        pd.DataFrame({"numbers": parts[part][0].tolist(), "label": parts[part][1].numpy(), "split": part})
        for part in ("search", "test", "heal")
    ]
    return pd.concat(tables, ignore_index=True)


def _facts(depth: int, seed: int, majority: float) -> dict[str, Any]:
    return {
        "id": "zoo/tabular-ft-transformer",
        "title": f"FT-Transformer, {depth} blocks, digits as a table",
        "modality": "tabular",
        "task": "classification",
        "library": "rtdl_revisiting_models",
        "loader": "FTTransformer",
        "architecture": "FT-Transformer",
        "hidden_size": WIDTH,
        "description": "Reads a handwritten digit from a row of 64 numbers, without knowing where each pixel stands.",
        "data": {
            "name": "scikit-learn digits, as a table",
            "description": "Handwritten digits of 8 x 8 pixels as rows of whole numbers 0 to 16; held out by writer.",
            "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
        },
        "labels": LABELS,
        "recipe": __name__,
        "seed": seed,
        "trivial": {"value": majority, "how": "always naming the most frequent digit"},
    }
