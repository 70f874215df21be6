"""Episodes that players of known skill play in gymnasium, and stretches of them as examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import gymnasium
import numpy as np
import pandas as pd

from analysis_core.tasks.rollout import Episode, Policy, episode_returns, played_episodes

FIRST_SEED = 1000
"""Of the environments' first states: the seeds from 0 on are kept for measuring mean returns."""
RANDOM_EPISODES = 20
Judge = Callable[[np.ndarray], np.ndarray]


def seeded(
    player: Callable[[int], Policy], environment: str, counts: Mapping[str, int], seed: int
) -> dict[str, list[Episode]]:
    """Episodes of several parts, all of different first states.

    Args:
        player: makes the player of a part from its number.
        environment: of gymnasium.
        counts: how many episodes each part has.
        seed: another one gives other episodes.
    """
    played, first = {}, FIRST_SEED + 100_000 * seed
    for number, (part, count) in enumerate(counts.items()):
        played[part] = played_episodes(player(number), environment, range(first, first + count))
        first += count
    return played


def returns_to_go(rewards: Sequence[float]) -> np.ndarray:
    """At each step the sum of its reward and all that follow, ``[steps]``."""
    found: np.ndarray = np.cumsum(np.asarray(rewards, dtype=np.float64)[::-1])[::-1]
    return found


def stretches(
    episodes: Sequence[Episode], steps: int, count: int, seed: int, judge: Judge | None = None
) -> pd.DataFrame:
    """Stretches that begin at random steps of random episodes; none twice.

    Args:
        episodes: already played.
        steps: how long a stretch is; shorter where its episode ends.
        count: how many; fewer where the episodes do not have as many beginnings.
        seed: of the choice.
        judge: names the actions that count as right at observations ``[steps, …]``; None takes those that were done.

    Returns:
        Columns ``observations``, ``actions``, ``returns``, ``first_step``.
    """
    begins = [(number, first) for number, one in enumerate(episodes) for first in range(len(one.actions))]
    order = np.random.default_rng(seed).permutation(len(begins))[:count]
    rows = []
    for number, first in (begins[place] for place in order):
        episode, part = episodes[number], slice(first, first + steps)
        actions = np.asarray(episode.actions[part], dtype=np.int64)
        seen = np.stack(episode.observations[: len(episode.actions)][part])
        right = actions if judge is None else judge(seen)
        rows.append((seen.round(5).tolist(), right.tolist(), returns_to_go(episode.rewards)[part].tolist(), first))
    return pd.DataFrame(rows, columns=["observations", "actions", "returns", "first_step"])


def commonest_action(examples: pd.DataFrame) -> float:
    """The action accuracy of always the same action, the best one: a mean over examples of its share of steps."""
    names = sorted({action for actions in examples["actions"] for action in actions})
    return max(float(np.mean([np.mean(np.equal(one, name)) for one in examples["actions"]])) for name in names)


def random_return(environment: str) -> float:
    """The mean return of actions drawn at random."""
    generator = np.random.default_rng(0)
    actions = int(gymnasium.spec(environment).make().action_space.n)  # type: ignore[attr-defined]  # a discrete space

    def anything(episodes: Sequence[Episode]) -> Sequence[int]:
        drawn: list[int] = generator.integers(0, actions, len(episodes)).tolist()
        return drawn

    return float(episode_returns(anything, environment, range(RANDOM_EPISODES)).mean())
