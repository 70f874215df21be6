"""A model as every room sees it: its module, its layers, and how a batch is fed to it."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from analysis_core.errors import ModelError, NoLayersError
from analysis_core.results import Layer
from analysis_core.vocabulary import ModalityType, TaskType

if TYPE_CHECKING:
    from analysis_core.data.batches import Batch


@dataclass(frozen=True)
class Site:
    """Where a layer sits: which weights are its own, and where it meets the stream of hidden states.

    Args:
        modules: hold the layer's weights; for a layer that is a run of blocks, these blocks.
        block: position of the block that it belongs to, or begins with, among the model's blocks.
        before, after: where the stream is seen on either side: a module and "input" or "output". ``after`` is None
            where the stream behind the layer never stands alone: it is then before + contribution.
        writer: the module whose output the layer adds to the stream; None for whole blocks.
    """

    modules: tuple[nn.Module, ...]
    block: int
    before: tuple[nn.Module, str]
    after: tuple[nn.Module, str] | None
    writer: nn.Module | None = None

    @classmethod
    def of_block(cls, block: nn.Module, position: int) -> Site:
        """A layer that is a block of its own."""
        return cls.of_blocks((block,), position)

    @classmethod
    def of_blocks(cls, blocks: tuple[nn.Module, ...], position: int) -> Site:
        """A layer that is a run of blocks, the first of them at ``position``."""
        return cls(blocks, position, (blocks[0], "input"), (blocks[-1], "output"))

    @property
    def is_block(self) -> bool:
        """True for a single whole block."""
        return self.writer is None and len(self.modules) == 1

    @property
    def positions(self) -> range:
        """Of the blocks that it touches."""
        return range(self.block, self.block + (len(self.modules) if self.writer is None else 1))

    def parameters(self) -> Iterator[nn.Parameter]:
        """The layer's weights, each once."""
        return iter({id(weight): weight for module in self.modules for weight in module.parameters()}.values())


class UniversalModel(ABC):
    """Any neural network, taken apart.

    A subclass for a new kind of model says which modules are its layers (``_initialize_layers``) and
    what a layer puts out for an input (``get_layer_output``); everything else has a default.

    Args:
        module: the network.
        name: how it is called in results.
        modality, task: what it reads and what it does.
        summary: further plain facts for reports (title, architecture, labels, …).

    Attributes:
        layers: what is known of each layer, in the order in which data flows through them.
        layer_modules: the module of each layer; where a layer is a part of a block, what its weights are found in.
    """

    modality: ModalityType = ModalityType.TEXT

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        modality: ModalityType | None = None,
        summary: Mapping[str, Any] | None = None,
    ) -> None:
        self.module = module
        self.name = name
        self.task = task
        if modality is not None:
            self.modality = modality
        self.summary: dict[str, Any] = dict(summary or {})
        self.layers: tuple[Layer, ...] = tuple(self._initialize_layers())
        if not self.layers:
            raise NoLayersError(
                "No layers were found.",
                where=name,
                remedy="Hand in a model with repeated blocks, or subclass UniversalModel and name its layers.",
            )
        self.layer_modules: tuple[nn.Module, ...] = self._modules_of_layers()

    @abstractmethod
    def _initialize_layers(self) -> Sequence[Layer]:
        """Say which modules of ``self.module`` are the layers, in the order of the data's flow."""

    def _modules_of_layers(self) -> tuple[nn.Module, ...]:
        """What each layer's weights and parts are looked up in."""
        return tuple(self.module.get_submodule(layer.name) for layer in self.layers)

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        """The modules that run one after the other; layers are these, or parts of them."""
        return self.layer_modules

    @property
    def sites(self) -> tuple[Site, ...]:
        """Where each layer sits."""
        return tuple(Site.of_block(module, position) for position, module in enumerate(self.layer_modules))

    @abstractmethod
    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        """What layer ``layer_idx`` puts out when the model is fed ``x`` (a batch or its inputs)."""

    @property
    def device(self) -> torch.device:
        """Where the model's numbers live."""
        for tensor in (*self.module.parameters(), *self.module.buffers()):
            return tensor.device
        return torch.device("cpu")

    @property
    def parameter_count(self) -> int:
        """How many numbers the whole model learns; tied weights count once."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    def arguments(self, batch: Batch) -> Any:
        """What the module itself is called with for a batch: a tensor, a tuple, or keyword arguments."""
        return batch.inputs

    def forward(self, batch: Batch) -> Any:
        """Feed a batch; returns whatever the module returns."""
        return called(self.module, self.arguments(batch))

    def with_module(self, module: nn.Module) -> Self:
        """Another module, fed as this one is; what is known of the layers is still the first one's."""
        twin = copy.copy(self)
        twin.module = module
        return twin

    def describe(self) -> dict[str, Any]:
        """Plain facts for reports: JSON types only."""
        return {
            "id": self.name,
            "task": str(self.task),
            "modality": str(self.modality),
            "class_name": type(self.module).__name__,
            "parameters": self.parameter_count,
            "layers": len(self.layers),
            **self.summary,
        }


def called(module: nn.Module, arguments: Any) -> Any:
    """What a module returns for a tensor, a tuple of positional arguments, or keyword arguments."""
    if isinstance(arguments, Mapping):
        return module(**arguments)
    if isinstance(arguments, tuple):
        return module(*arguments)
    return module(arguments)


def first_tensor(value: Any, where: str = "") -> Tensor:
    """The hidden state in what a layer takes or returns: the first tensor in it, however deep it lies.

    Tensors that stand in it by themselves come before those inside of what it holds.

    Raises:
        ModelError: there is no tensor in it.
    """
    place = _place_of_first_tensor(value)
    if place is None:
        raise ModelError(f"A layer's output of type '{type(value).__name__}' holds no tensor.", where=where)
    for key in place:
        value = value[key]
    tensor: Tensor = value
    return tensor


def with_first_tensor(value: Any, tensor: Tensor) -> Any:
    """The same structure with its first tensor replaced; it must hold one."""
    return _replaced(value, _place_of_first_tensor(value) or (), tensor)


def _place_of_first_tensor(value: Any) -> tuple[Any, ...] | None:
    """The keys that lead to the first tensor; none where it is one itself."""
    if isinstance(value, Tensor):
        return ()
    if isinstance(value, Mapping):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, (tuple, list)) else []
    for key, item in items:
        if isinstance(item, Tensor):
            return (key,)
    places = ((key, _place_of_first_tensor(item)) for key, item in items)
    return next(((key, *place) for key, place in places if place is not None), None)


def _replaced(value: Any, place: Sequence[Any], tensor: Tensor) -> Any:
    if not place:
        return tensor
    key, *rest = place
    inner = _replaced(value[key], rest, tensor)
    if isinstance(value, Mapping):
        return type(value)({**value, key: inner})  # type: ignore[call-arg]
    items = list(value)
    items[key] = inner
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
