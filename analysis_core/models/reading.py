"""Models that know how examples become their inputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.models.plain import ModuleModel


class ReadingModel(ModuleModel):
    """A module with everything that stands between a row of a table and its arguments.

    A subclass makes a batch of some rows, and runs an example of no meaning once it is built
    (``self.observe(…)``), by which the order of its layers and what can be taken out are seen.

    Attributes:
        columns: names of the columns that it cannot do without, of
            :data:`~analysis_core.data.examples.COLUMNS`; targets are read where they are there.
    """

    columns: tuple[str, ...]

    def batches(self, examples: ExampleSet, batch_size: int, max_samples: int | None = None) -> Iterator[Batch]:
        """Turn examples into inputs, batch by batch.

        Args:
            examples: with the columns that the model reads.
            batch_size: examples per batch.
            max_samples: stop after so many.

        Yields:
            Batches on the model's device.

        Raises:
            DataError: a column is missing, or names the first example that cannot be read.
        """
        for column in self.columns:
            examples.column(column)
        rows = self._prepared(examples)
        total = len(rows) if max_samples is None else min(max_samples, len(rows))
        for first in range(0, total, batch_size):
            part = rows.iloc[first : min(first + batch_size, total)]
            yield replace(self._batch(part, examples.name), first=first).to(self.device)

    def _prepared(self, examples: ExampleSet) -> pd.DataFrame:
        """The rows with what can only be said of all of them together, such as candidates drawn from the others."""
        return examples.frame.reset_index(drop=True)

    @abstractmethod
    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Some rows as one batch.

        Args:
            rows: numbered by their position in the data.
            where: how the data is called in errors.
        """
