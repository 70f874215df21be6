"""The models of rtdl_revisiting_models with blocks that can be run, skipped and listened to one by one.

In that library a block is only a table of parts: the network's own forward runs them, and adds their result to the
stream. Here the same parts, with the same weights under the same names, stand in a block that does both itself.
The networks compute what they did; what is saved of them fills the library's own classes, and the other way round.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import rtdl_revisiting_models as rtdl  # type: ignore[import-untyped]  # ships no types
from torch import Tensor, nn


def with_runnable_blocks(module: nn.Module) -> nn.Module:
    """The network, its ``ResNet`` and ``FTTransformer`` parts run block by block; weights are shared.

    Args:
        module: stays as it is; any other network is handed back.
    """
    make = _RUNNABLE.get(type(module))
    if make is not None:
        return make(module)
    children = {name: with_runnable_blocks(child) for name, child in module.named_children()}
    changed = {name: child for name, child in children.items() if child is not getattr(module, name)}
    return _twin(module, changed) if changed else module


class ResidualBlock(nn.Sequential):
    """Norm, two linear layers, and their sum with the input."""

    def forward(self, input: Tensor) -> Tensor:
        """``[examples, width]`` to the same."""
        added: Tensor = super().forward(input)  # type: ignore[no-untyped-call]  # torch ships it untyped
        return input + added


class ResNet(rtdl.ResNet):  # type: ignore[misc]  # ships no types
    """Section 3.2 of Y. Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021."""

    def forward(self, x: Tensor) -> Tensor:
        """Outputs ``[examples, outputs]`` of numbers ``[examples, numbers]``."""
        x = self.input_projection(x)
        for block in self.blocks:
            x = block(x)
        return x if self.output is None else self.output(x)


class TransformerBlock(nn.Module):
    """Attention and feed-forward part, each after a norm and added to its input; the first block lacks a norm."""

    def __init__(self, parts: nn.ModuleDict) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor, *, only_first: bool) -> Tensor:
        """``[examples, tokens, width]`` to the same.

        Args:
            x: hidden states.
            only_first: whether only what the first token attends to counts, as in a network's last block.
        """
        parts: Any = self
        normed = parts.attention_normalization(x) if hasattr(self, "attention_normalization") else x
        attended = parts.attention(normed[:, :1] if only_first else normed, normed)
        x = x + parts.attention_residual_dropout(attended)
        x = x + parts.ffn_residual_dropout(parts.ffn(parts.ffn_normalization(x)))
        given: Tensor = parts.output(x)
        return given


class FTTransformerBackbone(rtdl.FTTransformerBackbone):  # type: ignore[misc]  # ships no types
    """Section 3.3 of the same paper, without the embeddings."""

    def forward(self, x: Tensor) -> Tensor:
        """Outputs ``[examples, outputs]`` of embedded numbers ``[examples, tokens, width]``."""
        for block in self.blocks:
            x = block(x, only_first=block is self.blocks[-1])
        x = x[:, 0]
        return x if self.output is None else self.output(x)


def _resnet(module: Any) -> nn.Module:
    blocks = nn.ModuleList(ResidualBlock(OrderedDict(block._modules)) for block in module.blocks)
    return _twin(module, {"blocks": blocks}, ResNet)


def _backbone(module: Any) -> nn.Module:
    blocks = nn.ModuleList(TransformerBlock(block) for block in module.blocks)
    return _twin(module, {"blocks": blocks}, FTTransformerBackbone)


_RUNNABLE: dict[type[nn.Module], Callable[[Any], nn.Module]] = {
    rtdl.ResNet: _resnet,
    rtdl.FTTransformerBackbone: _backbone,
}


def _twin(module: nn.Module, changed: dict[str, nn.Module], kind: type[nn.Module] | None = None) -> nn.Module:
    """A second network of the same weights with some children exchanged, and perhaps of another class."""
    twin = copy.copy(module)
    vars(twin)["_modules"] = {**module._modules, **changed}
    if kind is not None:
        twin.__class__ = kind  # a subclass that changes nothing but the forward
    return twin
