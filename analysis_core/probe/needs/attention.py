"""What can be asked of attention probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need


@dataclass(frozen=True)
class AttentionHeads(Need):
    """What each head of each layer's self-attention does: :class:`AttentionStatistics`.

    Args:
        shape_examples: entropy and distance are taken of the first so many examples; importance is of all.
    """

    shape_examples: int = 128
    eager_attention: ClassVar[bool] = True

    @property
    def backward(self) -> str | None:
        return "data"


@dataclass(frozen=True)
class AttentionStatistics:
    """Heads stand in the order of a layer's attentions; a layer without attention has an empty array of them.

    Args:
        importance: each example's sum over a layer's heads of abs(sum over queries and keys of A x dL/dA), in the
            loss's unit, ``[examples, layers]``; NaN where there is none.
        heads: for each layer, the mean of it over examples, ``[heads]``.
        entropy: for each layer, the mean over real queries of the attention's entropy, 0 … 1 of what is possible,
            ``[heads]``.
        distance: for each layer, the mean over real queries of the attended distance in tokens, ``[heads]``.
        why_not: for each layer, why it has no importance; None where it has one.
    """

    importance: FloatArray
    heads: tuple[FloatArray, ...]
    entropy: tuple[FloatArray, ...]
    distance: tuple[FloatArray, ...]
    why_not: tuple[str | None, ...]
