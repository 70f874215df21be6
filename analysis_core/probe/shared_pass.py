"""The union of all needs, in one forward and one backward pass per batch.

Twelve separate methods would each run the model; here they listen to the same run. Weight gradients are computed
only when a need asks for them: for per-example gradient norms alone the backward pass stops at the layers' inputs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.attention import AttentionEar, eager_attention
from analysis_core.probe.hooks import Taps, preserved
from analysis_core.probe.needs import FloatArray, Need, Statistics
from analysis_core.probe.reducers import REDUCERS
from analysis_core.probe.reducing import Reducer
from analysis_core.tasks.base import Task

BatchListener = Callable[[int], None]


def run_shared_pass(
    model: UniversalModel,
    batches: Iterable[Batch],
    task: Task,
    needs: Sequence[Need],
    *,
    seed: int = 0,
    on_batch: BatchListener | None = None,
) -> Statistics:
    """Measure every need over the data in one pass; the model is left exactly as it was.

    Args:
        model: taken apart into layers.
        batches: the examples; memory holds one batch at a time.
        task: turns outputs into losses and metrics.
        needs: what to measure, all of them served by the shared pass.
        seed: for labels drawn from the model.
        on_batch: called with the number of examples seen so far; may raise to stop.

    Raises:
        NumericalError: a loss is not finite.
        DataError: there are no examples, or they do not fit.
    """
    unique = list(dict.fromkeys(needs))
    reducers = [REDUCERS[type(need)](need, model) for need in unique]
    opened = any(need.eager_attention for need in unique)
    attention = eager_attention(model.module) if opened else nullcontext()
    with preserved(model.module), attention, Taps() as taps:
        run = _Pass(model, task, reducers, taps, np.random.default_rng(seed))
        began = time.perf_counter()
        for batch in batches:
            run.step(batch.to(model.device))
            if on_batch is not None:
                on_batch(run.examples)
        seconds = time.perf_counter() - began
        values = {}
        for need, reducer in zip(unique, reducers, strict=True):
            with reducer.timed():
                values[need] = reducer.result()
    return run.statistics(values, seconds)


class _Pass:
    """One run over the data: which hooks are set follows from what the reducers want to hear."""

    def __init__(
        self, model: UniversalModel, task: Task, reducers: list[Reducer], taps: Taps, generator: np.random.Generator
    ) -> None:
        self.model, self.task, self.reducers, self.taps, self.generator = model, task, reducers, taps, generator
        self.layer_of = _owners(model)
        self.uses: Counter[nn.Module] = Counter()
        self.labels: list[str] = sorted({r.need.backward for r in reducers if r.need.backward is not None})
        self.active_labels = ""
        self.weight_gradients = any(reducer.need.weight_gradients for reducer in reducers)
        self.losses: list[FloatArray] = []
        self.metric: list[FloatArray] = []
        self.predictions: list[Tensor] = []
        self.targets: list[Tensor] = []
        self.examples = 0
        self._choose_weights()
        self._listen()

    def _choose_weights(self) -> None:
        for weight in self.model.module.parameters():
            weight.requires_grad_(False)
        if self.weight_gradients:
            for layer in self.model.layer_modules:
                for weight in layer.parameters():
                    weight.requires_grad_(weight.is_floating_point())

    def _listen(self) -> None:
        self.layer_listeners = [reducer for reducer in self.reducers if reducer.hears_layers]
        self.gradient_listeners = [reducer for reducer in self.reducers if reducer.hears_gradients]
        self.output_gradient_listeners = [reducer for reducer in self.reducers if reducer.hears_layer_gradients]
        if self.labels:
            self.taps.anchor_inputs(self.model.blocks)
        if self.layer_listeners:
            self.taps.on_layers(self.model.sites, self._on_layer)
        if self.output_gradient_listeners:
            self.taps.on_layer_gradients(self.model.sites, self._on_layer_gradient)
        if self.gradient_listeners:
            self.taps.on_gradients(self.layer_of, self._on_call, self._on_gradient, self._on_detached)

        self.attention_listeners = [reducer for reducer in self.reducers if reducer.hears_attention]
        layers = self.model.layer_modules if self.attention_listeners else ()
        self.ear = AttentionEar(self.taps, layers, self)

    def attention(self, index: int, spot: int, probabilities: Tensor) -> None:
        """Pass attention probabilities on to whoever wants them."""
        for reducer in self.attention_listeners:
            with reducer.timed(), torch.no_grad():
                reducer.attention(index, spot, probabilities)

    def attention_gradient(self, index: int, spot: int, probabilities: Tensor, gradient: Tensor) -> None:
        """Pass their gradient on."""
        for reducer in self.attention_listeners:
            if reducer.need.backward == self.active_labels:
                with reducer.timed(), torch.no_grad():
                    reducer.attention_gradient(index, spot, probabilities, gradient)

    def _on_call(self, module: nn.Module) -> None:
        self.uses[module] += 1

    def _on_detached(self, module: nn.Module) -> None:
        for reducer in self.gradient_listeners:
            for index in self.layer_of[module]:
                reducer.detached(index)

    def _on_layer(self, index: int, hidden_in: Tensor, hidden_out: Tensor) -> None:
        for reducer in self.layer_listeners:
            with reducer.timed(), torch.no_grad():
                reducer.layer(index, hidden_in, hidden_out)

    def _on_gradient(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor) -> None:
        self.taps.paused = True
        try:
            for reducer in self.gradient_listeners:
                if reducer.need.backward == self.active_labels:
                    with reducer.timed(), torch.no_grad():
                        for index in self.layer_of[module]:
                            reducer.gradient(index, module, args, kwargs, gradient, self.uses[module])
        finally:
            self.taps.paused = False

    def _on_layer_gradient(self, index: int, gradient: Tensor) -> None:
        for reducer in self.output_gradient_listeners:
            if reducer.need.backward == self.active_labels:
                with reducer.timed(), torch.no_grad():
                    reducer.layer_gradient(index, gradient)

    def step(self, batch: Batch) -> None:
        """One batch: forward, then one backward pass for each source of labels."""
        self.uses.clear()
        self.taps.anchors.clear()
        for reducer in self.reducers:
            reducer.start(batch)
        with torch.set_grad_enabled(bool(self.labels)):
            outputs = self.model.forward(batch)
            losses = self.task.losses(outputs, batch)
            for reducer in self.reducers:
                with reducer.timed(), torch.no_grad():
                    reducer.outputs(outputs, losses, self.task)
            for position, source in enumerate(self.labels):
                self._backward(source, outputs, losses, batch, keep=position + 1 < len(self.labels))
        self.ear.forget()
        self._record(outputs, losses, batch)
        for reducer in self.reducers:
            with reducer.timed():
                reducer.finish()

    def _backward(self, source: str, outputs: Any, losses: Tensor, batch: Batch, *, keep: bool) -> None:
        self.active_labels = source
        if source == "model":
            uniform = torch.from_numpy(self.generator.random(batch.size))
            drawn = self.task.sample_targets(outputs, batch, uniform)
            losses = self.task.losses(outputs, replace(batch, targets=drawn))
        if not losses.requires_grad:  # no layer's output goes into it smoothly: every gradient is zero
            return
        if self.weight_gradients and source == "data":
            torch.autograd.backward(losses.sum(), retain_graph=keep)
        else:
            torch.autograd.grad(losses.sum(), self.taps.anchors, retain_graph=keep, allow_unused=True)

    def _record(self, outputs: Any, losses: Tensor, batch: Batch) -> None:
        predictions = self.task.predictions(outputs, batch).detach()
        targets = batch.targets if batch.targets is not None else torch.zeros(batch.size)
        self.losses.append(losses.detach().double().cpu().numpy())
        self.metric.append(self.task.metric_per_example(predictions, targets))
        self.predictions.append(predictions.cpu())
        self.targets.append(self.task.kept_targets(targets).cpu())
        self.examples += batch.size

    def statistics(self, values: dict[Need, Any], seconds: float) -> Statistics:
        own = {reducer.need: reducer.seconds for reducer in self.reducers}
        return Statistics(
            found=values,
            seconds=own,
            passes_of={need: need.passes(len(self.model.layers), self.examples) for need in own},
            base_seconds=max(0.0, seconds - sum(own.values())),
            losses=np.concatenate(self.losses),
            metric=np.concatenate(self.metric),
            metrics=self.task.metrics(torch.cat(self.predictions), self.task.joined_targets(self.targets)),
            examples=self.examples,
            passes=1.0 + 2.0 * len(self.labels),
        )


def _owners(model: UniversalModel) -> dict[nn.Module, list[int]]:
    """Every module that owns weights inside the layers, with the layers that it belongs to."""
    owners: dict[nn.Module, list[int]] = {}
    for index, layer in enumerate(model.layer_modules):
        for module in layer.modules():
            if any(True for _ in module.parameters(recurse=False)):
                owners.setdefault(module, []).append(index)
    return owners
