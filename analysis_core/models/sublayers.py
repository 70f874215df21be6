"""A model cut more finely: each transformer block into its attention and its feed-forward part."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.base import Site, UniversalModel
from analysis_core.models.kinds import attends
from analysis_core.models.observation import output_of
from analysis_core.models.residual import Addition, additions
from analysis_core.models.stages import StageModel, in_stages
from analysis_core.results import Layer
from analysis_core.vocabulary import Granularity, LayerKind


@dataclass(frozen=True)
class Part:
    """A layer of the finer model, and where it sits; paths begin at its block.

    Args:
        layer: what is known of it.
        position: of its block among the layers of the coarser model.
        paths: of the modules that hold its weights.
        before, after: where the stream is seen on either side, as in :class:`Site`.
        writer: of the module whose output is added to the stream; None for a block that stays whole.
        calls: of the modules that are called for it alone, up to the sum; a norm of the stream behind is none.
    """

    layer: Layer
    position: int
    paths: tuple[str, ...] = ("",)
    before: tuple[str, str] = ("", "input")
    after: tuple[str, str] | None = ("", "output")
    writer: str | None = None
    calls: frozenset[str] = frozenset()

    def site(self, block: nn.Module) -> Site:
        """Where it meets the stream, in its block."""
        if self.writer is None:
            return Site.of_block(block, self.position)
        modules = tuple(block.get_submodule(path) for path in self.paths)
        before = (block.get_submodule(self.before[0]), self.before[1])
        after = self.after and (block.get_submodule(self.after[0]), self.after[1])
        return Site(modules, self.position, before, after, block.get_submodule(self.writer))


def cut_to(model: UniversalModel, granularity: Granularity, example: Batch) -> UniversalModel:
    """The model with layers of that size; ``example`` is run once where blocks must be cut.

    Raises:
        ModelError: its blocks cannot be cut, or stand in one stage only.
    """
    if isinstance(model, SublayerModel) and granularity is Granularity.SUBLAYER:
        return model
    if granularity is Granularity.STAGE:
        return model if isinstance(model, StageModel) else in_stages(model)
    return SublayerModel(model, example) if granularity is Granularity.SUBLAYER else model


def example_of(batches: Sequence[Batch]) -> Batch:
    """As many examples as it takes to tell sums from chance."""
    return batches[0].select(0, min(2, batches[0].size))


def granularity_in(model: UniversalModel) -> Granularity:
    """What counts as one of a model's layers."""
    if isinstance(model, SublayerModel):
        return Granularity.SUBLAYER
    return Granularity.STAGE if isinstance(model, StageModel) else Granularity.BLOCK


def in_blocks(model: UniversalModel) -> UniversalModel:
    """The same network cut into blocks, where it was cut more finely or more coarsely."""
    return model.base if isinstance(model, (SublayerModel, StageModel)) else model


class SublayerModel(UniversalModel):
    """The same network, seen as a chain of sub-layers. A block that is no chain of additions stays whole.

    Args:
        base: the model cut into blocks; it is run once.
        example: what it is run on; two examples or more tell sums from chance better than one.

    Raises:
        ModelError: no block of it can be cut.

    Attributes:
        parts: where each layer sits.
        example: what it was run on, on the model's device.
    """

    def __init__(self, base: UniversalModel, example: Batch) -> None:
        self.base = base
        self.example = example.to(base.device)
        self.parts: tuple[Part, ...] = ()
        summary = {**base.summary, "granularity": Granularity.SUBLAYER.value}
        super().__init__(base.module, name=base.name, task=base.task, modality=base.modality, summary=summary)

    def __getattr__(self, name: str) -> Any:
        # What the coarser model has beyond the common: its tokenizer, its library, how it is described.
        if name.startswith("_") or name == "base":
            raise AttributeError(name)
        return getattr(self.base, name)

    def _initialize_layers(self) -> Sequence[Layer]:
        parts = [part for position, layer in enumerate(self.base.layers) for part in self._cut(position, layer)]
        if len(parts) == len(self.base.layers):
            raise ModelError(
                "No block of this model adds an attention part and a feed-forward part to a residual stream.",
                where=self.base.name,
                remedy="Choose granularity 'block'.",
            )
        return self._settle(parts)

    def _settle(self, parts: Sequence[Part]) -> Sequence[Layer]:
        """Number the parts, and look up where they meet the stream."""
        self.parts = tuple(replace(part, layer=replace(part.layer, index=i)) for i, part in enumerate(parts))
        self._sites = tuple(part.site(self.base.layer_modules[part.position]) for part in self.parts)
        return [part.layer for part in self.parts]

    def moved(self, base: UniversalModel, gone: Collection[int] = (), cut: Sequence[int] = ()) -> SublayerModel:
        """The same parts, found again in a changed copy of the network.

        Args:
            base: the copy, cut into blocks.
            gone: layers of this model that are none any more.
            cut: positions of the blocks that the copy lacks; their layers are among those that are gone.
        """
        twin = copy.copy(self)
        twin.base, twin.module = base, base.module
        places = [position for position in range(len(self.base.layers)) if position not in set(cut)]
        kept = [part for part in self.parts if part.layer.index not in set(gone)]
        moved = []
        for part in kept:
            position = places.index(part.position)
            old, new = self.base.layers[part.position].name, base.layers[position].name
            layer = replace(part.layer, name=new + part.layer.name.removeprefix(old))
            if part.writer is not None:
                layer = replace(layer, stack=new)
            moved.append(replace(part, position=position, layer=layer))
        twin.layers = tuple(twin._settle(moved))
        counts = [sum(weight.numel() for weight in site.parameters()) for site in twin._sites]
        twin.layers = tuple(replace(layer, parameters=n) for layer, n in zip(twin.layers, counts, strict=True))
        twin.layer_modules = twin._modules_of_layers()
        counted = {"layers": len(twin.layers), "parameters": twin.parameter_count}
        twin.summary = {**self.summary, **{name: n for name, n in counted.items() if name in self.summary}}
        return twin

    def _modules_of_layers(self) -> tuple[nn.Module, ...]:
        # These containers are never called.
        return tuple(
            _gathered(site.modules, part.paths) if part.writer is not None else site.modules[0]
            for part, site in zip(self.parts, self._sites, strict=True)
        )

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        return self.base.blocks

    @property
    def sites(self) -> tuple[Site, ...]:
        return self._sites

    def arguments(self, batch: Batch) -> Any:
        return self.base.arguments(batch)

    def forward(self, batch: Batch) -> Any:
        return self.base.forward(batch)

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        """What sub-layer ``layer_idx`` adds to the stream when the model is fed ``x``."""
        site = self.sites[layer_idx]
        batch = x if isinstance(x, Batch) else Batch(x, None, size=0)
        module = site.writer or self.blocks[site.block]
        return output_of(module, lambda: self.forward(batch.to(self.device)), self.layers[layer_idx].name)

    def _cut(self, position: int, layer: Layer) -> list[Part]:
        block = self.base.layer_modules[position]
        found = additions(block, lambda: self.base.forward(self.example)) if layer.removable else []
        if len(found) < 2:
            return [Part(layer, position)]
        uses = Counter(path for addition in found for path in {call.path for call in addition.calls})
        parts, before = [], ("", "input")
        for addition, owned in zip(found, _owned(block, found), strict=True):
            calls = {path for path in _leading(addition) if uses[path] == 1}
            part = Part(layer, position, tuple(owned), before, addition.after, addition.writer, frozenset(calls))
            parts.append(replace(part, layer=_described(layer, block, owned, part.site(block))))
            before = addition.after or before
        return parts


def _leading(addition: Addition) -> list[str]:
    """Paths of the calls up to the sum: the writer's, and those that hand on what it wrote, such as dropout."""
    at = next(number for number, call in enumerate(addition.calls) if call.path == addition.writer)
    calls = addition.calls[: at + 1]
    for call in addition.calls[at + 1 :]:
        if not any(call.taken is earlier.given for earlier in calls[at:]):
            break
        calls.append(call)
    return [call.path for call in calls]


def _owned(block: nn.Module, found: Sequence[Addition]) -> list[list[str]]:
    """For each addition the largest sub-modules that run for it alone; together they hold all weights that ran."""
    part_of: dict[str, set[int]] = {}
    for part, addition in enumerate(found):
        for call in addition.calls:
            part_of.setdefault(call.path, set()).add(part)
    owned: list[list[str]] = [[] for _ in found]

    def settle(path: str, module: nn.Module) -> None:
        parts = set().union(*(where for call, where in part_of.items() if f"{call}.".startswith(f"{path}.")))
        if len(parts) == 1:
            owned[parts.pop()].append(path)
        elif parts:
            for name, child in module.named_children():
                settle(f"{path}.{name}", child)

    for name, child in block.named_children():
        settle(name, child)
    return owned


def _described(layer: Layer, block: nn.Module, paths: Sequence[str], site: Site) -> Layer:
    sizes = {path: sum(weight.numel() for weight in block.get_submodule(path).parameters()) for path in paths}
    name = max(sizes, key=lambda path: sizes[path])
    kind = LayerKind.ATTENTION if attends(_gathered(site.modules, paths)) else LayerKind.MLP
    return replace(
        layer,
        name=f"{layer.name}.{name}",
        kind=kind,
        class_name=type(block.get_submodule(name)).__name__,
        parameters=sum(weight.numel() for weight in site.parameters()),
        stack=layer.name,
    )


def _gathered(modules: Sequence[nn.Module], paths: Sequence[str]) -> nn.ModuleDict:
    """The modules of a layer side by side, under their own names: a name tells attention as often as a class does."""
    return nn.ModuleDict({path.replace(".", "_"): module for path, module in zip(paths, modules, strict=True)})
