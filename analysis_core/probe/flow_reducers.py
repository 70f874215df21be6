"""Reducers for the signal between layers: gradients at their outputs, and how their units vary."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hidden import as_tokens, token_weights
from analysis_core.probe.needs import (
    Activity,
    FloatArray,
    OutputGradients,
    OutputGradientStatistics,
    UnitActivity,
    UnitActivityStatistics,
)
from analysis_core.probe.reducing import Reducer


class OutputGradientReducer(Reducer):
    """Squared gradients at layers' outputs, added up over tokens and units; uses of one layer add up too."""

    hears_layer_gradients = True

    def __init__(self, need: OutputGradients, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.squares: list[FloatArray] = []
        self.places: list[FloatArray] = []

    def start(self, batch: Batch) -> None:
        super().start(batch)
        self.current: dict[int, tuple[Tensor, Tensor]] = {}

    def layer_gradient(self, index: int, gradient: Tensor) -> None:
        tokens = as_tokens(gradient, self.batch.size, self.model.layers[index].kind, self.batch.pieces)
        weights = token_weights(tokens, self.batch.mask_of(self.model.layers[index].name))
        # In float64, because the square of a vanished gradient is no float32 number.
        lengths = torch.linalg.vector_norm(tokens, dim=-1, dtype=torch.float64)
        squares, places = (lengths.square() * weights).sum(1), weights.sum(1) * tokens.shape[-1]
        before = self.current.get(index)
        self.current[index] = (squares, places) if before is None else (before[0] + squares, before[1] + places)

    def finish(self) -> None:
        missing = torch.full((self.batch.size,), math.nan)
        for rows, part in ((self.squares, 0), (self.places, 1)):
            columns = [self.current.get(index, (missing, missing))[part] for index in range(len(self.model.layers))]
            rows.append(torch.stack([column.double().cpu() for column in columns], dim=1).numpy())

    def result(self) -> OutputGradientStatistics:
        return OutputGradientStatistics(squares=np.concatenate(self.squares), places=np.concatenate(self.places))


@dataclass
class _Sums:
    """What is added up for one layer; hidden states are counted from ``shift``, so that the sums keep their digits."""

    width: int
    units: Tensor | None
    shift: Tensor
    first: Tensor
    second: Tensor
    tokens: list[FloatArray] = field(default_factory=list)
    kept: list[FloatArray] = field(default_factory=list)
    kept_examples: list[FloatArray] = field(default_factory=list)
    kept_counts: list[FloatArray] = field(default_factory=list)


class UnitActivityReducer(Reducer):
    """First and second moments of a layer's units over all real tokens, in one matrix product a batch."""

    hears_layers = True

    def __init__(self, need: UnitActivity, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.units, self.limit = need.units, need.examples
        self.tokens_kept, self.seed = need.tokens, need.seed
        self.sums: dict[int, _Sums] = {}

    def start(self, batch: Batch) -> None:
        super().start(batch)
        self.counts: defaultdict[int, FloatArray] = defaultdict(lambda: np.zeros(batch.size))
        self.choices: dict[bytes, NDArray[np.int64]] = {}

    def layer(self, index: int, hidden_in: Tensor, hidden_out: Tensor) -> None:
        tokens = as_tokens(hidden_out, self.batch.size, self.model.layers[index].kind, self.batch.pieces)
        real = token_weights(tokens, self.batch.mask_of(self.model.layers[index].name)) > 0
        flat = tokens.flatten(0, 1)
        if not real.all():
            flat = flat[real.flatten()]
        counts = real.sum(1).cpu().numpy()
        self.counts[index] += counts
        if not len(flat):
            return
        sums = self.sums.get(index) or self._begin(index, flat)
        chosen = (flat if sums.units is None else flat[:, sums.units]).float()
        centred = chosen - sums.shift
        sums.first += centred.sum(0)
        sums.second += centred.T @ centred
        if self.batch.first < self.limit:
            rows, positions = self._some(counts)
            sums.kept.append(chosen[torch.from_numpy(positions).to(chosen.device)].cpu().numpy())
            sums.kept_examples.append(rows + float(self.batch.first))
            sums.kept_counts.append(counts[rows].astype(np.float64))

    def _begin(self, index: int, flat: Tensor) -> _Sums:
        width, device, units = flat.shape[1], flat.device, None
        if width > self.units:
            generator = np.random.default_rng((self.seed, width))
            units = torch.from_numpy(np.sort(generator.choice(width, self.units, replace=False))).to(device)
        shift = (flat if units is None else flat[:, units]).float().mean(0)
        first = torch.zeros(len(shift), dtype=torch.float64, device=device)
        second = torch.zeros(len(shift), len(shift), dtype=torch.float64, device=device)
        self.sums[index] = _Sums(width, units, shift, first, second)
        return self.sums[index]

    def _some(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which tokens are kept, ``[2, kept]``: row in the batch, place among all of the batch's real tokens."""
        key = counts.tobytes()
        if key not in self.choices:
            starts, found = np.cumsum(counts) - counts, []
            for row, count in enumerate(counts[: self.limit - self.batch.first]):
                generator = np.random.default_rng((self.seed, self.batch.first + row))
                chosen = generator.choice(count, min(count, self.tokens_kept), replace=False)
                found.append(np.stack([np.full_like(chosen, row), starts[row] + chosen]))
            self.choices[key] = np.concatenate(found, axis=1)
        return self.choices[key]

    def finish(self) -> None:
        for index, counts in self.counts.items():
            if index in self.sums:
                self.sums[index].tokens.append(counts)

    def result(self) -> UnitActivityStatistics:
        return UnitActivityStatistics(tuple(self._activity(index) for index in range(len(self.model.layers))))

    def _activity(self, index: int) -> Activity | None:
        sums = self.sums.get(index)
        if sums is None:
            return None
        tokens = np.concatenate(sums.tokens)
        mean = sums.first / tokens.sum()
        covariance = sums.second / tokens.sum() - torch.outer(mean, mean)
        return Activity(
            width=sums.width,
            covariance=covariance.cpu().numpy(),
            mean=(mean + sums.shift).cpu().numpy(),
            tokens=tokens,
            kept=np.concatenate(sums.kept).astype(np.float64) if sums.kept else np.empty((0, len(mean))),
            kept_examples=np.concatenate(sums.kept_examples) if sums.kept else np.empty(0),
            kept_counts=np.concatenate(sums.kept_counts) if sums.kept else np.empty(0),
        )
