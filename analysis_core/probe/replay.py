"""Run again with layers skipped or edited, everything before the first change served from memory.

Skipping layer i leaves what goes into layers 0 … i as it was. So their outputs are kept from an earlier run, and a
replay starts at the first layer where the two runs differ: ablating all L layers costs about L/2 forward passes, and
each step of a greedy removal starts from the last one: without layer 2, and now without 7 as well, only what follows 7
runs, since layers 3 to 6 were run without 2 before. Modules that finish before the first layer (embeddings, stems)
are served as well. A layer that is a part of a block is skipped by adding nothing; its block runs. A batch's states
are kept while they fit in ``memory_limit_bytes``, else made again when needed. Where a layer runs several times in one
pass, or leaves behind what a later one looks for, layers are not served, and every replay is a whole pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import MODEL_FAULTS
from analysis_core.models.base import UniversalModel
from analysis_core.probe.edits import INTACT, Change, Removed
from analysis_core.probe.hooks import Taps, preserved, swapped
from analysis_core.probe.replay_run import Outcome, ReplayRun, ReplayState, Versions, versions_of
from analysis_core.probe.uneditable import reasons_against_edits
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import LayerKind

__all__ = ["INTACT", "Change", "Outcome", "Removed", "ReplayState", "Replayer", "joined"]


class Replayer:
    """Losses with any layers skipped or edited, at the least cost.

    A layer whose output has another shape than its input cannot be skipped; its output is replaced by its mean
    over the data (one further forward pass finds the means). The model is left as it was after every call.

    Args:
        model: taken apart into layers, ordered as they run.
        task: turns outputs into losses and metric shares.
        batches: the examples; held for as long as this object lives.
        memory_limit_bytes: how much may be spent on keeping hidden states between calls.

    Attributes:
        layer_runs: how many blocks were run, as a mean over examples: the cost, where one full forward pass over the
            data counts as many as the model has blocks.
    """

    def __init__(
        self,
        model: UniversalModel,
        task: Task,
        batches: Iterable[Batch],
        *,
        memory_limit_bytes: int = 512 * 2**20,
    ) -> None:
        self.model, self.task = model, task
        self.batches: list[Batch] = [batch.to(model.device) for batch in batches]
        self.memory_limit_bytes = memory_limit_bytes
        self._states: dict[int, ReplayState] = {}
        self._aside: dict[int, dict[Removed, ReplayState]] = {}
        self._outcomes: dict[tuple[int, Removed], Outcome] = {}
        self._base = INTACT
        self._kept_bytes = 0
        self._aside_bytes: dict[tuple[int, Removed], int] = {}
        self._early: tuple[nn.Module, ...] | None = None
        self._uses: Counter[nn.Module] = Counter()
        self._means: dict[int, Tensor] = {}
        self._runs = 0
        self._copy_outputs = self._leave_behind = False
        self._fixed = frozenset(index for index, layer in enumerate(model.layers) if not layer.removable)

    @property
    def examples(self) -> int:
        return sum(batch.size for batch in self.batches)

    @property
    def layer_runs(self) -> float:
        return self._runs / max(1, self.examples)

    def outcome(self, removed: Iterable[int] = ()) -> Outcome:
        """Losses and metric shares over all examples with some layers skipped."""
        gone = frozenset(removed)
        parts = [self.batch_outcome(position, gone) for position in range(len(self.batches))]
        return joined(gone, parts)

    def batch_outcome(self, position: int, removed: Removed, *, keep: bool = False, promising: bool = False) -> Outcome:
        """The same for one batch.

        Args:
            position: which batch.
            removed: which layers are skipped.
            keep: remember this run's states, so that later replays of any batch start from this removal.
            promising: hold this run's states aside, where memory allows: ``keep`` may be asked for soon, and removals
                of more layers can start from them, until :meth:`start_from` finds them of no more use.
        """
        if keep:
            self._base = removed
        elif (position, removed) in self._outcomes:
            return self._outcomes[position, removed]
        with preserved(self.model.module), torch.no_grad():
            state = self._states.get(position)
            if state is None:
                state = self._remember(position, self._run(position, Change(self._base), None)[0])
            if state.change.removed != removed:
                nearest = self._nearest(position, removed, state)
                exact = nearest.change.removed == removed
                fresh = nearest if exact else self._run(position, Change(removed), nearest)[0]
                if promising and not exact:
                    self._hold_aside(position, fresh, nearest)
                state = self._remember(position, fresh) if keep else fresh
        self._outcomes[position, removed] = state.outcome
        return state.outcome

    def intact(self, position: int) -> ReplayState:
        """One batch's run without any change, from memory where it is there."""
        state = self._states.get(position)
        if state is None or state.change.removed:
            state = self._remember(position, self.rerun(position, Change(), state)[0])
        return state

    def rerun(self, position: int, change: Change, base: ReplayState | None = None) -> tuple[ReplayState, Any]:
        """Run one batch with any change, e.g. with what some layers add edited.

        Args:
            position: which batch.
            change: how the run differs from the intact one.
            base: an earlier run of the same batch that this one starts from; it is not remembered here, and neither is
                the new one.

        Returns:
            What the run left behind, and the model's outputs.
        """
        with preserved(self.model.module), torch.no_grad():
            return self._run(position, change, base)

    @cached_property
    def not_editable(self) -> tuple[str | None, ...]:
        """For each layer, why what it adds to the hidden state cannot be told or taken away; None where it can."""
        return reasons_against_edits(self.model, self.intact(0), self._uses)

    def start_from(self, base: Removed) -> None:
        """Removals of more layers than ``base`` come next: hold on to the states that these can start from.

        Of use are those of the base itself, where they are held, and else of a part of it; and all that lack, where
        they first differ from the base, a layer that it still has: adding that layer to the base starts behind it.
        Where nothing of a batch is held any more, it is run without the base.
        """
        self._base = base
        for position, removed in list(self._aside_bytes):
            if not self._of_use(removed, base, position):
                self._drop_aside(position, removed)

    def _of_use(self, removed: Removed, base: Removed, position: int) -> bool:
        if removed < base:
            return base not in self._aside[position]
        return removed == base or min(removed ^ base) in removed

    def forget(self, position: int | None = None) -> None:
        """Free the hidden states of one batch, or of all; what was measured stays known."""
        kept = {} if position is None else {at: state for at, state in self._states.items() if at != position}
        self._states = kept
        self._aside.clear()
        self._aside_bytes.clear()
        self._kept_bytes = sum(state.bytes for state in kept.values())

    def _remember(self, position: int, state: ReplayState) -> ReplayState:
        before = self._states.pop(position, None)
        if before is not None:
            self._kept_bytes -= before.bytes
        self._states[position] = state
        self._kept_bytes += state.bytes
        while self._aside_bytes and self._kept_bytes + sum(self._aside_bytes.values()) > self.memory_limit_bytes:
            self._drop_aside(*next(iter(self._aside_bytes)))
        # Always keep the batch at hand; drop the oldest others while there are too many.
        while self._kept_bytes > self.memory_limit_bytes and len(self._states) > 1:
            oldest = next(iter(self._states))
            self._kept_bytes -= self._states.pop(oldest).bytes
        return state

    def _nearest(self, position: int, removed: Removed, base: ReplayState) -> ReplayState:
        """The run of this batch that a removal shares the most layers with."""
        layers, change = len(self.model.layers), Change(removed)
        states = [base, *self._aside.get(position, {}).values()]
        return max(states, key=lambda state: change.first_difference(state.change, layers))

    def _hold_aside(self, position: int, fresh: ReplayState, origin: ReplayState) -> None:
        own_bytes = fresh.bytes_beyond(origin)
        if self._kept_bytes + sum(self._aside_bytes.values()) + own_bytes <= self.memory_limit_bytes:
            self._aside.setdefault(position, {})[fresh.change.removed] = fresh
            self._aside_bytes[position, fresh.change.removed] = own_bytes

    def _drop_aside(self, position: int, removed: Removed) -> None:
        del self._aside[position][removed], self._aside_bytes[position, removed]

    def _run(self, position: int, change: Change, base: ReplayState | None) -> tuple[ReplayState, Any]:
        if not self._means and not self._fixed.isdisjoint(change.removed):
            self._means = self._mean_outputs()
        batch, base = self.batches[position], None if self._leave_behind else base
        run = ReplayRun(
            self.model.blocks,
            self.model.sites,
            self._early or (),
            change,
            base,
            self._replacement,
            self._fixed,
            copies=self._copy_outputs,
            repeats=any(self._uses[block] > 1 for block in self.model.blocks),
        )
        try:
            with swapped(run.forwards()), Taps() as taps:
                calls = self._listen(taps) if self._early is None else []
                outputs = self.model.forward(batch)
        except MODEL_FAULTS as error:
            if base is None or isinstance(error, torch.OutOfMemoryError):
                raise
            # Some block leaves behind what a later one looks for, such as Gemma's shared keys: so all run.
            self._leave_behind = True
            self.forget()
            return self._run(position, change, None)
        if self._early is None:
            self._uses = Counter(module for module, _, _ in calls)
            self._early = self._early_modules([module for module, _, _ in calls])
            for module, output, versions in calls:
                if module in self._early:
                    run.note(module, output, versions)
        if run.overwritten() and not self._copy_outputs:
            # Some block writes into its input. Start over with copies, this batch and from now on.
            self._copy_outputs = True
            self.forget()
            return self._run(position, change, None)
        self._runs += len(run.computed) * batch.size
        losses = self.task.check_losses(self.task.losses(outputs, batch), batch)
        targets = batch.targets if batch.targets is not None else torch.zeros(batch.size)
        metric = self.task.metric_per_example(self.task.predictions(outputs, batch), targets)
        outcome = Outcome(change.removed, losses.double().cpu().numpy(), np.asarray(metric, dtype=np.float64))
        state = ReplayState(change, run.sites, run.inputs, run.outputs, run.added, run.prelude, outcome)
        return state, outputs

    def _listen(self, taps: Taps) -> list[tuple[nn.Module, Any, Versions]]:
        """Note, in order, the calls of the blocks and of all modules that neither hold nor belong to one."""
        blocks = set(self.model.blocks)
        inside = {part for block in blocks for part in block.modules()}
        around = [m for m in self.model.module.modules() if m not in inside and not blocks.intersection(m.modules())]
        calls: list[tuple[nn.Module, Any, Versions]] = []
        taps.on_calls([*around, *blocks], lambda module, output: calls.append((module, output, versions_of(output))))
        return calls

    def _early_modules(self, order: Sequence[nn.Module]) -> tuple[nn.Module, ...]:
        """The outermost modules that run once, and wholly before the first block."""
        blocks = set(self.model.blocks)
        before = order[: next((at for at, module in enumerate(order) if module in blocks), 0)]
        early = [module for module in before if self._uses[module] == 1]
        covered = {part for module in early for part in module.modules() if part is not module}
        return tuple(module for module in early if module not in covered)

    def _replacement(self, index: int, hidden: Tensor, usual: Tensor) -> Tensor:
        """What a skipped layer puts out: its input, or its mean output where the shapes differ.

        ``usual`` is what it put out in an earlier run of the same batch; only its shape is used.
        """
        if index not in self._fixed:
            return hidden
        return self._means[index].to(usual.dtype).expand_as(usual)

    def _mean_outputs(self) -> dict[int, Tensor]:
        fixed = sorted(self._fixed)
        sums: dict[int, Tensor] = {}
        runs: Counter[int] = Counter()

        def add(position: int, _hidden: Tensor, output: Tensor) -> None:
            index, total = fixed[position], output.double().sum(0)
            runs[index] += len(output)
            known = sums.get(index)
            if known is not None and known.shape != total.shape:
                # Sequences of different lengths have no places in common, only their width.
                kind = self.model.layers[index].kind
                known, total = _mean_over_places(known, kind), _mean_over_places(total, kind)
            sums[index] = total if known is None else known + total

        with Taps() as taps:
            taps.on_layers([self.model.sites[index] for index in fixed], add)
            for batch in self.batches:
                self.model.forward(batch)
        self._runs += len(self.model.blocks) * self.examples
        return {index: total / runs[index] for index, total in sums.items()}


def _mean_over_places(total: Tensor, kind: LayerKind) -> Tensor:
    if kind is LayerKind.CONVOLUTION and total.dim() > 1:  # channels come first
        return total.flatten(1).mean(1).reshape(-1, *[1] * (total.dim() - 1))
    return total.reshape(-1, total.shape[-1]).mean(0)


def joined(removed: Removed, parts: Sequence[Outcome]) -> Outcome:
    """The outcomes of several batches as one."""
    return Outcome(removed, np.concatenate([p.losses for p in parts]), np.concatenate([p.metric for p in parts]))
