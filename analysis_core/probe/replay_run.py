"""One replayed forward pass: which layers serve from memory, which are skipped or edited, which run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor, with_first_tensor
from analysis_core.probe.edits import Change, Edit, Removed, contribution_of, edited_output, edited_state
from analysis_core.probe.hooks import Forward, hidden_input, with_hidden_input
from analysis_core.probe.needs import FloatArray

Versions = list[tuple[Tensor, int]]


@dataclass(frozen=True)
class Outcome:
    """Losses and metric shares of some examples, ``[examples]`` each, with ``removed`` layers skipped."""

    removed: Removed
    losses: FloatArray
    metric: FloatArray


@dataclass
class ReplayState:
    """What one batch's run left behind.

    Attributes:
        change: how the run differed from the intact one.
        inputs: the hidden state that each layer was given; None where it took no tensor, or did not run.
        outputs: what each layer put out, whole.
        prelude: what the early modules put out.
        outcome: losses and metric shares.
    """

    change: Change
    inputs: list[Tensor | None]
    outputs: list[Any]
    prelude: dict[nn.Module, Any]
    outcome: Outcome

    @property
    def bytes(self) -> int:
        """How much memory the tensors take; one layer's output that is the next one's input counts once."""
        tensors = _tensors([self.inputs, self.outputs, list(self.prelude.values())])
        return sum({tensor.data_ptr(): tensor.numel() * tensor.element_size() for tensor in tensors}.values())

    def contribution(self, index: int) -> Tensor:
        """What a layer added to the hidden state, for a layer that keeps its shape."""
        hidden = self.inputs[index]
        if hidden is None:
            raise ModelError("A layer that took no hidden state added nothing to one.", where=f"layer {index}")
        return contribution_of(hidden, first_tensor(self.outputs[index]))


class ReplayRun:
    """One forward pass of one batch: each layer serves, skips, edits or runs, and its output is noted.

    Args:
        layers: the model's layers, in the order in which they run.
        early: modules that finish before the first layer.
        change: what is skipped and edited.
        base: an earlier run of the same batch; what comes before the first difference is served from it.
        replacement: ``replacement(index, hidden, usual)``: what a skipped layer puts out for a hidden state; ``usual``
            is what it put out in an earlier run, for its shape.
        copies: keep and serve copies, for models with a block that writes into its input.
        repeats: some layer runs several times in one pass, so that no layer can be served from memory.

    Attributes:
        inputs, outputs, prelude: as in :class:`ReplayState`.
        computed: which layers were computed.
    """

    def __init__(
        self,
        layers: Sequence[nn.Module],
        early: Sequence[nn.Module],
        change: Change,
        base: ReplayState | None,
        replacement: Callable[[int, Tensor, Tensor], Tensor],
        *,
        copies: bool,
        repeats: bool,
    ) -> None:
        self.layers, self.early, self.change, self.base = layers, early, change, base
        self.replacement, self.copies, self.repeats = replacement, copies, repeats
        self.first = 0 if base is None or repeats else change.first_difference(base.change, len(layers))
        self.inputs: list[Tensor | None] = [None] * len(layers) if base is None else list(base.inputs)
        self.outputs: list[Any] = [None] * len(layers) if base is None else list(base.outputs)
        self.versions: Versions = []
        self.prelude: dict[nn.Module, Any] = {} if base is None else dict(base.prelude)
        self.computed: set[int] = set()

    def forwards(self) -> dict[nn.Module, Forward]:
        """What each layer and each module of the prelude computes in this run."""
        table: dict[nn.Module, Forward] = {}
        for index, layer in enumerate(self.layers):
            if index < self.first:
                table[layer] = self._serve(self.outputs[index])
            elif index in self.change.removed:
                table[layer] = self._skip(index, layer.forward)
            elif index in self.change.edits:
                table[layer] = self._edit(index, layer.forward, self.change.edits[index])
            else:
                table[layer] = self._compute(index, layer.forward)
        if self.first == 0 and self.change.entry is not None:
            table[self.layers[0]] = self._enter(table[self.layers[0]], self.change.entry)
        for module in self.early:
            served = self.base is not None and module in self.prelude
            table[module] = self._serve(self.prelude[module]) if served else self._note(module, module.forward)
        return table

    def overwritten(self) -> bool:
        """Whether something wrote into a noted tensor after it had been noted."""
        return any(tensor._version != version for tensor, version in self.versions)

    def note(self, module: nn.Module, output: Any, versions: Versions) -> None:
        """Remember what an early module put out, and what it looked like then."""
        self.prelude[module] = output
        self.versions += versions

    def _serve(self, output: Any) -> Forward:
        return lambda *_args, **_kwargs: self._copied(output)

    def _compute(self, index: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            with suppress(ModelError):  # a layer that takes no tensor still runs
                self._take(index, args, kwargs)
            self.computed.add(index)
            return self._noted(index, forward(*args, **kwargs))

        return run

    def _skip(self, index: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            hidden = self._take(index, args, kwargs)
            usual = self.outputs[index]
            if usual is None:  # no earlier run to take the output's structure from
                self.computed.add(index)
                usual = forward(*args, **kwargs)
            replacement = self.replacement(index, hidden, first_tensor(usual))
            return self._noted(index, with_first_tensor(usual, replacement))

        return run

    def _edit(self, index: int, forward: Forward, edit: Edit) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            known = self._known_output(index)
            hidden = self._take(index, args, kwargs)
            if known is None:
                self.computed.add(index)
                known = forward(*args, **kwargs)
            return self._noted(index, with_first_tensor(known, edited_output(edit, hidden, first_tensor(known))))

        return run

    def _known_output(self, index: int) -> Any:
        """What the layer puts out for the input that it is about to get, where the base run has seen just that."""
        if self.base is None or self.repeats or index != self.first or self.change.entry is not self.base.change.entry:
            return None
        return self.base.outputs[index] if self.base.change.leaves(index) else None

    def _enter(self, forward: Forward, entry: Edit) -> Forward:
        entered = False

        def run(*args: Any, **kwargs: Any) -> Any:
            nonlocal entered
            if not entered:
                entered, hidden = True, hidden_input(args, kwargs)
                args, kwargs = with_hidden_input(args, kwargs, hidden, edited_state(entry, hidden))
            return forward(*args, **kwargs)

        return run

    def _note(self, module: nn.Module, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            output = forward(*args, **kwargs)
            self.note(module, output, versions_of(output))
            return self._copied(self.prelude[module])

        return run

    def _take(self, index: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        """Note what a layer is given; the layer itself may write into its argument."""
        hidden = hidden_input(args, kwargs)
        kept = hidden.clone() if self.copies else hidden
        self.inputs[index] = kept
        self.versions += versions_of(kept)
        return kept

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
