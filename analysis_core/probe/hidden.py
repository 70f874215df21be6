"""Hidden states of any shape, brought to one: ``[examples, tokens, width]``."""

from __future__ import annotations

import torch
from torch import Tensor

from analysis_core.errors import ModelError
from analysis_core.vocabulary import LayerKind


def as_tokens(hidden: Tensor, examples: int, kind: LayerKind, pieces: int = 1) -> Tensor:
    """A layer's hidden state as ``[examples, tokens, width]``.

    Feature maps of convolutions are ``[examples, width, height, width]`` with channels first: each place is a
    token. Everything else keeps its width last. Layers that put tokens first (``[tokens, examples, width]``)
    are turned round. Where an example is several pieces that stand side by side in the first dimension (a query and
    its candidates, the nodes of a graph), the tokens of all its pieces are its tokens.

    Args:
        hidden: what a layer takes or returns.
        examples: how many examples it holds.
        kind: of the layer.
        pieces: how many pieces an example is known to be cut into.

    Raises:
        ModelError: no dimension counts the examples.
    """
    if tokens_come_first(tuple(hidden.shape), examples, pieces):
        hidden = hidden.transpose(0, 1)
    if hidden.dim() < 2 or not hidden.shape[0] or hidden.shape[0] % examples:
        raise ModelError(
            f"A layer's hidden state of shape {tuple(hidden.shape)} does not keep the {examples} examples apart.",
            remedy="Subclass UniversalModel and name layers whose first dimension counts examples.",
        )
    if kind is LayerKind.CONVOLUTION and hidden.dim() > 2:
        hidden = hidden.flatten(2).transpose(1, 2)
    return hidden.reshape(examples, -1, hidden.shape[-1])


def tokens_come_first(shape: tuple[int, ...], examples: int, pieces: int = 1) -> bool:
    """Whether a hidden state of that shape is ``[tokens, examples, width]``; pieces in the first place are none."""
    return len(shape) >= 3 and shape[0] not in (examples, examples * pieces) and shape[1] == examples


def token_weights(tokens: Tensor, padding_mask: Tensor | None) -> Tensor:
    """1 for each real token and 0 for padding, ``[examples, tokens]`` float32.

    A mask whose length differs from the layer's number of tokens does not speak of them and is left aside.

    Args:
        tokens: ``[examples, tokens, width]``.
        padding_mask: of the stack that the layer belongs to, ``[examples, tokens]``.
    """
    examples, count = tokens.shape[:2]
    if padding_mask is not None and tuple(padding_mask.shape) == (examples, count):
        return padding_mask.to(device=tokens.device, dtype=torch.float32)
    return torch.ones(examples, count, device=tokens.device)


def pooled(tokens: Tensor, weights: Tensor) -> Tensor:
    """Mean over each example's real tokens, ``[examples, width]`` float32."""
    total = torch.einsum("etw,et->ew", tokens.float(), weights)
    return total / weights.sum(1, keepdim=True).clamp(min=1)
