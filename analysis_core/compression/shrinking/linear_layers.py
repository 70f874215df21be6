"""Find the linear layers of a model that another layer can stand in for: those that run, with weights of their own.

Whether a layer is called as a module is seen in a forward pass. Some code reads a linear layer's weights and multiplies
itself, as torch's own attention does; nothing can stand in for such a layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.observation import watched
from analysis_core.probe.hooks import preserved

_LINEAR = {
    ("torch.nn.modules.linear", "Linear"): False,
    ("torch_geometric.nn.dense.linear", "Linear"): False,
    ("transformers.pytorch_utils", "Conv1D"): True,
}
"""Classes whose forward is ``x Wᵀ + b``: whether they store ``Wᵀ``."""


@dataclass(frozen=True)
class LinearLayer:
    """One linear layer.

    Args:
        path: of the module in the model.
        module: the layer.
        weight: ``[outputs, inputs]``, a view of its weights.
        bias: ``[outputs]`` or None.
    """

    path: str
    module: nn.Module
    weight: Tensor
    bias: Tensor | None


InputListener = Callable[[LinearLayer, Tensor], None]


def linear_layers(model: UniversalModel, batch: Batch) -> list[LinearLayer]:
    """The layers of :func:`called_layers`, all of them float32.

    Raises:
        SurgeryError: the weights of such a layer are no float32.
    """
    found = called_layers(model, batch)
    for layer in found:
        if layer.weight.dtype != torch.float32:
            raise SurgeryError(
                f"Its weights are {str(layer.weight.dtype).removeprefix('torch.')}, where float32 is needed.",
                where=layer.path,
                remedy="Load the model in float32; its int8 weights will be smaller than those in half precision.",
            )
    return found


def called_layers(model: UniversalModel, batch: Batch) -> list[LinearLayer]:
    """The linear layers that a forward pass calls, in the order in which the module lists them.

    Layers whose weights another module uses too, such as a head tied to the embedding, are left out.

    Args:
        model: stays as it is.
        batch: some examples, on any device; one is used.
    """
    listed = _listed(model.module)
    called: set[str] = set()
    listen(model, listed, [batch.select(0, 1)], lambda layer, _: called.add(layer.path))
    return [layer for layer in listed if layer.path in called]


def inside_blocks(model: UniversalModel, layers: Sequence[LinearLayer]) -> list[LinearLayer]:
    """Those that are a part of the model's blocks: neither embeddings before them nor heads behind them."""
    inner = {id(part) for block in model.blocks for part in block.modules()}
    return [layer for layer in layers if id(layer.module) in inner]


def listen(
    model: UniversalModel, layers: Sequence[LinearLayer], batches: Sequence[Batch], listener: InputListener
) -> None:
    """Run examples and hear what goes into linear layers.

    Args:
        model: run in evaluation mode, without gradients.
        layers: of its module.
        batches: the examples.
        listener: told a layer and the rows that went into one of its calls, ``[rows, inputs]``, padding left out.
    """
    with ExitStack() as stack, torch.no_grad():
        stack.enter_context(preserved(model.module))
        current: list[Batch] = []
        for layer in layers:
            stack.enter_context(watched(layer.module, _watcher(layer, current, listener)))
        for batch in batches:
            current[:] = [batch.to(model.device)]
            model.forward(current[0])


def _watcher(layer: LinearLayer, current: list[Batch], listener: InputListener) -> Callable[..., None]:
    def note(args: tuple[object, ...], _kwargs: object, _result: object) -> None:
        given = args[0] if args else None
        if isinstance(given, Tensor) and given.layout is torch.strided and given.is_floating_point():
            rows = given.reshape(-1, given.shape[-1])
            mask = current[0].mask_of(layer.path)
            listener(layer, rows[mask.flatten().bool()] if mask is not None and mask.numel() == len(rows) else rows)

    return note


def _listed(module: nn.Module) -> list[LinearLayer]:
    users = Counter(id(weight) for part in module.modules() for weight in _own_weights(part))
    found = []
    for path, part in module.named_modules():
        stores_transposed = _stores_transposed(part)
        weight = part._parameters.get("weight")
        if stores_transposed is not None and weight is not None and users[id(weight)] == 1:
            matrix = weight.detach().T if stores_transposed else weight.detach()
            bias = part._parameters.get("bias")
            found.append(LinearLayer(path, part, matrix, bias.detach() if bias is not None else None))
    return found


def _own_weights(part: nn.Module) -> list[Tensor]:
    return [weight for weight in part._parameters.values() if weight is not None]


def _stores_transposed(part: nn.Module) -> bool | None:
    """By the class whose ``forward`` it has; None for what is no linear layer."""
    cls = next(base for base in type(part).__mro__ if "forward" in vars(base))
    return _LINEAR.get((cls.__module__, cls.__qualname__))


def refreshed(model: UniversalModel) -> UniversalModel:
    """The same model after layers inside it were replaced: its blocks looked up and counted again."""
    model.layer_modules = tuple(model.module.get_submodule(layer.name) for layer in model.layers)
    counts = [sum(weight.numel() for weight in block.parameters()) for block in model.layer_modules]
    model.layers = tuple(replace(layer, parameters=n) for layer, n in zip(model.layers, counts, strict=True))
    if "parameters" in model.summary:
        model.summary = {**model.summary, "parameters": model.parameter_count}
    return model
