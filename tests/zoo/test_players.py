"""Players of gymnasium's environments: their equations are the environments' own, and they play well."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from analysis_core.tasks.rollout import Episode, episode_returns
from analysis_core.zoo import acrobot, cart_pole
from analysis_core.zoo.episodes import commonest_action, random_return, returns_to_go, seeded, stretches


def test_a_push_does_what_it_does_in_the_environment() -> None:
    world: Any = gymnasium.make(cart_pole.ENVIRONMENT).unwrapped
    states = np.random.default_rng(0).uniform(-0.2, 0.2, (20, 4))
    for state in states:
        for action in (0, 1):
            world.reset(seed=0)
            world.state = state
            expected = world.step(action)[0]
            np.testing.assert_allclose(cart_pole.pushed(state, np.array(action)), expected, atol=1e-6)


def test_a_pole_that_falls_is_caught() -> None:
    falling = np.array([[0.0, 0.0, 0.1, 0.5], [0.0, 0.0, -0.1, -0.5]])
    assert cart_pole.best_actions(falling).tolist() == [1, 0]


def test_looking_ahead_takes_the_best_of_all_sequences() -> None:
    state = np.array([0.3, -0.2, 0.05, 0.4])

    def cost(sequence: int) -> float:
        found, total = state, 0.0
        for step in range(cart_pole.HORIZON):
            found = cart_pole.pushed(found, np.array(sequence >> step & 1))
            total += float(found**2 @ cart_pole.COSTS)
        return total + cart_pole.LEAN_COST * float(found @ cart_pole.LEAN) ** 2

    best = min(range(2**cart_pole.HORIZON), key=cost)
    assert cart_pole.best_actions(state[None]).tolist() == [best & 1]


def test_players_play_well_and_random_ones_do_not() -> None:
    assert episode_returns(cart_pole.Planner(0, 0.0), cart_pole.ENVIRONMENT, range(4)).mean() > 300
    assert episode_returns(acrobot.Swinger(0, 0.0), acrobot.ENVIRONMENT, range(4)).mean() > -120
    assert random_return(cart_pole.ENVIRONMENT) < 40


def test_lapses_are_random_and_repeat_with_the_seed() -> None:
    episodes = [Episode([np.array([0.0, 0.0, 0.1, 0.5])]) for _ in range(400)]
    pushes = np.array(cart_pole.Planner(1, 0.5)(episodes))
    assert 0.65 < pushes.mean() < 0.85  # half of them right, half of the others by chance
    assert pushes.tolist() == cart_pole.Planner(1, 0.5)(episodes)


def test_the_table_tells_where_the_tip_is_a_second_later() -> None:
    numbers, heights = acrobot.tip_table(5, seed=3)
    assert numbers.shape == (5, len(acrobot.NUMBERS)) and np.abs(heights).max() <= 2
    np.testing.assert_allclose(numbers[:, 0] ** 2 + numbers[:, 1] ** 2, 1.0, atol=1e-3)
    world: Any = gymnasium.make(acrobot.ENVIRONMENT).unwrapped
    world.reset(seed=0)
    row = numbers[0]
    world.state = np.array([np.arctan2(row[1], row[0]), np.arctan2(row[3], row[2]), row[4], row[5]])
    for _ in range(acrobot.STEPS_AHEAD):
        seen = world.step(int(row[6] + 1))[0]
    # Tip height from cosines and sines: -cos a - cos (a + b).
    assert -seen[0] - (seen[0] * seen[2] - seen[1] * seen[3]) == pytest.approx(heights[0], abs=5e-3)


def made_up(lengths: tuple[int, ...]) -> list[Episode]:
    """Episodes that observe their own number and step, and push left and right by turns."""
    found = []
    for number, length in enumerate(lengths):
        observations = [np.array([float(number), float(step)]) for step in range(length + 1)]
        found.append(Episode(observations, [step % 2 for step in range(length)], [1.0] * length))
    return found


def test_stretches_by_hand() -> None:
    found = stretches(made_up((3, 2)), steps=2, count=10, seed=0)
    assert len(found) == 5  # as many as there are steps to begin at
    first = {(int(row.observations[0][0]), row.first_step): row for row in found.itertuples()}
    assert first[0, 1].observations == [[0, 1], [0, 2]] and first[0, 1].actions == [1, 0]
    assert first[0, 1].returns == [2, 1] and first[0, 2].returns == [1]
    assert first[1, 0].observations == [[1, 0], [1, 1]]


def test_a_judge_says_which_actions_are_right() -> None:
    found = stretches(made_up((4,)), 3, 1, seed=0, judge=lambda seen: np.full(len(seen), 7))
    assert set(found["actions"].iloc[0]) == {7}


def test_returns_to_go_sum_what_follows() -> None:
    assert returns_to_go([1.0, 0.0, -2.0]).tolist() == [-1, -2, -2]


def test_the_commonest_action_by_hand() -> None:
    found = stretches(made_up((1, 1)), 1, 2, seed=0).assign(actions=[[0, 0, 1], [1]])
    assert commonest_action(found) == pytest.approx((1 / 3 + 1) / 2)


def test_parts_begin_differently() -> None:
    played = seeded(lambda part: cart_pole.Planner(part, 1.0), cart_pole.ENVIRONMENT, {"train": 3, "test": 2}, seed=0)
    begins = {tuple(episode.observations[0]) for part in played.values() for episode in part}
    assert len(begins) == 5
