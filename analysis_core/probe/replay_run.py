"""One replayed forward pass: which blocks serve from memory, which are skipped or edited, which run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import Site, first_tensor, with_first_tensor
from analysis_core.probe.edits import Change, Edit, Removed, contribution_of, edited_output, edited_state, widened
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
        sites: where each layer sits among the blocks.
        inputs: the hidden state that each block was given; None where it took no tensor, or did not run.
        outputs: what each block put out, whole.
        added: for layers that are parts of a block, what they added to the stream.
        prelude: what the early modules put out.
        outcome: losses and metric shares.
    """

    change: Change
    sites: Sequence[Site]
    inputs: list[Tensor | None]
    outputs: list[Any]
    added: dict[int, Tensor]
    prelude: dict[nn.Module, Any]
    outcome: Outcome

    @property
    def bytes(self) -> int:
        """How much memory the tensors take; one layer's output that is the next one's input counts once."""
        return sum(self._sizes().values())

    def bytes_beyond(self, other: ReplayState) -> int:
        """How much of it is taken by tensors that another state does not hold."""
        held = self._sizes().items() - other._sizes().items()
        return sum(size for _, size in held)

    def _sizes(self) -> dict[int, int]:
        tensors = _tensors([self.inputs, self.outputs, list(self.added.values()), list(self.prelude.values())])
        return {tensor.data_ptr(): tensor.numel() * tensor.element_size() for tensor in tensors}

    def contribution(self, index: int) -> Tensor:
        """What a layer added to the hidden state, for a layer that keeps its shape."""
        if index in self.added:
            return widened(self.added[index])
        positions = self.sites[index].positions
        hidden = self.inputs[positions[0]]
        if hidden is None:
            raise ModelError("A layer that took no hidden state added nothing to one.", where=f"layer {index}")
        return contribution_of(hidden, first_tensor(self.outputs[positions[-1]]))


class ReplayRun:
    """One forward pass of one batch: each block serves, skips, edits or runs, and its output is noted.

    A layer is a whole block, a run of them, or a part of one that adds to the stream: then its block runs, and what the
    part adds is edited. In what follows, indices count layers and positions count blocks; they are the same where
    layers are blocks.

    Args:
        blocks: the model's blocks, in the order in which they run.
        sites: where each layer sits.
        early: modules that finish before the first layer.
        change: what is skipped and edited.
        base: an earlier run of the same batch; what comes before the first difference is served from it.
        replacement: ``replacement(index, hidden, usual)``: what a skipped layer puts out for a hidden state; ``usual``
            is what it put out in an earlier run, for its shape.
        fixed: layers that change the shape, so that nothing of what they are given can be handed on.
        copies: keep and serve copies, for models with a block that writes into its input.
        repeats: some layer runs several times in one pass, so that no layer can be served from memory.

    Attributes:
        inputs, outputs, added, prelude: as in :class:`ReplayState`.
        computed: which blocks were computed.
    """

    def __init__(
        self,
        blocks: Sequence[nn.Module],
        sites: Sequence[Site],
        early: Sequence[nn.Module],
        change: Change,
        base: ReplayState | None,
        replacement: Callable[[int, Tensor, Tensor], Tensor],
        fixed: Collection[int],
        *,
        copies: bool,
        repeats: bool,
    ) -> None:
        self.blocks, self.sites, self.early, self.change, self.base = blocks, sites, early, change, base
        self.replacement, self.fixed, self.copies, self.repeats = replacement, fixed, copies, repeats
        self.first = 0 if base is None or repeats else self._first_difference(base.change)
        self.inputs: list[Tensor | None] = [None] * len(blocks) if base is None else list(base.inputs)
        self.outputs: list[Any] = [None] * len(blocks) if base is None else list(base.outputs)
        self.added: dict[int, Tensor] = {} if base is None else dict(base.added)
        self.versions: Versions = []
        self.prelude: dict[nn.Module, Any] = {} if base is None else dict(base.prelude)
        self.computed: set[int] = set()

    def _first_difference(self, other: Change) -> int:
        """The first block whose output may differ between two runs."""
        layer = self.change.first_difference(other, len(self.sites))
        return self.sites[layer].block if layer < len(self.sites) else len(self.blocks)

    def forwards(self) -> dict[nn.Module, Forward]:
        """What each block and each module of the prelude computes in this run."""
        table: dict[nn.Module, Forward] = {}
        for position, block in enumerate(self.blocks):
            table[block] = (
                self._serve(self.outputs[position]) if position < self.first else self._compute(position, block.forward)
            )
        for index, site in enumerate(self.sites):
            if site.block >= self.first:
                table |= self._changed(index, site)
        for index, entry in self.change.entries.items():
            block = self.blocks[self.sites[index].block]
            if self.sites[index].block >= self.first:
                table[block] = self._enter(table[block], entry)
        for module in self.early:
            served = self.base is not None and module in self.prelude
            table[module] = self._serve(self.prelude[module]) if served else self._note(module, module.forward)
        return table

    def _changed(self, index: int, site: Site) -> dict[nn.Module, Forward]:
        """What another module than usual computes because of one layer's change."""
        if site.writer is not None:
            edit = torch.zeros_like if index in self.change.removed else self.change.edits.get(index)
            return {site.writer: self._add(index, site.writer.forward, edit)}
        if index in self.change.removed:
            # Each block hands on what it was given; where shapes change, what the last one puts out is replaced.
            skipped = site.positions[-1:] if index in self.fixed else site.positions
            return {self.blocks[at]: self._skip(index, at, self.blocks[at].forward) for at in skipped}
        if index in self.change.edits:
            last = self.blocks[site.positions[-1]]
            return {last: self._edit(index, site, last.forward, self.change.edits[index])}
        return {}

    def overwritten(self) -> bool:
        """Whether something wrote into a noted tensor after it had been noted."""
        return any(tensor._version != version for tensor, version in self.versions)

    def note(self, module: nn.Module, output: Any, versions: Versions) -> None:
        """Remember what an early module put out, and what it looked like then."""
        self.prelude[module] = output
        self.versions += versions

    def _serve(self, output: Any) -> Forward:
        return lambda *_args, **_kwargs: self._copied(output)

    def _compute(self, position: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            with suppress(ModelError):  # a block that takes no tensor still runs
                self._take(position, args, kwargs)
            self.computed.add(position)
            return self._noted(position, forward(*args, **kwargs))

        return run

    def _add(self, index: int, forward: Forward, edit: Edit | None) -> Forward:
        """What a part of a block adds to the stream, edited or as it is."""

        def run(*args: Any, **kwargs: Any) -> Any:
            output = forward(*args, **kwargs)
            if edit is not None:
                output = with_first_tensor(output, edited_state(edit, first_tensor(output)))
            self.added[index] = first_tensor(output)
            return output

        return run

    def _skip(self, index: int, position: int, forward: Forward) -> Forward:
        def run(*args: Any, **kwargs: Any) -> Any:
            hidden = self._take(position, args, kwargs)
            usual = self.outputs[position]
            if usual is None:  # no earlier run to take the output's structure from
                self.computed.add(position)
                usual = forward(*args, **kwargs)
            replacement = self.replacement(index, hidden, first_tensor(usual))
            return self._noted(position, with_first_tensor(self._handed_on(position, hidden, usual), replacement))

        return run

    def _handed_on(self, position: int, hidden: Tensor, usual: Any) -> Any:
        """What stands in for a skipped block's output: that of the block before, where it put out just this state.

        A block may put out more than the state; without it, what the one before put out beside it stands.
        """
        before = self.outputs[position - 1] if position else None
        shapes = [[tensor.shape for tensor in _tensors(output)] for output in (before, usual)]
        alike = type(before) is type(usual) and shapes[0] == shapes[1]
        return before if alike and first_tensor(before) is hidden else usual

    def _edit(self, index: int, site: Site, forward: Forward, edit: Edit) -> Forward:
        first, position = site.positions[0], site.positions[-1]

        def run(*args: Any, **kwargs: Any) -> Any:
            known = self._known_output(index, position)
            hidden = self._take(position, args, kwargs)
            if known is None:
                self.computed.add(position)
                known = forward(*args, **kwargs)
            entered = hidden if first == position else self.inputs[first]
            if entered is None:
                raise ModelError("A layer that took no hidden state added nothing to one.", where=f"layer {index}")
            return self._noted(position, with_first_tensor(known, edited_output(edit, entered, first_tensor(known))))

        return run

    def _known_output(self, index: int, position: int) -> Any:
        """What the block puts out for the input that it is about to get, where the base run has seen just that."""
        if self.base is None or self.repeats or position != self.first:
            return None
        if self.change.entries.get(index) is not self.base.change.entries.get(index):
            return None
        return self.base.outputs[position] if self.base.change.leaves(index) else None

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

    def _take(self, position: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        """Note what a block is given; the block itself may write into its argument."""
        hidden = hidden_input(args, kwargs)
        kept = hidden.clone() if self.copies else hidden
        self.inputs[position] = kept
        self.versions += versions_of(kept)
        return kept

    def _noted(self, position: int, output: Any) -> Any:
        self.outputs[position] = output
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
