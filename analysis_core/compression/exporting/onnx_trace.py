"""A model as ONNX sees it: tensors in, tensors out, and which of their axes may vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.compression.exporting.reload_child import flatten_outputs
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel, called
from analysis_core.vocabulary import ModalityType

Axes = Mapping[int, str]


@dataclass(frozen=True)
class TracedInputs:
    """What a module is called with, its tensors apart from the rest.

    Args:
        tensors: by name, in the order of the ONNX model's inputs.
        constants: what is no tensor, such as switches.
        positional: whether the tensors are handed over by place.
    """

    tensors: Mapping[str, Tensor]
    constants: Mapping[str, Any]
    positional: bool

    @classmethod
    def of(cls, model: UniversalModel, batch: Batch) -> TracedInputs:
        """What a batch comes to."""
        arguments = model.arguments(batch.to(model.device))
        if isinstance(arguments, Mapping):
            tensors = {name: item for name, item in arguments.items() if isinstance(item, Tensor)}
            return cls(tensors, {name: item for name, item in arguments.items() if name not in tensors}, False)
        items = arguments if isinstance(arguments, tuple) else (arguments,)
        return cls({f"input_{place}": item for place, item in enumerate(items)}, {}, True)

    def axes(self, modality: ModalityType, *, tokens: bool) -> dict[str, Axes]:
        """The axes of each input that may vary, and their names: examples, and tokens where asked for."""
        first, second = ("nodes", "edges") if modality is ModalityType.GRAPH else ("batch", "tokens")
        leading = next(iter(self.tensors.values())).shape[0]
        listed = {tensor.shape[1] for tensor in self.tensors.values() if _is_listing(tensor)}
        found: dict[str, Axes] = {}
        for name, tensor in self.tensors.items():
            follows = tokens and tensor.dim() >= 2 and (_is_listing(tensor) or tensor.shape[1] in listed)
            is_led = tensor.dim() >= 1 and tensor.shape[0] == leading > 1
            prefix = "decoder_" if name.startswith("decoder_") else ""
            is_long = follows and tensor.shape[1] > 2 and not (is_led and second == "edges")
            found[name] = {**({0: first} if is_led else {}), **({1: prefix + second} if is_long else {})}
        return found


def _is_listing(tensor: Tensor) -> bool:
    """Whether a tensor lists tokens, or says which are real: whole numbers, ``[examples, tokens]``."""
    return tensor.dim() == 2 and not tensor.is_floating_point()


class TracedModule(nn.Module):
    """A model as ONNX sees it: tensors in, tensors out."""

    def __init__(self, module: nn.Module, inputs: TracedInputs) -> None:
        super().__init__()
        self.module, self.constants, self.positional = module, dict(inputs.constants), inputs.positional
        self.names, self.outputs = tuple(inputs.tensors), tuple[str, ...]()

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """All tensors that the model returns, in the order of ``outputs``."""
        arguments = tensors if self.positional else {**dict(zip(self.names, tensors, strict=True)), **self.constants}
        found = flatten_outputs(called(self.module, arguments))
        self.outputs = tuple(name or "output" for name in found)
        return tuple(found.values())


def ways(inputs: TracedInputs, modality: ModalityType) -> Iterator[dict[str, Axes]]:
    """Which axes vary: examples and tokens, examples alone, none; each way once."""
    fixed: dict[str, Axes] = {name: {} for name in inputs.tensors}
    found = [inputs.axes(modality, tokens=True), inputs.axes(modality, tokens=False), fixed]
    yield from (way for place, way in enumerate(found) if way not in found[:place])


def trace(traced: TracedModule, inputs: TracedInputs, axes: Mapping[str, Axes]) -> Any:
    """The model as torch's exporter says it in ONNX; an axis that cannot vary is fixed."""
    traced(*inputs.tensors.values())  # names the outputs
    shapes = tuple(dict.fromkeys(axes[name], torch.export.Dim.AUTO) or None for name in inputs.tensors)
    program = torch.onnx.export(
        traced,
        tuple(inputs.tensors.values()),
        input_names=list(inputs.tensors),
        output_names=list(traced.outputs),
        dynamic_shapes=(shapes,),
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("it returned no model.")
    program.rename_axes(_axis_names(program, axes))
    return program


def _axis_names(program: Any, axes: Mapping[str, Axes]) -> dict[Any, str]:
    """Our names of the axes that the exporter found to vary."""
    found = [
        (value.shape[place], name) for value in program.model.graph.inputs for place, name in axes[value.name].items()
    ]
    # The first name of an axis counts: two inputs may be bound to one length.
    return {axis.value: name for axis, name in reversed(found) if not isinstance(axis, int)}


def other_size(model: UniversalModel, batch: Batch, shapes: Mapping[str, Sequence[str]]) -> TracedInputs:
    """One example and one token less, along the axes that vary.

    Args:
        model, batch: what was traced.
        shapes: the names of each input's axes in the ONNX model; empty for an axis that is fixed.
    """
    whole, less = TracedInputs.of(model, batch), TracedInputs.of(model, batch.select(0, max(1, batch.size - 1)))
    fits = all(_fits(less.tensors[name], whole.tensors[name], names) for name, names in shapes.items())
    base = less if fits else whole
    cut = {name: base.tensors[name][:, :-1] for name, names in shapes.items() if len(names) > 1 and names[1]}
    return TracedInputs({**base.tensors, **cut}, whole.constants, whole.positional)


def _fits(tensor: Tensor, example: Tensor, names: Sequence[str]) -> bool:
    """Whether a tensor differs from an example only along axes that vary."""
    return all(name or tensor.shape[place] == example.shape[place] for place, name in enumerate(names))
