"""`rl-cartpole-policy`: a residual network of 8 blocks that balances a pole, having watched a player who looks ahead.

Behaviour cloning (D. Pomerleau, "ALVINN", 1989): the player, described in :mod:`analysis_core.zoo.cart_pole`, tries 64
sequences of pushes at every step; the network learns to name the first push of the best one at once.
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

from analysis_core.models.nets.residual_policy import ResidualPolicy
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.cart_pole import ENVIRONMENT, Planner, best_actions
from analysis_core.zoo.episodes import commonest_action, random_return, seeded, stretches
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

EPISODES = {"train": 60, "search": 20, "test": 25}
QUICK_TRAIN_EPISODES = 10
LAPSES = 0.1
"""Share of pushes that the player makes at random, so that states off its path are seen as well."""
STEPS_SHOWN = 16
STRETCHES = {"search": 240, "test": 320, "heal": 240}
WIDTH, DEPTH, QUICK_DEPTH = 48, 8, 2
BATCH, STEPS, QUICK_STEPS = 256, 3000, 150
LEARNING_RATE, QUICK_LEARNING_RATE = 2e-3, 5e-3


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
        seed: of the episodes, the first weights and the order of examples.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one; a share of the data is one of the episodes.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    counts = {**EPISODES, "train": QUICK_TRAIN_EPISODES if quick else EPISODES["train"]}
    played = seeded(lambda part: Planner(seed + part, LAPSES), ENVIRONMENT, counts, seed)
    kept = [played["train"][index] for index in shared_out(counts["train"], variation.data_share, seed)]
    states = np.concatenate([episode.observations[:-1] for episode in kept]).astype(np.float32)
    depth = variation.depth or (QUICK_DEPTH if quick else DEPTH)
    settings = {"observations": 4, "actions": 2, "width": WIDTH, "depth": depth}
    with reproducible(seed):
        started = time.process_time()
        model = ResidualPolicy(**settings)
        stage = Stage(
            "Pushes", variation.steps or (QUICK_STEPS if quick else STEPS),
            QUICK_LEARNING_RATE if quick else LEARNING_RATE, 0.0, 0.98,
        )  # fmt: skip
        _fit_pushes(model, torch.from_numpy(states), torch.from_numpy(best_actions(states)), stage, seed, progress)
        seconds = time.process_time() - started
        # What is judged is the best push at each state seen, not the lapses.
        chosen = {**played, "heal": kept}
        tables = [
            stretches(chosen[part], STEPS_SHOWN, count, seed, best_actions).assign(split=part)
            for part, count in STRETCHES.items()
        ]
        sample = pd.concat(tables, ignore_index=True).drop(columns="first_step")
        facts = _facts(depth, seed, commonest_action(sample[sample["split"] == "test"]))
        return ship(out_dir, model, sample, facts, seconds=seconds, config=_config(settings),
                    packages=("torch", "gymnasium"))  # fmt: skip


def _fit_pushes(
    model: nn.Module, states: Tensor, pushes: Tensor, stage: Stage, seed: int, progress: Progress | None
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> Tensor:
        chosen = torch.randint(len(states), (BATCH,), generator=generator)
        return functional.cross_entropy(model(states[chosen]), pushes[chosen])

    model.train()
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _config(settings: dict[str, int]) -> dict[str, Any]:
    return {
        "library": "nets",
        "architecture": ResidualPolicy.__name__,
        "model_args": settings,
        "task": "reinforcement_learning",
        "modality": "tabular",
        "summary": {"environment": ENVIRONMENT},
    }


def _facts(depth: int, seed: int, commonest: float) -> dict[str, Any]:
    return {
        "id": "zoo/rl-cartpole-policy",
        "title": f"Residual policy, {depth} blocks, balances a pole",
        "modality": "tabular",
        "task": "reinforcement_learning",
        "library": "nets",
        "loader": ResidualPolicy.__name__,
        "architecture": "Residual MLP",
        "hidden_size": WIDTH,
        "description": "Pushes a cart left or right so that the pole on it stays up, by what it learned from a player "
        "who looks ahead.",
        "data": {
            "name": "CartPole, watched",
            "description": "Episodes of gymnasium's CartPole played by a program that looks six pushes ahead and makes "
            "a tenth of them at random; at each step the push that it thinks best. Held out by episode.",
            "licence": "made by this project with gymnasium (MIT)",
        },
        "recipe": __name__,
        "seed": seed,
        "trivial": {
            "value": commonest,
            "how": "always the commonest push; random pushes reach a mean return of "
            f"{random_return(ENVIRONMENT):.0f} in the environment",
        },
        "use": {"environment": ENVIRONMENT},
    }
