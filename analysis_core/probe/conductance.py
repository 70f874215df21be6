"""Conductance of every layer at once: one forward and one backward pass for each step of the path."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import NumericalError
from analysis_core.probe.hidden import as_tokens, token_weights
from analysis_core.probe.hooks import Taps, preserved
from analysis_core.probe.needs import ConductanceStatistics, PathConductance
from analysis_core.probe.subject import Progress, Subject


def run_conductance(need: PathConductance, subject: Subject, progress: Progress) -> tuple[ConductanceStatistics, float]:
    """Walk from a zero input of the first layer, of each tower's first, to the real one, listening to all layers."""
    batches, parts, passes = subject.first(need.limit), [], 0.0
    with preserved(subject.model.module), Taps() as taps:
        for weight in subject.model.module.parameters():
            weight.requires_grad_(False)
        path = _Path(subject, taps)
        for position, batch in enumerate(batches):
            path.start(batch)
            for number, alpha in enumerate(need.nodes):
                path.step(alpha)
                done = (position + (number + 1) / len(need.nodes)) / len(batches)
                progress(done, f"Path step {number + 1} of {len(need.nodes)}: batch {position + 1} of {len(batches)}")
            passes += (1.0 + 3.0 * need.steps) * batch.size / subject.examples  # no backward pass at the baseline
            parts.append(path.finish())
    return ConductanceStatistics(
        absolute=np.concatenate([part.absolute for part in parts]),
        signed=np.concatenate([part.signed for part in parts]),
        change=np.concatenate([part.change for part in parts]),
        runs=parts[0].runs,
        failure=next((part.failure for part in parts if part.failure), None),
    ), passes


class _Path:
    """One batch's walk, and the sums over its steps.

    Between two nodes the gradient is taken as the mean of both ends (the trapezoidal rule), and each hidden number's
    step is the difference of its values, as in Captum. The first stretch takes the gradient at its far end alone:
    at a zero input, normalisation has gradients of the size of 1 / sqrt(epsilon) for each layer.
    """

    def __init__(self, subject: Subject, taps: Taps) -> None:
        self.model, self.task = subject.model, subject.task
        self.runs: Counter[int] = Counter()
        self.roots: dict[int, Tensor] = {}
        self.states: dict[int, Tensor] = {}
        self.gradients: dict[int, Tensor] = {}
        for entrance in subject.entrances:
            block = self.model.blocks[self.model.sites[entrance].block]
            taps.replace_input(block, partial(self._enter, entrance))
        taps.on_layers(self.model.sites, self._hear)
        taps.on_layer_gradients(self.model.sites, self._hear_gradient)

    def start(self, batch: Batch) -> None:
        self.batch = batch
        self.before: dict[int, tuple[Tensor, Tensor]] = {}
        self.totals: dict[int, Tensor] = {}
        self.values: list[Tensor] = []
        self.failure: str | None = None

    def step(self, alpha: float) -> None:
        """Run at one node, the baseline first; adds the stretch since the last one."""
        if self.failure is not None:
            return
        self.alpha = alpha
        self.roots.clear()
        self.runs.clear()
        self.states.clear()
        self.gradients.clear()
        try:
            with torch.set_grad_enabled(bool(self.values)):
                likelihood = -self.task.losses(self.model.forward(self.batch), self.batch)
                if self.values:
                    torch.autograd.grad(likelihood.sum(), list(self.roots.values()), allow_unused=True)
        except NumericalError as error:
            self.failure = f"At {alpha:.3g} of the first layer's input: {error}"
            return
        for index, state in self.states.items():
            gradient = self.gradients.get(index, torch.zeros_like(state))
            if index in self.totals:
                last_state, last_gradient = self.before[index]
                mean = gradient if len(self.values) == 1 else (gradient + last_gradient) / 2
                self.totals[index] += mean * (state - last_state)
            else:
                self.totals[index] = torch.zeros_like(state)
            self.before[index] = state, gradient
        self.values.append(likelihood.detach().double())

    def finish(self) -> ConductanceStatistics:
        """The batch's sums over hidden numbers, padding left out."""
        shape = (self.batch.size, len(self.model.layers))
        absolute, signed = np.full(shape, np.nan), np.full(shape, np.nan)
        for index, total in self.totals.items() if self.failure is None else ():
            layer = self.model.layers[index]
            tokens = as_tokens(total, self.batch.size, layer.kind, self.batch.pieces)
            real = (tokens * token_weights(tokens, self.batch.mask_of(layer.name)).unsqueeze(-1)).double()
            absolute[:, index] = real.abs().sum((1, 2)).cpu().numpy()
            signed[:, index] = real.sum((1, 2)).cpu().numpy()
        failed = torch.full((self.batch.size,), torch.nan)
        change = self.values[-1] - self.values[0] if self.failure is None else failed
        runs = tuple(self.runs[index] for index in range(shape[1]))
        return ConductanceStatistics(absolute, signed, change.cpu().numpy(), runs, self.failure)

    def _enter(self, entrance: int, hidden: Tensor) -> Tensor:
        if entrance in self.roots:  # a later use of a layer that runs several times
            return hidden
        root = self.roots[entrance] = (self.alpha * hidden.detach()).requires_grad_()
        return root.clone()  # a block may write into its input, which a leaf of the graph does not allow

    def _hear(self, index: int, _hidden: Tensor, output: Tensor) -> None:
        self.runs[index] += 1
        self.states[index] = output.to(torch.float32, copy=True)  # it may be written into before the step is over

    def _hear_gradient(self, index: int, gradient: Tensor) -> None:
        self.gradients[index] = gradient.float()
