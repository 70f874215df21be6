"""Episodes: a policy acts in a gymnasium environment, once for each seed, and its rewards are summed.

All episodes go on in lock-step, so that the model is asked once a step for all of them. They all have the same
length while they last, so nothing is padded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.errors import DataError
from analysis_core.tasks.base import logits_of
from analysis_core.tasks.reading import evaluating, required_field

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel

SEEDS = tuple(range(20))
DEFAULT_CONTEXT_STEPS = 20


@dataclass
class Episode:
    """What happened so far: one observation more than actions and rewards."""

    observations: list[np.ndarray]
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)


Policy = Callable[[Sequence[Episode]], Sequence[int]]


def episode_returns(policy: Policy, environment: str, seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """Summed rewards of one episode for each seed, ``[seeds]`` float64; see :func:`played_episodes`."""
    played = played_episodes(policy, environment, seeds)
    return np.array([sum(episode.rewards) for episode in played], dtype=np.float64)


def played_episodes(policy: Policy, environment: str, seeds: Sequence[int] = SEEDS) -> list[Episode]:
    """One whole episode for each seed.

    Args:
        policy: chooses the next action of each running episode.
        environment: a name that gymnasium itself registers, e.g. ``"CartPole-v1"``; it ends its episodes.
        seeds: of the environments' first states.

    Raises:
        DataError: gymnasium has no such environment, or it does not act by numbered actions.
    """
    worlds = [_environment(environment) for _ in seeds]
    try:
        episodes = [Episode([_flat(world.reset(seed=seed)[0])]) for world, seed in zip(worlds, seeds, strict=True)]
        running = list(range(len(worlds)))
        while running:
            actions = policy([episodes[number] for number in running])
            running = [
                number
                for number, action in zip(running, actions, strict=True)
                if _step(worlds[number], episodes[number], int(action))
            ]
    finally:
        for world in worlds:
            world.close()
    return episodes


def model_returns(model: UniversalModel, seeds: Sequence[int] = SEEDS) -> np.ndarray:
    """Returns of a model's likeliest actions, ``[seeds]`` float64.

    The model's ``summary`` names the ``environment``; for a Decision Transformer also the ``target_return`` that it is
    asked for and, where returns were scaled in training, the ``return_scale`` that they were divided by.

    Raises:
        DataError: there is no such environment, or it shows the model something that it cannot read.
    """
    summary, module = model.summary, model.module
    if "returns_to_go" in inspect.signature(module.forward).parameters:
        policy = decision_transformer_policy(
            module,
            model.device,
            target_return=float(summary.get("target_return", 0.0)),
            return_scale=float(summary.get("return_scale", 1.0)),
            context_steps=int(summary.get("context_steps", DEFAULT_CONTEXT_STEPS)),
        )
    else:
        policy = feed_forward_policy(module, model.device)
    try:
        with evaluating(module), torch.no_grad():
            return episode_returns(policy, str(summary["environment"]), seeds)
    except RuntimeError as error:  # what torch says of shapes that do not fit
        raise DataError(
            f"The model cannot act in '{summary['environment']}': {(str(error).splitlines() or [''])[0]}.",
            where="environment",
            remedy="Name the environment that it was trained for.",
        ) from error


def feed_forward_policy(module: nn.Module, device: torch.device) -> Policy:
    """The likeliest action given the last observation: module(``[episodes, features]``) gives logits."""
    dtype = next((weight.dtype for weight in module.parameters()), torch.float32)

    def act(episodes: Sequence[Episode]) -> list[int]:
        last = np.stack([episode.observations[-1] for episode in episodes])
        logits = logits_of(module(torch.from_numpy(last).to(device=device, dtype=dtype)))
        return [int(action) for action in logits.argmax(-1).reshape(len(episodes))]

    return act


def decision_transformer_policy(
    module: nn.Module, device: torch.device, *, target_return: float, return_scale: float = 1.0,
    context_steps: int = DEFAULT_CONTEXT_STEPS,
) -> Policy:  # fmt: skip
    """The likeliest action given the last steps and the return that is still asked for (Chen et al. 2021, algorithm 1).

    Args:
        module: transformers' ``DecisionTransformerModel``; actions go in one-hot and come out as logits.
        device: of the module.
        target_return: asked for at the beginning of an episode, in the environment's units.
        return_scale: returns are divided by it.
        context_steps: how many last steps the model sees.
    """
    config: Any = module.config
    dtype = next(module.parameters()).dtype

    def stacked(rows: Sequence[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(rows)).to(device=device, dtype=dtype)

    def act(episodes: Sequence[Episode]) -> list[int]:
        steps = len(episodes[0].observations)
        recent = slice(max(0, steps - context_steps), steps)
        states = stacked([np.stack(episode.observations[recent]) for episode in episodes])
        actions = stacked([_one_hot(episode.actions, config.act_dim)[recent] for episode in episodes])
        wanted = [target_return - np.cumsum([0.0, *episode.rewards])[recent] for episode in episodes]
        times = torch.arange(recent.start, steps, device=device).clamp(max=config.max_ep_len - 1)
        outputs = module(
            states=states,
            actions=actions,
            rewards=torch.zeros_like(states[..., :1]),
            returns_to_go=stacked(wanted).unsqueeze(-1) / return_scale,
            timesteps=times.expand(len(episodes), -1),
            attention_mask=torch.ones(states.shape[:2], dtype=torch.long, device=device),
        )
        logits = required_field(outputs, ("action_preds",), 1)
        return [int(action) for action in logits[:, -1].argmax(-1)]

    return act


def _one_hot(actions: Sequence[int], size: int) -> np.ndarray:
    """``[steps, size]``; the step at hand has no action yet and stays all zeros."""
    rows = np.zeros((len(actions) + 1, size))
    rows[np.arange(len(actions)), list(actions)] = 1.0
    return rows


def _environment(name: str) -> Any:
    import gymnasium

    # A name with a colon would have gymnasium import any module.
    if name not in gymnasium.registry or ":" in name:
        raise DataError(f"Gymnasium has no environment '{name}'.", remedy="Name one such as 'CartPole-v1'.")
    world = gymnasium.make(name)
    if not isinstance(world.action_space, gymnasium.spaces.Discrete):
        world.close()
        raise DataError(
            f"The environment '{name}' has no numbered actions.", remedy="Choose one with discrete actions."
        )
    return world


def _flat(observation: Any) -> np.ndarray:
    return np.asarray(observation, dtype=np.float64).reshape(-1)


def _step(world: Any, episode: Episode, action: int) -> bool:
    """Act; says whether the episode goes on."""
    observation, reward, ended, cut_short, _ = world.step(action)
    episode.observations.append(_flat(observation))
    episode.actions.append(action)
    episode.rewards.append(float(reward))
    return not (ended or cut_short)
