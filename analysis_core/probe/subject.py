"""What is measured by further runs, and how a runner tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis_core.data.batches import Batch, as_batches
from analysis_core.models.base import UniversalModel
from analysis_core.probe.replay import Replayer
from analysis_core.probe.towers import entrances
from analysis_core.tasks.base import Task

Progress = Callable[[float, str], None]
"""``progress(done, message)``, with the done share 0 … 1; may raise to stop."""


@dataclass
class Subject:
    """What is measured: the model, its examples, and one replayer that runners over all examples share.

    Args:
        model, task, batches: as everywhere.
        seed: of every random choice.
    """

    model: UniversalModel
    task: Task
    batches: Sequence[Batch]
    seed: int = 0

    @property
    def examples(self) -> int:
        return sum(batch.size for batch in self.batches)

    @cached_property
    def replayer(self) -> Replayer:
        return Replayer(self.model, self.task, self.batches)

    @cached_property
    def entrances(self) -> tuple[int, ...]:
        """The layers that the input enters: the first one of each tower."""
        return entrances(self.replayer)

    def first(self, limit: int) -> list[Batch]:
        """The first ``limit`` examples of the data, where the model is."""
        return [batch.to(self.model.device) for batch in as_batches(self.batches, limit)]

    def replayer_of_first(self, limit: int) -> Replayer:
        """A replayer of its own over the first ``limit`` examples."""
        return Replayer(self.model, self.task, self.first(limit))

    def passes(self, replayer: Replayer) -> float:
        """What a replayer has cost so far, in full forward passes over all examples of the data."""
        return replayer.layer_runs / len(self.model.blocks) * replayer.examples / self.examples
