"""Models that read tables of numbers, scaled as the model was trained."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, ModelError
from analysis_core.models.reading import ReadingModel
from analysis_core.models.rtdl_blocks import with_runnable_blocks
from analysis_core.models.sources import FolderSource
from analysis_core.vocabulary import ModalityType, TaskType

NUMBERS, TARGET = "numbers", "target"
"""Under these a folder's ``config.json`` says how the numbers and the target are scaled: ``mean`` and ``std``."""


@dataclass(frozen=True)
class Scaling:
    """(value - mean) / std, number by number; one entry serves all.

    Args:
        mean, std: of the training data.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, values: np.ndarray) -> Scaling:
        """That of ``[examples, numbers]``; a number that never varies is only shifted."""
        spread = values.std(0)
        return cls(tuple(values.mean(0).tolist()), tuple(np.where(spread > 0, spread, 1.0).tolist()))

    @classmethod
    def from_config(cls, config: Mapping[str, Any], key: str, name: str) -> Scaling:
        """What a configuration says; without a word of it, numbers stay as they are.

        Raises:
            ModelError: it is no list of numbers, or divides by zero.
        """
        if key not in config:
            return cls()
        try:
            mean, std = (tuple(map(float, np.ravel(config[key][part]))) for part in ("mean", "std"))
        except (KeyError, TypeError, ValueError) as error:
            raise _bad_scaling(f"it lacks numbers: {error}", key, name) from error
        if len(mean) != len(std) or not all(np.isfinite([*mean, *std])) or min(std, default=0.0) <= 0:
            raise _bad_scaling("it needs as many means as deviations, all finite, and deviations above zero", key, name)
        return cls(mean, std)

    def to_dict(self) -> dict[str, list[float]]:
        """As :meth:`from_config` reads it."""
        return {"mean": list(self.mean), "std": list(self.std)}

    def scaled(self, values: np.ndarray) -> Tensor:
        """float32, of the same shape."""
        return torch.from_numpy((values - np.array(self.mean)) / np.array(self.std)).float()


def from_folder(module: nn.Module, source: FolderSource) -> TabularModel:
    """The module with the scaling in its folder's configuration.

    Raises:
        ModelError: the scaling is no scaling, or does not fit the model.
    """
    scaling, target = (Scaling.from_config(source.config, key, source.name) for key in (NUMBERS, TARGET))
    return TabularModel(module, scaling=scaling, target_scaling=target, **source.settings)


class TabularModel(ReadingModel):
    """A network over a fixed number of numbers: one tensor ``[examples, numbers]``, or rtdl's ``x_cont`` and ``x_cat``.

    Targets of a regression are scaled as well, so that its errors are in standard deviations of the training data.

    Args:
        module: the network.
        scaling, target_scaling: of the numbers, and of a number to predict.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Attributes:
        numbers: how many numbers an example has; None where nothing says it.

    Raises:
        ModelError: the scaling does not fit the network, or it reads categories as well.
    """

    modality = ModalityType.TABULAR
    columns = ("numbers",)

    def __init__(
        self,
        module: nn.Module,
        *,
        scaling: Scaling | None = None,
        target_scaling: Scaling | None = None,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "torch",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        module = with_runnable_blocks(module)
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.scaling, self.target_scaling = scaling or Scaling(), target_scaling or Scaling()
        self._two_inputs = {"x_cont", "x_cat"} <= set(inspect.signature(module.forward).parameters)
        self.numbers = self._numbers_read()
        if self.numbers is not None:
            self.observe(self._inputs(torch.linspace(-1, 1, 2 * self.numbers).reshape(2, -1)))

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Scaled numbers ``[examples, numbers]`` with their classes or scaled targets."""
        listed = [self._row(row, f"{where}, example {at}") for at, row in rows["numbers"].items()]
        if len({len(row) for row in listed}) > 1:
            raise DataError("The examples have different numbers of numbers.", where=where, remedy="Give all alike.")
        return Batch(self._inputs(self.scaling.scaled(np.stack(listed))), self._targets(rows), len(rows))

    def _row(self, values: Sequence[Any], where: str) -> np.ndarray:
        """One example's numbers.

        Raises:
            DataError: they are too few, too many, or no finite numbers.
        """
        try:
            row = np.asarray(values, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError) as error:
            raise DataError(f"Not all of it is numbers: {error}.", where=where, remedy="Give numbers.") from error
        if self.numbers is not None and len(row) != self.numbers:
            raise DataError(
                f"It has {len(row)} numbers, but the model reads {self.numbers}.",
                where=where,
                remedy="Give the numbers that the model was trained with, in the same order.",
            )
        wrong = np.flatnonzero(~np.isfinite(row))
        if len(wrong):
            raise DataError(
                f"Number {wrong[0]} is {row[wrong[0]]}.", where=where, remedy="Fill it in, or leave the example out."
            )
        return row

    def _targets(self, rows: pd.DataFrame) -> Tensor | None:
        if self.task is TaskType.REGRESSION:
            return self.target_scaling.scaled(rows["target"].to_numpy("float64")) if "target" in rows else None
        return torch.as_tensor(rows["label"].to_numpy("int64", copy=True)) if "label" in rows else None

    def _inputs(self, numbers: Tensor) -> Any:
        return {"x_cont": numbers, "x_cat": None} if self._two_inputs else numbers

    def _numbers_read(self) -> int | None:
        """By the network's first weights, and by the scaling.

        Raises:
            ModelError: they disagree, or there are categories as well.
        """
        network: Any = self.module
        if self._two_inputs and getattr(network, "cat_embeddings", None) is not None:
            raise ModelError(
                "The model reads categories beside numbers.",
                where=self.name,
                remedy="Use a model of numbers only, with categories as numbers of their own (0 or 1).",
            )
        embeddings: Any = getattr(network, "cont_embeddings", None)
        by_network = len(embeddings.weight) if self._two_inputs and embeddings is not None else _first_width(network)
        by_scaling = len(self.scaling.mean) if len(self.scaling.mean) > 1 else None
        if None not in (by_network, by_scaling) and by_network != by_scaling:
            raise ModelError(
                f"The configuration scales {by_scaling} numbers, but the model reads {by_network}.",
                where=f"{self.name}, {NUMBERS}",
                remedy="Give the configuration that the weights were saved with.",
            )
        return by_network or by_scaling


def _first_width(module: nn.Module) -> int | None:
    widths = (getattr(part, "in_features", None) for part in module.modules())
    return next((width for width in widths if isinstance(width, int)), None)


def _bad_scaling(what: str, key: str, name: str) -> ModelError:
    return ModelError(
        f"The scaling '{key}' cannot be used: {what}.",
        where=f"{name}, config.json",
        remedy="Give 'mean' and 'std', one number for each number that the model reads.",
    )
