"""Recurrent layers that stand inside one module, made modules of their own.

``nn.LSTM(…, num_layers=4)`` holds four layers that no hook can reach, so that it counts as one.
:func:`split_recurrent` puts a chain of four single-layer modules with the same numbers in its place, which computes the
same and can be ranked and cut layer by layer. The chain is slower: one fused call becomes several.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from analysis_core.errors import ModelError


def hidden_layers(module: nn.Module) -> str | None:
    """A sentence on the recurrent layers that stand inside one module; None where there are not several."""
    if not isinstance(module, nn.RNNBase) or module.num_layers == 1:
        return None
    way = "analysis_core.models.recurrent.split_recurrent()"
    return f"It is {module.num_layers} recurrent layers in one module; {way} makes each one of its own."


def split_recurrent(module: nn.Module) -> nn.Module:
    """A copy of a network in which each layer of each LSTM, GRU and RNN is a module of its own, with equal outputs.

    Args:
        module: any network; it stays as it is. Where nothing in it has several recurrent layers, the copy is equal.

    Returns:
        The copy, in the same mode. In training, dropout between recurrent layers draws other masks.
    """
    if isinstance(module, nn.RNNBase):
        return RecurrentChain.of(module) if module.num_layers > 1 else copy.deepcopy(module)
    chains: dict[int, Any] = {
        id(part): RecurrentChain.of(part)
        for part in module.modules()
        if isinstance(part, nn.RNNBase) and part.num_layers > 1
    }
    return copy.deepcopy(module, chains)


class RecurrentChain(nn.Module):
    """Recurrent layers one after the other, called and answering like the module that they were cut from.

    Args:
        layers: single-layer LSTMs, GRUs or RNNs of one kind.
        dropout: what is zeroed between them in training.
    """

    def __init__(self, layers: list[nn.RNNBase], dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)
        self.batch_first = layers[0].batch_first
        self.bidirectional = layers[0].bidirectional
        self.hidden_size = layers[0].hidden_size
        self.input_size = layers[0].input_size

    @property
    def num_layers(self) -> int:
        """How many there are; fewer once some were taken out."""
        return len(self.layers)

    @classmethod
    def of(cls, stacked: nn.RNNBase) -> RecurrentChain:
        """The layers of a module with ``num_layers > 1``, with copies of its numbers."""
        chain = cls([_layer_of(stacked, position) for position in range(stacked.num_layers)], stacked.dropout)
        return chain.train(stacked.training)

    def flatten_parameters(self) -> None:
        """Lay each layer's weights side by side in memory, as the fused kernels like them."""
        for layer in self.layers:
            layer.flatten_parameters()  # type: ignore[operator]  # all are RNNBase

    def forward(self, input: Tensor | PackedSequence, hx: Any = None) -> tuple[Any, Any]:
        """As ``nn.LSTM`` or ``nn.GRU``: the last layer's outputs, and the last state of every layer.

        Args:
            input: ``[time, batch, features]``, with ``batch_first`` ``[batch, time, features]``, without a batch
                ``[time, features]``, or packed.
            hx: first states of all layers, ``[layers * directions, batch, features]``; a pair of them for an LSTM.

        Raises:
            ModelError: the first states are those of another number of layers.
        """
        outputs, last = input, []
        for position, layer in enumerate(self.layers):
            if position:
                outputs = self._dropped(outputs)
            outputs, state = layer(outputs, self._state_of(hx, position))
            last.append(state)
        if isinstance(last[0], tuple):
            return outputs, tuple(torch.cat(parts) for parts in zip(*last, strict=True))
        return outputs, torch.cat(last)

    def _state_of(self, hx: Any, position: int) -> Any:
        if hx is None:
            return None
        if isinstance(hx, tuple):
            return tuple(self._state_of(part, position) for part in hx)
        directions = 2 if self.bidirectional else 1
        if hx.shape[0] != directions * len(self.layers):
            raise ModelError(
                f"First states of {hx.shape[0] // directions} layers do not fit {len(self.layers)}.",
                where="RecurrentChain",
                remedy="Leave them out, or give those of the layers that are left.",
            )
        return hx[position * directions : (position + 1) * directions]

    def _dropped(self, outputs: Tensor | PackedSequence) -> Tensor | PackedSequence:
        if isinstance(outputs, PackedSequence):
            return outputs._replace(data=self.dropout(outputs.data))
        dropped: Tensor = self.dropout(outputs)
        return dropped


def _layer_of(stacked: nn.RNNBase, position: int) -> nn.RNNBase:
    """One layer of a stacked module, as a module of its own."""
    directions = 2 if stacked.bidirectional else 1
    settings: dict[str, Any] = {"nonlinearity": stacked.nonlinearity} if isinstance(stacked, nn.RNN) else {}
    if stacked.proj_size:
        settings["proj_size"] = stacked.proj_size
    weight = stacked.weight_ih_l0
    make: Any = type(stacked)  # LSTM, GRU or RNN, which do not take what their base class takes
    layer: nn.RNNBase = make(
        (stacked.proj_size or stacked.hidden_size) * directions if position else stacked.input_size,
        stacked.hidden_size,
        bias=stacked.bias,
        batch_first=stacked.batch_first,
        bidirectional=stacked.bidirectional,
        device=weight.device,
        dtype=weight.dtype,
        **settings,
    )
    with torch.no_grad():
        for name, own in layer.named_parameters():
            source = stacked.get_parameter(name.replace("_l0", f"_l{position}"))
            own.copy_(source).requires_grad_(source.requires_grad)
    return layer
