"""What listens during the shared pass: a reducer turns what it hears into small numbers at once."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Need
from analysis_core.tasks.base import Task


class Reducer(ABC):
    """Streams one need. The shared pass calls ``start`` and ``finish`` around each batch, the rest in between.

    Attributes:
        seconds: what this reducer itself has cost.
    """

    hears_layers = False
    hears_gradients = False
    hears_layer_gradients = False
    hears_attention = False

    def __init__(self, need: Need, model: UniversalModel) -> None:
        self.need = need
        self.model = model
        self.seconds = 0.0
        self.batch: Batch

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count what happens inside towards this reducer."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began

    def start(self, batch: Batch) -> None:
        self.batch = batch

    def layer(self, index: int, hidden_in: Tensor, hidden_out: Tensor) -> None:
        """A layer has run; hidden states are detached."""

    def gradient(
        self, index: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, uses: int
    ) -> None:
        """The gradient at the output of a module inside layer ``index``, which ran ``uses`` times in this batch."""

    def detached(self, index: int) -> None:
        """Layer ``index`` holds a weight that serves all examples alike."""

    def layer_gradient(self, index: int, gradient: Tensor) -> None:
        """The gradient of the summed losses at the output of layer ``index``."""

    def outputs(self, outputs: Any, losses: Tensor, task: Task) -> None:
        """The batch's forward pass is over: what the model put out, and each example's loss, ``[examples]``."""

    def attention(self, index: int, spot: int, probabilities: Tensor) -> None:
        """A self-attention of layer ``index``, its ``spot``-th, has run; needs ``eager_attention``.

        Args:
            probabilities: ``[examples, heads, queries, keys]``, or with ``examples x windows`` in the first place.
        """

    def attention_gradient(self, index: int, spot: int, probabilities: Tensor, gradient: Tensor) -> None:
        """The gradient of the summed losses at those probabilities, of the same shape."""

    def finish(self) -> None:
        """The batch's forward and backward passes are over."""

    @abstractmethod
    def result(self) -> Any:
        """The need's statistics."""
