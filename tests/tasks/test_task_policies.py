"""Reinforcement learning: agreement by hand, and episodes whose rewards can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import DecisionTransformerConfig, DecisionTransformerModel

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.rollout import (
    Episode,
    decision_transformer_policy,
    episode_returns,
    feed_forward_policy,
    model_returns,
)
from analysis_core.vocabulary import TaskType

TASK = task_for(TaskType.REINFORCEMENT_LEARNING)
CPU = torch.device("cpu")


def balancing() -> nn.Module:
    """Push the cart towards where the pole falls: known to hold it for long."""
    module = nn.Linear(4, 2)
    with torch.no_grad():
        lean = torch.tensor([0.0, 0.1, 1.0, 1.0])
        module.weight.copy_(torch.stack([-lean, lean]))
        module.bias.zero_()
    return module


def fed(module: nn.Module, **summary: Any) -> Any:
    return SimpleNamespace(module=module, device=CPU, summary=summary)


def decision_transformer() -> DecisionTransformerModel:
    torch.manual_seed(0)
    config = DecisionTransformerConfig(
        state_dim=4, act_dim=2, hidden_size=8, max_ep_len=50, n_layer=1, n_head=2, action_tanh=False
    )
    return DecisionTransformerModel(config).eval()


def test_action_accuracy_by_hand() -> None:
    logits = torch.tensor([[[2.0, 0], [0, 1], [5, 0]], [[1, 0], [1, 0], [1, 0]]])
    targets = torch.tensor([[0, 1, 1], [0, NO_TARGET, NO_TARGET]])
    batch = Batch({}, targets, 2)
    found = TASK.metrics(TASK.predictions({"action_preds": logits}, batch), targets)
    assert found["action_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["step_accuracy"] == pytest.approx(3 / 4)


def test_a_policy_without_memory_decides_once_for_each_example() -> None:
    logits, targets = torch.randn(3, 2), torch.tensor([0, 1, 1])
    batch = Batch({}, targets, 3)
    expected = nn.functional.cross_entropy(logits, targets, reduction="none")
    torch.testing.assert_close(TASK.losses(logits, batch), expected)
    assert TASK.sample_targets(logits, batch, torch.tensor([0.1, 0.5, 0.9])).shape == targets.shape
    with pytest.raises(DataError, match="one decision"):
        TASK.losses(logits, Batch({}, torch.zeros(3, 2, dtype=torch.long), 3))


def test_numbers_as_actions_are_refused() -> None:
    with pytest.raises(DataError, match="action must be a whole number"):
        TASK.losses(torch.zeros(2, 3, 1), Batch({}, torch.rand(2, 3), 2))


def test_returns_are_those_of_episodes_run_one_by_one() -> None:
    module, seeds = balancing(), (3, 4, 5)
    expected = []
    for seed in seeds:
        world = gymnasium.make("CartPole-v1")
        state, _ = world.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            action = int(module(torch.tensor(state)).argmax())
            state, reward, ended, cut_short, _ = world.step(action)
            total, over = total + float(reward), ended or cut_short
        world.close()
        expected.append(total)
    found = episode_returns(feed_forward_policy(module, CPU), "CartPole-v1", seeds)
    assert found.tolist() == expected


def test_pushing_one_way_soon_ends() -> None:
    # The pole falls within 8 to 10 steps, each worth 1 (gymnasium's documentation of CartPole).
    returns = episode_returns(lambda episodes: [1] * len(episodes), "CartPole-v1", range(10))
    assert returns.min() >= 8 and returns.max() <= 11


def test_doing_nothing_in_acrobot_costs_one_a_step() -> None:
    returns = episode_returns(lambda episodes: [1] * len(episodes), "Acrobot-v1", (0,))
    assert returns.tolist() == [-500]


def test_mean_return_is_a_final_metric() -> None:
    module = balancing().train()
    found = TASK.final_metrics(fed(module, environment="CartPole-v1"), [])
    returns = model_returns(fed(module, environment="CartPole-v1"))
    assert found["mean_return"] == returns.mean() and len(returns) == 20
    assert found["mean_return_std_error"] == pytest.approx(np.std(returns, ddof=1) / 20**0.5)
    assert module.training and TASK.final_metrics(fed(module), []) == {}


def test_a_decision_transformer_sees_the_last_steps_and_what_is_still_asked_for() -> None:
    module, seen = decision_transformer(), {}

    def listen(_module: nn.Module, _args: Any, kwargs: dict[str, Tensor]) -> None:
        seen.update(kwargs)

    handle = module.register_forward_pre_hook(listen, with_kwargs=True)
    policy = decision_transformer_policy(module, CPU, target_return=100, return_scale=10, context_steps=3)
    episode = Episode([np.full(4, float(step)) for step in range(5)], [0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0])
    with torch.no_grad():
        actions = policy([episode, episode])
    handle.remove()
    assert len(actions) == 2 and actions[0] == actions[1]
    assert seen["states"][0, :, 0].tolist() == [2, 3, 4]
    # Before steps 2, 3 and 4 rewards of 3, 6 and 10 had come.
    assert seen["returns_to_go"][0, :, 0].tolist() == pytest.approx([9.7, 9.4, 9.0])
    assert seen["timesteps"][0].tolist() == [2, 3, 4]
    # The action of the step at hand is not known yet.
    assert seen["actions"][0].tolist() == [[0, 1], [1, 0], [0, 0]]


def test_a_decision_transformer_acts() -> None:
    model = fed(decision_transformer(), environment="CartPole-v1", target_return=50.0, context_steps=4)
    returns = model_returns(model, seeds=(0, 1))
    assert returns.shape == (2,) and bool((returns >= 8).all())
    assert np.array_equal(returns, model_returns(model, seeds=(0, 1)))


@pytest.mark.parametrize("name", ["NoSuchWorld-v9", "os:CartPole-v1"])
def test_unknown_environments_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="no environment"):
        episode_returns(_never, name)


def test_environments_without_numbered_actions_are_refused() -> None:
    with pytest.raises(DataError, match="no numbered actions"):
        episode_returns(_never, "Pendulum-v1")


def _never(_episodes: Sequence[Episode]) -> list[int]:
    raise AssertionError
