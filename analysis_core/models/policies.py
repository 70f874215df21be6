"""Policies: models that are shown a stretch of an episode and say what to do at each of its steps.

Two kinds: networks that judge each observation by itself, and transformers' Decision Transformer, which also reads
what was done and which return is still asked for (L. Chen et al. 2021).
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.tasks import NO_TARGET
from analysis_core.vocabulary import ModalityType, TaskType

TOKENS_A_STEP = 3
"""A Decision Transformer reads a return, an observation and an action."""
_EXAMPLE_STEPS = 3


def from_folder(module: nn.Module, source: FolderSource) -> PolicyModel:
    """The module as a policy of its kind: by whether it reads returns."""
    reads_returns = "returns_to_go" in inspect.signature(module.forward).parameters
    kind = DecisionTransformerPolicy if reads_returns else FeedForwardPolicy
    return kind(module, **source.settings)


class PolicyModel(ReadingModel):
    """What both kinds share: steps of episodes, padded behind, and the actions as targets.

    Args:
        module: the network.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Attributes:
        observed: how many numbers an observation has; None where the network does not say.
        actions: how many actions there are.
    """

    modality = ModalityType.TABULAR
    columns: tuple[str, ...] = ("observations", "actions")
    observed: int | None
    actions: int | None

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str = "model",
        task: TaskType = TaskType.REINFORCEMENT_LEARNING,
        summary: Mapping[str, Any] | None = None,
        library: str = "torch",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.observed, self.actions = self._sizes()
        if self.observed is not None:
            self.observe(self._batch(self._made_up(self.observed), name))

    @abstractmethod
    def _sizes(self) -> tuple[int | None, int | None]:
        """Numbers of an observation, and of actions."""

    @abstractmethod
    def _inputs(self, rows: pd.DataFrame, observations: Tensor, actions: Tensor, mask: Tensor, where: str) -> Any:
        """What the network is called with.

        Args:
            rows: the examples.
            observations: ``[examples, steps, observed]`` float32.
            actions: ``[examples, steps]`` int64, ``NO_TARGET`` where a step is padding.
            mask: ``[examples, steps]``, 1 for real steps.
            where: how the data is called in errors.
        """

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Stretches of episodes, padded to the longest; targets are the actions ``[examples, steps]``."""
        named = [f"{where}, example {at}" for at in rows.index]
        seen = [self._observations(*one) for one in zip(rows["observations"], named, strict=True)]
        done = [
            self._actions(taken, len(steps), place)
            for taken, steps, place in zip(rows["actions"], seen, named, strict=True)
        ]
        observations = pad_sequence(seen, batch_first=True)
        actions = pad_sequence(done, batch_first=True, padding_value=NO_TARGET)
        mask = (actions != NO_TARGET).long()
        inputs = self._inputs(rows, observations, actions, mask, where)
        return Batch(inputs, actions, len(rows), padding_mask=self._token_mask(mask))

    def _token_mask(self, mask: Tensor) -> Tensor:
        """Which places of the hidden states are real, from ``[examples, steps]``."""
        return mask

    def _observations(self, steps: Any, where: str) -> Tensor:
        """``[steps, observed]``.

        Raises:
            DataError: no table of finite numbers, or another number of them than the model reads.
        """
        found = _numbers([np.asarray(step) for step in steps], "observations", where)
        if found.ndim != 2 or not len(found):
            raise DataError("It observes nothing.", where=where, remedy="Give a list of numbers for each step.")
        if self.observed is not None and found.shape[1] != self.observed:
            raise DataError(
                f"It observes {found.shape[1]} numbers at a step, but the model reads {self.observed}.",
                where=where,
                remedy="Give observations of the environment that the model was trained for.",
            )
        return found

    def _actions(self, taken: Any, steps: int, where: str) -> Tensor:
        """``[steps]``.

        Raises:
            DataError: not one for each step, or one that the model does not have.
        """
        found = np.asarray(taken)
        if found.shape != (steps,) or not np.issubdtype(found.dtype, np.integer):
            raise DataError(
                f"It has actions {found.tolist()} for {steps} steps.", where=where, remedy="Give one number each step."
            )
        wrong = found[(found < 0) | (found >= self.actions)] if self.actions is not None else found[:0]
        if len(wrong):
            raise DataError(
                f"It takes action {wrong[0]}, but the model has the actions 0 to {(self.actions or 0) - 1}.",
                where=where,
                remedy="Give episodes of the environment that the model was trained for.",
            )
        return torch.as_tensor(found.astype(np.int64))

    def _made_up(self, observed: int) -> pd.DataFrame:
        """Two short stretches of no meaning."""
        steps = np.linspace(-1, 1, _EXAMPLE_STEPS * observed).reshape(_EXAMPLE_STEPS, observed)
        columns = {"actions": [0] * _EXAMPLE_STEPS, "returns": [1.0] * _EXAMPLE_STEPS}
        return pd.DataFrame([{"observations": part, **columns} for part in (steps, steps[::-1])])


class FeedForwardPolicy(PolicyModel):
    """A network that judges each observation by itself: ``[…, observed]`` to logits ``[…, actions]``."""

    def _sizes(self) -> tuple[int | None, int | None]:
        widths = [
            (part.in_features, part.out_features) for part in self.module.modules() if isinstance(part, nn.Linear)
        ]
        return (widths[0][0], widths[-1][1]) if widths else (None, None)

    def _inputs(self, rows: pd.DataFrame, observations: Tensor, actions: Tensor, mask: Tensor, where: str) -> Any:
        return observations


class DecisionTransformerPolicy(PolicyModel):
    """transformers' ``DecisionTransformerModel``; returns are divided by ``summary["return_scale"]``."""

    columns = ("observations", "actions", "returns")

    def _sizes(self) -> tuple[int | None, int | None]:
        config: Any = self.module.config
        return int(config.state_dim), int(config.act_dim)

    def _inputs(self, rows: pd.DataFrame, observations: Tensor, actions: Tensor, mask: Tensor, where: str) -> Any:
        config: Any = self.module.config
        examples, steps = mask.shape
        returns = [
            self._returns(values, int(count), f"{where}, example {at}")
            for at, values, count in zip(rows.index, rows["returns"], mask.sum(1), strict=True)
        ]
        before = (
            rows["first_step"].to_numpy("int64", copy=True) if "first_step" in rows else np.zeros(examples, "int64")
        )
        times = torch.from_numpy(before)[:, None] + torch.arange(steps)
        one_hot = functional.one_hot(actions.clamp(min=0), config.act_dim) * mask[..., None]
        return {
            "states": observations,
            "actions": one_hot.float(),
            "rewards": torch.zeros(examples, steps, 1),
            "returns_to_go": pad_sequence(returns, batch_first=True)[..., None] / self._return_scale,
            "timesteps": times.clamp(max=config.max_ep_len - 1),
            "attention_mask": mask,
        }

    @property
    def _return_scale(self) -> float:
        return float(self.summary.get("return_scale", 1.0))

    def _token_mask(self, mask: Tensor) -> Tensor:
        return mask.repeat_interleave(TOKENS_A_STEP, 1)

    def _returns(self, values: Any, steps: int, where: str) -> Tensor:
        found = _numbers(values, "returns", where)
        if found.shape != (steps,):
            raise DataError(
                f"It has {found.numel()} returns for {steps} steps.",
                where=where,
                remedy="Give the rewards still to come at each step.",
            )
        return found


def _numbers(values: Sequence[Any], column: str, where: str) -> Tensor:
    """As float32.

    Raises:
        DataError: not all of it is finite numbers.
    """
    try:
        found = torch.from_numpy(np.array(values, dtype=np.float32))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The column '{column}' is no table of numbers: {error}.", where=where, remedy="Give as many at each step."
        ) from error
    if not bool(found.isfinite().all()):
        raise DataError(f"Not all of '{column}' is finite.", where=where, remedy="Leave out what was not measured.")
    return found
