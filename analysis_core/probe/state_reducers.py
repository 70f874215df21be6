"""Reducers that listen to hidden states in the forward pass."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hidden import as_tokens, pooled, token_weights
from analysis_core.probe.needs import FloatArray, PooledStates, PooledStatistics, StreamTurn, StreamTurnStatistics
from analysis_core.probe.reducing import Reducer


class StreamTurnReducer(Reducer):
    """Cosines between each token's hidden state before and after a layer."""

    hears_layers = True

    def __init__(self, need: StreamTurn, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.rows: defaultdict[str, list[FloatArray]] = defaultdict(list)

    def start(self, batch: Batch) -> None:
        super().start(batch)
        shape = (batch.size, len(self.model.layers))
        self.current = {name: torch.full(shape, math.nan) for name in ("one_minus_cosine", "angle", "tokens")}

    def layer(self, index: int, hidden_in: Tensor, hidden_out: Tensor) -> None:
        if hidden_in.shape != hidden_out.shape:
            return
        kind = self.model.layers[index].kind
        before = as_tokens(hidden_in, self.batch.size, kind, self.batch.pieces).float()
        after = as_tokens(hidden_out, self.batch.size, kind, self.batch.pieces).float()
        weights = token_weights(before, self.batch.mask_of(self.model.layers[index].name))
        cosine = torch.nn.functional.cosine_similarity(before, after, dim=-1).clamp(-1, 1)
        for name, sums in (
            ("one_minus_cosine", ((1 - cosine) * weights).sum(1)),
            ("angle", (torch.acos(cosine) / math.pi * weights).sum(1)),
            ("tokens", weights.sum(1)),
        ):
            # A layer that runs several times adds up; the first time there is only NaN to add to.
            self.current[name][:, index] = self.current[name][:, index].nan_to_num(0.0) + sums.cpu()

    def finish(self) -> None:
        for name, values in self.current.items():
            self.rows[name].append(values.double().numpy())

    def result(self) -> StreamTurnStatistics:
        return StreamTurnStatistics(**{name: np.concatenate(rows) for name, rows in self.rows.items()})


class PooledStateReducer(Reducer):
    """Hidden states averaged over each example's tokens, for the first examples only."""

    hears_layers = True

    def __init__(self, need: PooledStates, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.limit = need.limit
        self.kept: defaultdict[tuple[int, str], list[FloatArray]] = defaultdict(list)

    def start(self, batch: Batch) -> None:
        super().start(batch)
        self.current: dict[tuple[int, str], Tensor] = {}

    def layer(self, index: int, hidden_in: Tensor, hidden_out: Tensor) -> None:
        # A layer that runs several times counts from its first input to its last output.
        if self.batch.first < self.limit:
            if (index, "in") not in self.current:
                self.current[index, "in"] = self._pool(index, hidden_in)
            self.current[index, "out"] = self._pool(index, hidden_out)

    def _pool(self, index: int, hidden: Tensor) -> Tensor:
        tokens = as_tokens(hidden, self.batch.size, self.model.layers[index].kind, self.batch.pieces)
        return pooled(tokens, token_weights(tokens, self.batch.mask_of(self.model.layers[index].name)))

    def finish(self) -> None:
        for key, means in self.current.items():
            self.kept[key].append(means[: self.limit - self.batch.first].cpu().numpy())

    def result(self) -> PooledStatistics:
        def joined(side: str) -> tuple[FloatArray, ...]:
            parts = [self.kept.get((index, side)) for index in range(len(self.model.layers))]
            return tuple(np.concatenate(part).astype(np.float64) if part else np.empty((0, 0)) for part in parts)

        return PooledStatistics(inputs=joined("in"), outputs=joined("out"))
