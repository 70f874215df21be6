"""A player of gymnasium's CartPole that looks ahead: it tries every sequence of pushes and takes the best one's first.

What it does is a function of the state alone, but a jagged one, so that a network has something to learn from it.
The equations are those of the environment (A. Barto, R. Sutton and C. Anderson, "Neuronlike adaptive elements that can
solve difficult learning control problems", 1983), with its own constants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_core.tasks.rollout import Episode

ENVIRONMENT = "CartPole-v1"
HORIZON = 6
"""Pushes looked ahead: 64 sequences."""
COSTS = np.array([0.1, 0.0, 0.1, 0.1])
"""Of the squares of position, speed, angle and angular speed, at each step."""
LEAN, LEAN_COST = np.array([0.1, 0.2, 1.0, 0.4]), 5.0
"""What the same four add up to at the end, and what the sum's square costs: a balanced pole is one that can be kept."""
_GRAVITY, _CART, _POLE, _HALF_LENGTH, _FORCE, _SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02


def pushed(states: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The states ``[…, 4]`` one step after actions ``[…]`` of 0 (left) or 1 (right)."""
    position, speed, angle, turn = np.moveaxis(states, -1, 0)
    sine, cosine, total = np.sin(angle), np.cos(angle), _CART + _POLE
    pull = (np.where(actions == 1, _FORCE, -_FORCE) + _POLE * _HALF_LENGTH * turn**2 * sine) / total
    bend = (_GRAVITY * sine - cosine * pull) / (_HALF_LENGTH * (4 / 3 - _POLE * cosine**2 / total))
    push = pull - _POLE * _HALF_LENGTH * bend * cosine / total
    after = [position + _SECONDS * speed, speed + _SECONDS * push, angle + _SECONDS * turn, turn + _SECONDS * bend]
    return np.stack(after, axis=-1)


def best_actions(states: np.ndarray) -> np.ndarray:
    """The first push of the sequence after which cart and pole stray least, ``[states]`` of 0 or 1."""
    sequences = (np.arange(2**HORIZON)[:, None] >> np.arange(HORIZON)) & 1
    ahead = np.repeat(states[:, None], len(sequences), axis=1)
    cost = np.zeros(ahead.shape[:2])
    for actions in sequences.T:
        ahead = pushed(ahead, np.broadcast_to(actions, ahead.shape[:2]))
        cost += ahead**2 @ COSTS
    cost += LEAN_COST * (ahead @ LEAN) ** 2
    best: np.ndarray = sequences[cost.argmin(1), 0]
    return best


class Planner:
    """The player, who now and then pushes at random and so sees what goes wrong.

    Args:
        seed: of its lapses.
        lapses: share of pushes that are random.
    """

    def __init__(self, seed: int, lapses: float) -> None:
        self._generator, self._lapses = np.random.default_rng(seed), lapses

    def __call__(self, episodes: Sequence[Episode]) -> Sequence[int]:
        """The next push of each running episode."""
        best = best_actions(np.stack([episode.observations[-1] for episode in episodes]))
        anything = self._generator.integers(0, 2, len(best))
        found: list[int] = np.where(self._generator.random(len(best)) < self._lapses, anything, best).tolist()
        return found
