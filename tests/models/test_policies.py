"""Policies read stretches of episodes; what they cannot act on is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_model
from torch import Tensor
from transformers import DecisionTransformerConfig, DecisionTransformerModel

from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError
from analysis_core.models.loading import load_model
from analysis_core.models.nets import ResidualPolicy
from analysis_core.models.policies import DecisionTransformerPolicy, FeedForwardPolicy
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.rollout import Episode, decision_transformer_policy
from analysis_core.vocabulary import ModalityType, TaskType

SETTINGS = {"observations": 4, "actions": 2, "width": 8, "depth": 3}
TASK = task_for(TaskType.REINFORCEMENT_LEARNING)


def stretches(count: int = 5) -> ExampleSet:
    generator = np.random.default_rng(0)
    rows = []
    for length in generator.integers(1, 6, count):
        observations = generator.normal(size=(length, 4)).tolist()
        actions = generator.integers(0, 2, length).tolist()
        rows.append((observations, actions, list(range(length, 0, -1)), int(generator.integers(20))))
    return ExampleSet(pd.DataFrame(rows, columns=["observations", "actions", "returns", "first_step"]), "episodes")


def residual_policy(**summary: Any) -> FeedForwardPolicy:
    torch.manual_seed(0)
    return FeedForwardPolicy(ResidualPolicy(**SETTINGS), summary=summary)


def decision_transformer(**summary: Any) -> DecisionTransformerPolicy:
    torch.manual_seed(0)
    config = DecisionTransformerConfig(
        state_dim=4, act_dim=2, hidden_size=8, max_ep_len=12, n_layer=3, n_head=2, action_tanh=False, n_positions=20
    )
    return DecisionTransformerPolicy(DecisionTransformerModel(config), summary=summary)


def losses(model: Any, batch_size: int) -> Tensor:
    with torch.no_grad():
        return torch.cat([TASK.losses(model.forward(b), b) for b in model.batches(stretches(), batch_size)])


@pytest.mark.parametrize("make", [residual_policy, decision_transformer])
def test_stretches_are_judged_alike_in_every_company(make: Any) -> None:
    model = make()
    assert len(model.layers) == 3 and all(layer.removable for layer in model.layers)
    torch.testing.assert_close(losses(model, 5), losses(model, 1), atol=1e-5, rtol=1e-4)


def test_padding_has_no_action_and_three_places_in_a_decision_transformer() -> None:
    (batch,) = decision_transformer().batches(stretches(), 5)
    lengths = [len(actions) for actions in stretches().column("actions")]
    assert batch.targets is not None and (batch.targets != NO_TARGET).sum(1).tolist() == lengths
    assert batch.padding_mask is not None and batch.padding_mask.sum(1).tolist() == [3 * n for n in lengths]
    assert batch.padding_mask.shape[1] == 3 * batch.targets.shape[1]


def test_a_decision_transformer_is_fed_as_it_is_when_it_acts() -> None:
    """The same history, once as an example and once as an episode that goes on: the same choice."""
    model = decision_transformer(return_scale=10.0)
    row = stretches().frame.iloc[[2]].assign(first_step=0)
    (batch,) = model.batches(ExampleSet(row), 1)
    observations = [np.array(one) for one in row["observations"].iloc[0]]
    actions = row["actions"].iloc[0]
    seen: list[Tensor] = []

    class Listening(DecisionTransformerModel):
        def forward(self, **inputs: Any) -> Any:
            outputs = super().forward(**inputs)
            seen.append(outputs.action_preds[:, -1])
            return outputs

    listening = Listening(model.module.config).eval()
    listening.load_state_dict(model.module.state_dict())
    rewards = [1.0] * (len(observations) - 1)
    episode = Episode(observations, actions[:-1], rewards)
    act = decision_transformer_policy(listening, model.device, target_return=len(observations), return_scale=10.0)
    with torch.no_grad():
        act([episode])
        expected = model.forward(batch).action_preds[:, len(observations) - 1]
    torch.testing.assert_close(seen[0], expected, atol=1e-5, rtol=1e-4)


def test_late_steps_keep_their_time_up_to_the_longest_episode() -> None:
    model = decision_transformer()
    (batch,) = model.batches(ExampleSet(stretches().frame.iloc[:1].assign(first_step=10)), 1)
    assert batch.inputs["timesteps"].max() == 11  # type: ignore[index, call-overload, union-attr]


def test_folders_are_read_by_what_their_networks_read(tmp_path: Path) -> None:
    for name in ("policy", "transformer"):
        (tmp_path / name).mkdir()
    save_model(residual_policy().module, str(tmp_path / "policy" / "model.safetensors"))
    config = {"library": "nets", "architecture": "ResidualPolicy", "model_args": SETTINGS,
              "task": "reinforcement_learning", "modality": "tabular"}  # fmt: skip
    (tmp_path / "policy" / "config.json").write_text(json.dumps(config))
    decision_transformer().module.save_pretrained(tmp_path / "transformer")
    policy = load_model(str(tmp_path / "policy"), device="cpu")
    transformer = load_model(str(tmp_path / "transformer"), device="cpu")
    assert isinstance(policy, FeedForwardPolicy) and (policy.observed, policy.actions) == (4, 2)
    assert isinstance(transformer, DecisionTransformerPolicy)
    assert (transformer.task, transformer.modality) == (TaskType.REINFORCEMENT_LEARNING, ModalityType.TABULAR)
    torch.testing.assert_close(losses(transformer, 5), losses(decision_transformer(), 5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actions": [0, 2]}, "example 0.*takes action 2, but the model has the actions 0 to 1"),
        ({"actions": [0, -1]}, "takes action -1"),
        ({"actions": [0]}, r"has actions \[0\] for 2 steps"),
        ({"actions": [0.5, 1.0]}, "Give one number each step"),
        ({"observations": [[1.0] * 3] * 2}, "observes 3 numbers at a step, but the model reads 4"),
        ({"observations": [[1.0] * 4, [1.0] * 3]}, "'observations' is no table of numbers"),
        ({"observations": [[1.0] * 4, [float("nan")] * 4]}, "Not all of 'observations' is finite"),
        ({"observations": []}, "observes nothing"),
        ({"returns": [1.0]}, "has 1 returns for 2 steps"),
    ],
)
def test_what_cannot_be_acted_on_is_named(change: dict[str, Any], message: str) -> None:
    row = {"observations": [[1.0] * 4] * 2, "actions": [0, 1], "returns": [2.0, 1.0]}
    with pytest.raises(DataError, match=message):
        list(decision_transformer().batches(ExampleSet(pd.DataFrame([row | change])), 2))


def test_an_environment_that_gymnasium_does_not_know_is_named() -> None:
    model = residual_policy(environment="CartPole-v77")
    with pytest.raises(DataError, match=r"no environment 'CartPole-v77'.*CartPole-v1"):
        TASK.final_metrics(model, [])


def test_an_environment_that_observes_something_else_is_refused() -> None:
    with pytest.raises(DataError, match=r"cannot act in 'Acrobot-v1'.*shapes cannot be multiplied"):
        TASK.final_metrics(residual_policy(environment="Acrobot-v1"), [])
