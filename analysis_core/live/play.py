"""A policy that acts in its environment while one looks on, at a depth that may change from step to step."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from analysis_core.errors import DataError
from analysis_core.live.answers import timed
from analysis_core.models.base import UniversalModel
from analysis_core.tasks.rollout import Episode, feed_forward_policy

MOST_EPISODES = 24
MOST_STEPS = 100


class Stage:
    """Episodes that go on, by the name of whoever looks on; the ones that nobody looks at for longest are dropped.

    Args:
        environment: a name that gymnasium itself registers.
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._going: OrderedDict[str, tuple[Any, Episode]] = OrderedDict()

    def play(self, name: str, model: UniversalModel, steps: int, seed: int) -> dict[str, Any]:
        """Some steps further; an episode that has ended, or was never begun, begins.

        Returns:
            ``frames``: an observation each; ``actions``; ``reward``: of the episode so far; ``ended``: whether it is
            over; ``latency_ms``: median milliseconds of a decision.
        """
        if name not in self._going:
            self._begin(name, seed)
        self._going.move_to_end(name)
        world, episode = self._going[name]
        policy = feed_forward_policy(model.module, model.device)
        frames, actions, spent, ended = [], [], [], False
        for _ in range(max(1, min(steps, MOST_STEPS))):
            (action,), latency_ms = timed(lambda: policy([episode]))
            observation, reward, fallen, out_of_time, _ = world.step(int(action))
            episode.observations.append(np.asarray(observation, dtype=np.float64).reshape(-1))
            episode.rewards.append(float(reward))
            frames.append([round(float(number), 5) for number in episode.observations[-1]])
            actions.append(int(action))
            spent.append(latency_ms)
            ended = bool(fallen or out_of_time)
            if ended:
                self._going.pop(name)
                world.close()
                break
        return {
            "frames": frames,
            "actions": actions,
            "reward": sum(episode.rewards),
            "ended": ended,
            "latency_ms": float(np.median(spent)),
        }

    def _begin(self, name: str, seed: int) -> None:
        import gymnasium

        if self._environment not in gymnasium.registry or ":" in self._environment:
            raise DataError(f"Gymnasium has no environment '{self._environment}'.")
        world = gymnasium.make(self._environment)
        first, _ = world.reset(seed=seed)
        self._going[name] = (world, Episode([np.asarray(first, dtype=np.float64).reshape(-1)]))
        while len(self._going) > MOST_EPISODES:
            _, (oldest, _) = self._going.popitem(last=False)
            oldest.close()
