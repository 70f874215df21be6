"""Reinforcement learning: policies that choose among actions. Agreement with given actions, and return.

``loss of an example = mean over its steps of -log p(action)``, in nats (behaviour cloning; Chen et al. 2021, "Decision
Transformer"). ``action_accuracy`` is the mean over examples of the share of steps at which the likeliest action is
the given one. The mean return over fixed seeds comes from acting in the environment: ``final_metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, logits_of
from analysis_core.tasks.reading import check_integers, field_of, required_targets
from analysis_core.tasks.tokens import TokenTask, fitting
from analysis_core.vocabulary import Direction, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel


class ReinforcementLearning(TokenTask):
    """Action logits ``[examples, steps, actions]`` or, of a policy without memory, ``[examples, actions]``.

    Targets are the actions taken, ``[examples, steps]`` or ``[examples]``; ``NO_TARGET`` where a step is padding.
    Logits are read from ``action_preds`` (transformers' Decision Transformer, without its tanh) or ``logits``.
    """

    task_type = TaskType.REINFORCEMENT_LEARNING
    metric = "action_accuracy"
    direction = Direction.HIGHER_IS_BETTER
    what = "action"

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        shared = super().metrics(predictions, targets)
        return {
            "action_accuracy": shared["token_accuracy"],
            "step_accuracy": shared["corpus_token_accuracy"],
            "perplexity": shared["perplexity"],
        }

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        drawn = super().sample_targets(outputs, batch, uniform)
        return drawn.reshape(required_targets(batch, "actions").shape)

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """Mean return over fixed seeds; empty where the model's ``summary`` names no ``environment``."""
        if not model.summary.get("environment"):
            return {}
        from analysis_core.tasks.rollout import model_returns

        returns = model_returns(model)
        error = float(returns.std(ddof=1)) / len(returns) ** 0.5
        return {"mean_return": float(returns.mean()), "mean_return_std_error": error}

    def logits_and_targets(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        actions = field_of(outputs, ("action_preds",))
        logits = logits_of(outputs) if actions is None else actions
        targets = check_integers(required_targets(batch, "actions"), "action")
        if logits.dim() == 2:
            if targets.numel() != batch.size:
                raise DataError(
                    f"Actions of shape {tuple(targets.shape)} came for one decision in each of {batch.size} examples.",
                    remedy="Give one action an example, or a policy that answers for every step.",
                )
            logits, targets = logits.unsqueeze(1), targets.reshape(-1, 1)
        return fitting(logits, targets, batch, self.what)


TASKS.add(TaskType.REINFORCEMENT_LEARNING.value, ReinforcementLearning())
