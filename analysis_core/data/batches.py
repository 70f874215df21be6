"""A batch as every room sees it, whatever a loader yields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from analysis_core.data.padded_graphs import EDGES, graphs_of, is_graph
from analysis_core.errors import DataError

Inputs = Tensor | tuple[Any, ...] | dict[str, Any]
TARGET_KEYS = ("labels", "label", "targets", "target", "y")


@dataclass(frozen=True)
class Batch:
    """Some examples, ready to be fed to a model.

    Args:
        inputs: one tensor, a tuple of positional arguments, or keyword arguments; first dimension = examples.
        targets: what the task compares with, first dimension = examples; None where there is none.
        size: how many examples.
        padding_mask: ``[examples, tokens]``, 1 for a real token and 0 for padding; None where nothing is padded.
        first: position of the first example in the data.
        stack_masks: masks of models with several stacks, by a word in the paths of a stack's layers, such as
            ``"encoder"`` and ``"decoder"``; where an example is several pieces (a query and its candidates), their
            tokens stand one piece after the other.
        pieces: into how many pieces each example is cut, side by side in the first dimension of hidden states.
    """

    inputs: Inputs
    targets: Tensor | None
    size: int
    padding_mask: Tensor | None = None
    first: int = 0
    stack_masks: Mapping[str, Tensor | None] = field(default_factory=dict)
    pieces: int = 1

    @property
    def nodes(self) -> int | None:
        """How many nodes the graphs of all examples hold, padding included; None where examples are no graphs."""
        if self.padding_mask is None or not isinstance(self.inputs, Mapping) or EDGES not in self.inputs:
            return None
        return self.padding_mask.numel()

    def mask_of(self, layer_name: str) -> Tensor | None:
        """The padding mask of the stack that a layer belongs to."""
        words = layer_name.split(".")
        return next((mask for word, mask in self.stack_masks.items() if word in words), self.padding_mask)

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def select(self, start: int, stop: int) -> Batch:
        """The examples ``start`` … ``stop - 1`` of this batch."""

        def cut(tensor: Tensor) -> Tensor:
            return tensor[start:stop] if tensor.dim() and tensor.shape[0] == self.size else tensor

        part = self._map(cut)
        return replace(part, size=stop - start, first=self.first + start)

    def _map(self, change: Any) -> Batch:
        targets = change(self.targets) if self.targets is not None else None
        mask = change(self.padding_mask) if self.padding_mask is not None else None
        masks = {word: change(own) if own is not None else None for word, own in self.stack_masks.items()}
        inputs = _map_inputs(self.inputs, change)
        return replace(self, inputs=inputs, targets=targets, padding_mask=mask, stack_masks=masks)


def _map_inputs(inputs: Any, change: Any) -> Any:
    if isinstance(inputs, Tensor):
        return change(inputs)
    if isinstance(inputs, Mapping):
        return {key: _map_inputs(value, change) for key, value in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return tuple(_map_inputs(value, change) for value in inputs)
    return inputs


def as_batches(loader: Iterable[Any], max_samples: int | None = None) -> Iterator[Batch]:
    """Read any loader: ``Batch`` objects, ``(inputs, targets)`` pairs, dictionaries with labels, PyG's graphs.

    Args:
        loader: what the user hands in, usually a ``torch.utils.data.DataLoader``.
        max_samples: stop after so many examples; the last batch is cut to fit.

    Raises:
        DataError: an item of another form, or a loader that yields nothing.
    """
    seen = 0
    for item in loader:
        batch = replace(item if isinstance(item, Batch) else _read(item), first=seen)
        if max_samples is not None and seen + batch.size > max_samples:
            batch = batch.select(0, max_samples - seen)
        if batch.size:
            seen += batch.size
            yield batch
        if max_samples is not None and seen >= max_samples:
            break
    if seen == 0:
        raise DataError("The data loader yields no examples.", remedy="Give it at least one batch.")


def _read(item: Any) -> Batch:
    if is_graph(item):
        graphs, labels, nodes = graphs_of(item)
        return Batch(graphs, labels, len(nodes), padding_mask=nodes)
    if isinstance(item, Mapping):
        inputs: Any = dict(item)
        targets = next((inputs.pop(key) for key in TARGET_KEYS if key in inputs), None)
        mask = inputs.get("attention_mask")
        return Batch(inputs, _tensor(targets), _size_of(inputs), padding_mask=mask)
    if isinstance(item, (tuple, list)) and len(item) == 2:
        inputs = dict(item[0]) if isinstance(item[0], Mapping) else item[0]
        mask = inputs.get("attention_mask") if isinstance(inputs, dict) else None
        return Batch(inputs, _tensor(item[1]), _size_of(inputs), padding_mask=mask)
    if isinstance(item, Tensor):
        return Batch(item, None, item.shape[0])
    raise DataError(
        f"A loader's item of type '{type(item).__name__}' is not understood.",
        remedy="Yield (inputs, targets) pairs or dictionaries with a 'labels' entry.",
    )


def _tensor(targets: Any) -> Tensor | None:
    return targets if targets is None or isinstance(targets, Tensor) else torch.as_tensor(targets)


def _size_of(inputs: Any) -> int:
    sizes: list[int] = []

    def note(tensor: Tensor) -> Tensor:
        if tensor.dim():
            sizes.append(tensor.shape[0])
        return tensor

    _map_inputs(inputs, note)
    if not sizes:
        raise DataError("A batch holds no tensor.", remedy="Yield tensors whose first dimension counts examples.")
    return sizes[0]
