"""Gymnasium's Acrobot: what becomes of it when it is left to itself, as a table, and a player who swings it up.

Equations and constants are the environment's own (R. Sutton, "Generalization in reinforcement learning", 1996).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from analysis_core.tasks.rollout import Episode

ENVIRONMENT = "Acrobot-v1"
STEPS_AHEAD = 5
"""One second."""
FASTEST_TURN = 3.0
"""Radians a second at which a row of the table may begin."""
NUMBERS = ("cos 1", "sin 1", "cos 2", "sin 2", "turn 1", "turn 2", "torque")
"""What a row of the table holds: both joints' angles, their speeds, and the torque between them."""


def tip_table(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random states, and how high the tip stands a second later under a constant torque.

    Args:
        rows: how many; none twice.
        seed: of the states and torques.

    Returns:
        Numbers ``[rows, 7]`` as :data:`NUMBERS` names them, and heights ``[rows]`` in arm lengths, -2 to 2.
    """
    generator = np.random.default_rng(seed)
    world: Any = gymnasium.make(ENVIRONMENT).unwrapped
    world.reset(seed=seed)
    angles = generator.uniform(-math.pi, math.pi, (rows, 2))
    turns = generator.uniform(-FASTEST_TURN, FASTEST_TURN, (rows, 2))
    actions = generator.integers(0, 3, rows)
    heights = np.array(
        [
            _tip_later(world, state, int(action))
            for state, action in zip(np.hstack([angles, turns]), actions, strict=True)
        ]
    )
    joints = [function(angles[:, joint]) for joint in (0, 1) for function in (np.cos, np.sin)]
    return np.column_stack([*joints, turns, actions - 1.0]).round(4), heights.round(4)


def _tip_later(world: Any, state: np.ndarray, action: int) -> float:
    world.state = state
    for _ in range(STEPS_AHEAD):
        world.step(action)
    first, second = world.state[:2]
    return float(-math.cos(first) - math.cos(first + second))


class Swinger:
    """Pushes with the second joint's turn and against the first one's, and now and then at random.

    Args:
        seed: of the random pushes.
        lapses: share of them; 0 plays as well as it can.
    """

    def __init__(self, seed: int, lapses: float) -> None:
        self._generator, self._lapses = np.random.default_rng(seed), lapses

    def __call__(self, episodes: Sequence[Episode]) -> Sequence[int]:
        """The next push of each running episode: 0, 1 (none) or 2."""
        seen = np.stack([episode.observations[-1] for episode in episodes])
        best = np.where(seen[:, 5] - 0.5 * seen[:, 4] > 0, 2, 0)
        anything = self._generator.integers(0, 3, len(best))
        found: list[int] = np.where(self._generator.random(len(best)) < self._lapses, anything, best).tolist()
        return found
