"""Each head's importance, entropy and reach, taken from one map at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.attention import self_attentions
from analysis_core.probe.needs import AttentionHeads, AttentionStatistics, FloatArray
from analysis_core.probe.reducing import Reducer

NO_ATTENTION = "It has no self-attention."
HIDDEN = "Its attention never shows its probabilities."
NO_GRADIENT = "The loss does not react to the attention probabilities that it shows."
NOT_FINITE = "Its attention or the gradient of it is not finite; try float32."

Spot = tuple[int, int]
"""A layer, and which of its attentions."""


class AttentionReducer(Reducer):
    """Adds up what each head does, over real queries; no map outlives the hook that brought it.

    A head that runs several times in one pass has one gate for all of its uses, so they add up before the absolute
    value is taken; so do an example's windows, where attention is cut into them.
    """

    hears_attention = True

    def __init__(self, need: AttentionHeads, model: UniversalModel) -> None:
        super().__init__(need, model)
        self.shape_examples = need.shape_examples
        self.rows: list[FloatArray] = []
        self.importance: dict[Spot, Tensor] = {}
        self.shape_sums: defaultdict[Spot, dict[str, Tensor]] = defaultdict(dict)
        self.examples = 0

    def start(self, batch: Batch) -> None:
        super().start(batch)
        self.gates: dict[Spot, Tensor] = {}

    def attention(self, index: int, spot: int, probabilities: Tensor) -> None:
        maps = self._by_example(probabilities)
        if maps is None:
            return
        sums, few = self.shape_sums[index, spot], max(0, self.shape_examples - self.batch.first)
        if not few:
            return
        queries, maps = self._real_tokens(index, maps)[:few], maps[:few]
        causal, distance = reach(maps, queries)
        entropy = relative_entropy(maps, queries, causal)
        for name, value in (
            ("distance", distance.double()),
            ("queries", queries.sum(dtype=torch.float64)),
            ("entropy", entropy[0].double()),
            ("free_queries", entropy[1].double()),
        ):
            sums[name] = sums[name] + value if name in sums else value

    def attention_gradient(self, index: int, spot: int, probabilities: Tensor, gradient: Tensor) -> None:
        maps, slopes = self._by_example(probabilities), self._by_example(gradient)
        if maps is None or slopes is None:
            return
        per_query = torch.linalg.vecdot(maps.float(), slopes.float())
        gate = torch.einsum("ewhq,ewq->eh", per_query, self._real_tokens(index, maps))
        known = self.gates.get((index, spot))
        self.gates[index, spot] = gate if known is None else known + gate

    def _by_example(self, maps: Tensor) -> Tensor | None:
        """``[examples, windows, heads, tokens, tokens]``; None where keys are not the queries' own tokens.

        Libraries that cut sequences into windows keep an example's windows together in the first dimension; so do
        readers whose examples are several pieces, such as a query and its candidates.
        """
        windows, rest = divmod(maps.shape[0], self.batch.size)
        if rest or maps.shape[-1] != maps.shape[-2]:
            return None
        return maps.reshape(self.batch.size, windows, *maps.shape[1:])

    def _real_tokens(self, index: int, maps: Tensor) -> Tensor:
        """1 for each real token and 0 for padding, ``[examples, windows, tokens]`` float32.

        A mask of another length than the windows' tokens together does not speak of them and is left aside.
        """
        shape = (*maps.shape[:2], maps.shape[-1])
        mask = self.batch.mask_of(self.model.layers[index].name)
        if mask is not None and tuple(mask.shape) == (shape[0], shape[1] * shape[2]):
            return mask.to(device=maps.device, dtype=torch.float32).reshape(shape)
        return torch.ones(shape, device=maps.device)

    def finish(self) -> None:
        row = np.zeros((self.batch.size, len(self.model.layers)))
        for (index, spot), gate in self.gates.items():
            heads = gate.abs().double().cpu()
            known = self.importance.get((index, spot))
            self.importance[index, spot] = heads.sum(0) if known is None else known + heads.sum(0)
            row[:, index] += heads.sum(1).numpy()
        self.rows.append(row)
        self.examples += self.batch.size

    def result(self) -> AttentionStatistics:
        layers = range(len(self.model.layers))
        importance, scored = np.concatenate(self.rows), {index for index, _ in self.importance}
        importance[:, [index for index in layers if index not in scored]] = math.nan
        return AttentionStatistics(
            importance=importance,
            heads=tuple(self._heads(index) for index in layers),
            entropy=tuple(self._shape(index, "entropy", "free_queries") for index in layers),
            distance=tuple(self._shape(index, "distance", "queries") for index in layers),
            why_not=tuple(self._why_not(index, importance[:, index]) for index in layers),
        )

    def _heads(self, index: int) -> FloatArray:
        parts = [self.importance[spot].numpy() / self.examples for spot in sorted(self.importance) if spot[0] == index]
        return np.concatenate(parts) if parts else np.empty(0)

    def _shape(self, index: int, name: str, count: str) -> FloatArray:
        found = [sums for spot, sums in sorted(self.shape_sums.items()) if spot[0] == index and name in sums]
        parts = [(sums[name] / sums[count]).cpu().numpy() for sums in found]
        return np.concatenate(parts) if parts else np.empty(0)

    def _why_not(self, index: int, rows: FloatArray) -> str | None:
        if not self_attentions(self.model.layer_modules[index]):
            return NO_ATTENTION
        if not any(spot[0] == index for spot in self.shape_sums):
            return HIDDEN
        if not any(spot[0] == index for spot in self.importance):
            return NO_GRADIENT
        return None if np.isfinite(rows).all() else NOT_FINITE


@lru_cache(maxsize=4)
def _geometry(tokens: int, device: torch.device) -> Tensor:
    """For each pair of a query and a key their distance, and whether the key comes later: ``[2, queries, keys]``."""
    places = torch.arange(tokens, device=device, dtype=torch.float32)
    apart = places - places[:, None]
    return torch.stack([apart.abs(), (apart > 0).float()])


def reach(maps: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
    """How far heads look, and which examples may look ahead.

    Args:
        maps: ``[examples, windows, heads, queries, keys]``.
        queries: 1 for real ones, ``[examples, windows, queries]``.

    Returns:
        Whether nothing in an example looks at a later token, ``[examples]`` bool; each head's summed distance over
        real queries, in tokens, ``[heads]``.
    """
    examples, windows, heads, tokens, _ = maps.shape
    weights = (_geometry(tokens, maps.device) * queries[:, :, None, :, None]).reshape(-1, 2, tokens * tokens)
    sums = torch.bmm(maps.reshape(-1, heads, tokens * tokens).float(), weights.transpose(1, 2))
    distance, later = sums.reshape(examples, windows, heads, 2).unbind(-1)
    return (later == 0).flatten(1).all(1), distance.sum((0, 1))


def relative_entropy(maps: Tensor, queries: Tensor, causal: Tensor) -> tuple[Tensor, Tensor]:
    """Entropy of each real query's attention over the largest that it could have.

    Args:
        maps: ``[examples, windows, heads, queries, keys]``.
        queries: 1 for real ones, ``[examples, windows, queries]``; keys are the same tokens.
        causal: whether queries see no later tokens, ``[examples]``.

    Returns:
        Each head's sum over real queries that see at least two keys, ``[heads]``; how many of those there are.
    """
    so_far, whole = queries.cumsum(-1), queries.sum(-1, keepdim=True).expand_as(queries)
    keys = torch.where(causal[:, None, None], so_far, whole)
    counted = queries * (keys > 1)
    shares = maps.float()
    # Three times as fast as torch.special.entr; 0 log 0 is 0, as it should be.
    negative = torch.linalg.vecdot(shares, shares.clamp(min=torch.finfo(torch.float32).tiny).log_())
    scale = counted / keys.clamp(min=2).log()
    return -torch.einsum("ewhq,ewq->h", negative, scale), counted.sum()
