"""Reducers that listen to the backward pass."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.gradient_norms import GramCache, per_example_gradients, squared_norms, sum_of_squares
from analysis_core.probe.needs import FloatArray, MeanGradients, MeanGradientStatistics, PerExampleGradientNorms
from analysis_core.probe.reducing import Reducer


class GradientNormReducer(Reducer):
    """Squared gradient norms of every example, added up over the modules of each layer."""

    hears_gradients = True

    def __init__(self, need: PerExampleGradientNorms, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.rows: list[FloatArray] = []
        self.mixed: set[int] = set()

    def start(self, batch: Batch) -> None:
        super().start(batch)
        self.grams: GramCache = {}
        self.sums: dict[int, Tensor] = {}
        self.parts: dict[tuple[int, nn.Module], list[Tensor]] = {}
        self.heard: Counter[nn.Module] = Counter()

    def gradient(
        self, index: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, uses: int
    ) -> None:
        if index in self.mixed:
            return
        if self.batch.nodes is not None and gradient.shape[0] not in (self.batch.size, self.batch.nodes):
            self.mixed.add(index)  # it is given a row for each edge, and which example an edge belongs to is not known
            return
        try:
            self._take(index, module, args, kwargs, gradient, uses)
        except ModelError:  # experts are given the tokens of all examples in a row: the layer's part is not known
            self.mixed.add(index)

    def _take(
        self, index: int, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, uses: int
    ) -> None:
        if uses == 1:
            self._add(index, squared_norms(module, args, kwargs, gradient, self.batch.size, self.grams))
            return
        # A module that is used twice has one gradient, the sum over its uses: square only after adding.
        fresh = per_example_gradients(module, args, kwargs, gradient, self.batch.size)
        before = self.parts.get((index, module))
        self.parts[index, module] = [a + b for a, b in zip(before, fresh, strict=True)] if before else fresh
        self.heard[module] += 1
        if self.heard[module] == uses:
            self._add(index, sum_of_squares(self.parts.pop((index, module))))

    def detached(self, index: int) -> None:
        self.mixed.add(index)

    def _add(self, index: int, norms: Tensor) -> None:
        self.sums[index] = self.sums[index] + norms if index in self.sums else norms

    def finish(self) -> None:
        for (index, _), total in self.parts.items():  # some uses never reached the loss
            self._add(index, sum_of_squares(total))
        zero = torch.zeros(self.batch.size)
        columns = [self.sums.get(index, zero).cpu().double() for index in range(len(self.model.layers))]
        self.rows.append(torch.stack(columns, dim=1).numpy())

    def result(self) -> FloatArray:
        rows = np.concatenate(self.rows)
        rows[:, sorted(self.mixed)] = np.nan
        return rows


class MeanGradientReducer(Reducer):
    """Lets autograd add up the gradients in ``weight.grad`` and reads them off once, at the end.

    For the standard error a random sample of each layer's weights is watched: the running sum before and after
    a batch gives that batch's gradient at the sampled weights without a second buffer. Standard errors come from
    a jackknife over at most 64 groups of batches.
    """

    groups = 64

    def __init__(self, need: MeanGradients, model: UniversalModel) -> None:
        super().__init__(need, model)
        generator = torch.Generator().manual_seed(need.seed)
        self.weights = [list(module.parameters()) for module in model.layer_modules]
        self.sampled = [self._sample(weights, need.sampled_weights, generator) for weights in self.weights]
        self.snapshots: list[list[Tensor]] = []
        self.counts: list[int] = []
        self.stride, self.pending, self.examples = 1, 0, 0

    @staticmethod
    def _sample(weights: list[nn.Parameter], limit: int, generator: torch.Generator) -> list[Tensor]:
        total = sum(weight.numel() for weight in weights)
        share = min(1.0, limit / total) if total else 0.0
        return [
            torch.randint(w.numel(), (max(1, round(w.numel() * share)),), generator=generator).to(w.device)
            if share < 1
            else torch.arange(w.numel(), device=w.device)
            for w in weights
        ]

    def finish(self) -> None:
        self.examples += self.batch.size
        self.pending += 1
        if self.pending < self.stride:
            return
        self.pending = 0
        self.snapshots.append([self._read(*pair) for pair in zip(self.weights, self.sampled, strict=True)])
        self.counts.append(self.examples)
        if len(self.counts) > self.groups:
            self.snapshots, self.counts = self.snapshots[1::2], self.counts[1::2]
            self.stride *= 2

    @staticmethod
    def _read(weights: list[nn.Parameter], positions: list[Tensor]) -> Tensor:
        parts = [
            w.grad.reshape(-1)[at].float() if w.grad is not None else torch.zeros(len(at), device=w.device)
            for w, at in zip(weights, positions, strict=True)
        ]
        return torch.cat(parts) if parts else torch.zeros(0)

    def result(self) -> MeanGradientStatistics:
        taylor, norm = [], []
        for weights in self.weights:
            products = [(w.detach() * w.grad).abs().sum(dtype=torch.float64) for w in weights if w.grad is not None]
            squares = [w.grad.square().sum(dtype=torch.float64) for w in weights if w.grad is not None]
            taylor.append(float(sum(products, torch.zeros(()).double())) / self.examples)
            norm.append(math.sqrt(float(sum(squares, torch.zeros(()).double()))) / self.examples)
        errors = [self._taylor_std_error(index) for index in range(len(self.weights))]
        return MeanGradientStatistics(np.array(taylor), np.array(norm), np.array(errors))

    def _taylor_std_error(self, index: int) -> float:
        groups = len(self.counts)
        if groups < 2 or not self.weights[index]:
            return float("nan")
        sums = torch.stack([snapshot[index] for snapshot in self.snapshots]).double()
        counts = torch.tensor(self.counts, dtype=torch.float64, device=sums.device)
        total, examples = sums[-1], counts[-1]
        group_sums = torch.diff(sums, dim=0, prepend=torch.zeros_like(sums[:1]))
        group_counts = torch.diff(counts, prepend=torch.zeros_like(counts[:1]))
        values = torch.cat(
            [
                w.detach().reshape(-1)[at].double()
                for w, at in zip(self.weights[index], self.sampled[index], strict=True)
            ]
        )
        without = ((total - group_sums) / (examples - group_counts).unsqueeze(1) * values).abs().sum(1)
        scale = sum(w.numel() for w in self.weights[index]) / len(values)
        spread = (without - without.mean()).square().sum() * (groups - 1) / groups
        return float(spread.sqrt()) * scale
