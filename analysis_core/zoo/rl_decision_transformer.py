"""`rl-decision-transformer`: a Decision Transformer of 8 blocks that swings a pendulum up as well as it is asked to.

The class is transformers' `DecisionTransformerModel` (L. Chen et al., "Decision Transformer: Reinforcement Learning via
Sequence Modeling", 2021). It learns from players of all skills which action goes with which return still to come, and
plays well because it is asked for a high one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional
from transformers import DecisionTransformerConfig, DecisionTransformerModel

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.models.policies import DecisionTransformerPolicy
from analysis_core.tasks import NO_TARGET
from analysis_core.tasks.rollout import Episode
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.acrobot import ENVIRONMENT, Swinger
from analysis_core.zoo.episodes import commonest_action, random_return, seeded, stretches
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

EPISODES = {"train": 24, "search": 6, "test": 8}
"""For each skill."""
QUICK_TRAIN_EPISODES = 3
LAPSES = (0.0, 0.15, 0.3, 0.45, 0.6)
"""Skills of the players: shares of actions that are random."""
STEPS_SHOWN = 10
STRETCHES = {"train": 6000, "search": 240, "test": 320, "heal": 240}
USE = {"environment": ENVIRONMENT, "target_return": -70.0, "return_scale": 100.0, "context_steps": STEPS_SHOWN}
WIDTH, DEPTH, QUICK_DEPTH = 48, 8, 2
BATCH, STEPS, QUICK_STEPS = 64, 1500, 60
LEARNING_RATE, QUICK_LEARNING_RATE = 1.5e-3, 4e-3


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
    played = _all_skills({**EPISODES, "train": QUICK_TRAIN_EPISODES} if quick else EPISODES, seed)
    played["train"] = [played["train"][at] for at in shared_out(len(played["train"]), variation.data_share, seed)]
    parts = {
        part: stretches(played["train" if part == "heal" else part], STEPS_SHOWN, count, seed)
        for part, count in STRETCHES.items()
    }
    depth = variation.depth or (QUICK_DEPTH if quick else DEPTH)
    with reproducible(seed):
        started = time.process_time()
        model = DecisionTransformerModel(_config(depth))
        stage = Stage(
            "Actions", variation.steps or (QUICK_STEPS if quick else STEPS),
            QUICK_LEARNING_RATE if quick else LEARNING_RATE, 0.0, 0.98,
        )  # fmt: skip
        _fit_actions(model, parts["train"], stage, seed, progress)
        seconds = time.process_time() - started
        sample = pd.concat([parts[part].assign(split=part) for part in ("search", "test", "heal")], ignore_index=True)
        facts = _facts(depth, seed, commonest_action(parts["test"]))
        return ship(out_dir, model, sample, facts, seconds=seconds, packages=("torch", "transformers", "gymnasium"))


def _all_skills(counts: dict[str, int], seed: int) -> dict[str, list[Episode]]:
    """Episodes of players of every skill, each part with first states of its own."""
    played: dict[str, list[Episode]] = {part: [] for part in counts}
    for skill, lapses in enumerate(LAPSES):

        def player(part: int, lapses: float = lapses) -> Swinger:
            return Swinger(seed + part, lapses)

        found = seeded(player, ENVIRONMENT, counts, seed * len(LAPSES) + skill)
        for part, episodes in found.items():
            played[part] += episodes
    return played


def _config(depth: int) -> DecisionTransformerConfig:
    return DecisionTransformerConfig(
        state_dim=6,
        act_dim=3,
        hidden_size=WIDTH,
        n_layer=depth,
        n_head=4,
        n_inner=2 * WIDTH,
        n_positions=3 * STEPS_SHOWN,
        max_ep_len=500,
        action_tanh=False,
        activation_function="gelu_new",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,  # there are no tokens
        eos_token_id=None,
        architectures=["DecisionTransformerModel"],
        dtype="float32",
    )


def _fit_actions(
    model: DecisionTransformerModel, examples: pd.DataFrame, stage: Stage, seed: int, progress: Progress | None
) -> None:
    """Cross-entropy of every action, given all that came before it in its stretch."""
    reader = DecisionTransformerPolicy(model, summary=USE)
    (every,) = reader.batches(ExampleSet(examples), len(examples))
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> Tensor:
        inputs, targets = _drawn(every, torch.randint(every.size, (BATCH,), generator=generator))
        logits = model(**inputs).action_preds
        return functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=NO_TARGET)

    model.train()
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _drawn(every: Batch, chosen: Tensor | Sequence[int]) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs and targets of some examples of a batch."""
    inputs: Any = every.inputs
    targets: Any = every.targets
    return {name: value[chosen] for name, value in inputs.items()}, targets[chosen]


def _facts(depth: int, seed: int, commonest: float) -> dict[str, Any]:
    return {
        "id": "zoo/rl-decision-transformer",
        "title": f"Decision Transformer, {depth} blocks, swings a pendulum up",
        "modality": "tabular",
        "task": "reinforcement_learning",
        "library": "transformers",
        "loader": "DecisionTransformerModel",
        "architecture": "Decision Transformer",
        "hidden_size": WIDTH,
        "description": "Swings gymnasium's Acrobot up by reading its last ten steps and the return that is still "
        "asked for.",
        "data": {
            "name": "Acrobot, played well and badly",
            "description": "Episodes of gymnasium's Acrobot by a program that pumps energy in and makes 0 to 60 % of "
            "its moves at random, in stretches of ten steps. Held out by episode.",
            "licence": "made by this project with gymnasium (MIT)",
        },
        "recipe": __name__,
        "seed": seed,
        "trivial": {
            "value": commonest,
            "how": "always the commonest action; random actions reach a mean return of "
            f"{random_return(ENVIRONMENT):.0f} in the environment",
        },
        "use": USE,
    }
