"""One replayed forward pass: which layers serve from memory, which are skipped, which run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from analysis_core.models.base import first_tensor, with_first_tensor
from analysis_core.probe.hooks import Forward, hidden_input
from analysis_core.probe.needs import FloatArray

Removed = frozenset[int]
Versions = list[tuple[Tensor, int]]
INTACT: Removed = frozenset()


@dataclass(frozen=True)
class Outcome:
    """Losses and metric shares of some examples, ``[examples]`` each, with ``removed`` layers skipped."""

    removed: Removed
    losses: FloatArray
    metric: FloatArray


@dataclass
class ReplayState:
    """What one batch's run left behind: each layer's output with ``removed`` layers skipped."""

    removed: Removed
    outputs: list[Any]
    prelude: dict[nn.Module, Any]
    outcome: Outcome

    @property
    def bytes(self) -> int:
        """How much memory the tensors take."""
        tensors = _tensors([self.outputs, list(self.prelude.values())])
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


class ReplayRun:
    """One forward pass of one batch: each layer serves, skips or runs, and its output is noted.

    Args:
        layers: the model's layers, in the order in which they run.
        early: modules that finish before the first layer.
        removed: which layers are skipped.
        base: an earlier run of the same batch; what comes before the first difference is served from it.
        replacement: ``replacement(index, hidden, usual)``: what a skipped layer puts out for a hidden state; ``usual``
            is what it put out in an earlier run, for its shape.
        copies: keep and serve copies, for models with a block that writes into its input.

    Attributes:
        outputs, prelude: what layers and early modules put out.
        layer_runs: how many layers were computed.
    """

    def __init__(
        self,
        layers: Sequence[nn.Module],
        early: Sequence[nn.Module],
        removed: Removed,
        base: ReplayState | None,
        replacement: Callable[[int, Tensor, Tensor], Tensor],
        *,
        copies: bool,
    ) -> None:
        self.layers, self.early, self.removed, self.base = layers, early, removed, base
        self.replacement, self.copies = replacement, copies
        self.first = 0 if base is None else min(removed ^ base.removed, default=len(self.layers))
        self.outputs: list[Any] = [None] * len(self.layers) if base is None else list(base.outputs)
        self.versions: Versions = []
        self.prelude: dict[nn.Module, Any] = {} if base is None else dict(base.prelude)
        self.layer_runs = 0

    def forwards(self) -> dict[nn.Module, Forward]:
        """What each layer and each module of the prelude computes in this run."""
        table: dict[nn.Module, Forward] = {}
        for index, layer in enumerate(self.layers):
            if index < self.first:
                table[layer] = self._serve(self.outputs[index])
            elif index in self.removed:
                table[layer] = self._skip(index, layer.forward)
            else:
                table[layer] = self._compute(index, layer.forward)
        for module in self.early:
            served = self.base is not None and module in self.prelude
            table[module] = self._serve(self.prelude[module]) if served else self._note(module, module.forward)
        return table

    def overwritten(self) -> bool:
        """Whether something wrote into a noted output after it had been returned."""
        return any(tensor._version != version for tensor, version in self.versions)

    def note(self, module: nn.Module, output: Any, versions: Versions) -> None:
        """Remember what an early module put out, and what it looked like then."""
        self.prelude[module] = output
        self.versions += versions

    def _serve(self, output: Any) -> Forward:
        return lambda *_args, **_kwargs: self._copied(output)

    def _compute(self, index: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            self.layer_runs += 1
            return self._noted(index, forward(*args, **kwargs))

        return run

    def _skip(self, index: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            hidden = hidden_input(args, kwargs)
            usual = self.outputs[index]
            if usual is None:  # no earlier run to take the output's structure from
                self.layer_runs += 1
                usual = forward(*args, **kwargs)
            replacement = self.replacement(index, hidden, first_tensor(usual))
            return self._noted(index, with_first_tensor(usual, replacement))

        return run

    def _note(self, module: nn.Module, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            output = forward(*args, **kwargs)
            self.note(module, output, versions_of(output))
            return self._copied(self.prelude[module])

        return run

    def _noted(self, index: int, output: Any) -> Any:
        self.outputs[index] = output
        self.versions += versions_of(output)
        return self._copied(output)

    def _copied(self, output: Any) -> Any:
        if not self.copies or not any(True for _ in _tensors(output)):
            return output
        return with_first_tensor(output, first_tensor(output).clone())


def versions_of(output: Any) -> Versions:
    """The tensors in it, each with torch's count of how often it was written into."""
    return [(tensor, tensor._version) for tensor in _tensors(output)]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
