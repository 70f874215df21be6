"""A model cut more finely: each transformer block into its attention and its feed-forward part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.base import Site, UniversalModel
from analysis_core.models.kinds import attends
from analysis_core.models.observation import output_of
from analysis_core.models.residual import Addition, additions
from analysis_core.models.stages import in_stages
from analysis_core.results import Layer
from analysis_core.vocabulary import Granularity, LayerKind


@dataclass(frozen=True)
class _Cut:
    """A layer of the finer model, and where it sits."""

    layer: Layer
    site: Site
    paths: tuple[str, ...] = ()


def cut_to(model: UniversalModel, granularity: Granularity, example: Batch) -> UniversalModel:
    """The model with layers of that size; ``example`` is run once where blocks must be cut.

    Raises:
        ModelError: its blocks cannot be cut, or stand in one stage only.
    """
    if granularity is Granularity.STAGE:
        return in_stages(model)
    return SublayerModel(model, example) if granularity is Granularity.SUBLAYER else model


class SublayerModel(UniversalModel):
    """The same network, seen as a chain of sub-layers. A block that is no chain of additions stays whole.

    Args:
        base: the model cut into blocks; it is run once.
        example: what it is run on; two examples or more tell sums from chance better than one.

    Raises:
        ModelError: no block of it can be cut.
    """

    def __init__(self, base: UniversalModel, example: Batch) -> None:
        self.base = base
        self._example = example.to(base.device)
        self._cuts: list[_Cut] = []
        summary = {**base.summary, "granularity": Granularity.SUBLAYER.value}
        super().__init__(base.module, name=base.name, task=base.task, modality=base.modality, summary=summary)

    def _initialize_layers(self) -> Sequence[Layer]:
        for position, layer in enumerate(self.base.layers):
            self._cuts += self._cut(position, layer)
        if len(self._cuts) == len(self.base.layers):
            raise ModelError(
                "No block of this model adds an attention part and a feed-forward part to a residual stream.",
                where=self.base.name,
                remedy="Choose granularity 'block'.",
            )
        return [replace(cut.layer, index=index) for index, cut in enumerate(self._cuts)]

    def _modules_of_layers(self) -> tuple[nn.Module, ...]:
        # These containers are never called.
        return tuple(_container(cut) for cut in self._cuts)

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        return self.base.blocks

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(cut.site for cut in self._cuts)

    def forward(self, batch: Batch) -> Any:
        return self.base.forward(batch)

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        """What sub-layer ``layer_idx`` adds to the stream when the model is fed ``x``."""
        site = self.sites[layer_idx]
        batch = x if isinstance(x, Batch) else Batch(x, None, size=0)
        module = site.writer or self.blocks[site.block]
        return output_of(module, lambda: self.forward(batch.to(self.device)), self.layers[layer_idx].name)

    def _cut(self, position: int, layer: Layer) -> list[_Cut]:
        block = self.base.layer_modules[position]
        found = additions(block, lambda: self.base.forward(self._example)) if layer.removable else []
        if len(found) < 2:
            return [_Cut(layer, Site.of_block(block, position))]
        owned = _owned(block, found)
        cuts, before = [], (block, "input")
        for addition, paths in zip(found, owned, strict=True):
            after = addition.after and (block.get_submodule(addition.after[0]), addition.after[1])
            modules = tuple(block.get_submodule(path) for path in paths)
            site = Site(modules, position, before, after, block.get_submodule(addition.writer))
            cuts.append(_Cut(_described(layer, block, paths, site), site, tuple(paths)))
            before = after or before
        return cuts


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


def _container(cut: _Cut) -> nn.Module:
    return _gathered(cut.site.modules, cut.paths) if cut.site.writer is not None else cut.site.modules[0]


def _gathered(modules: Sequence[nn.Module], paths: Sequence[str]) -> nn.ModuleDict:
    """The modules of a layer side by side, under their own names: a name tells attention as often as a class does."""
    return nn.ModuleDict({path.replace(".", "_"): module for path, module in zip(paths, modules, strict=True)})
