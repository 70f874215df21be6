"""A model cut more coarsely: the blocks of each stage joined into one layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.models.base import Site, UniversalModel
from analysis_core.models.kinds import SHAPE_CHANGES
from analysis_core.results import Layer
from analysis_core.vocabulary import Granularity


def in_stages(model: UniversalModel) -> StageModel:
    """The model seen as a chain of stages.

    Raises:
        ModelError: all its blocks stand in one stage.
    """
    stages = StageModel(model)
    if len(stages.layers) < 2:
        raise ModelError(
            f"All {len(model.layers)} blocks of this model stand in one stage.",
            where=model.name,
            remedy="Choose granularity 'block'.",
        )
    return stages


class StageModel(UniversalModel):
    """The same network, seen as a chain of stages.

    A stage is a run of blocks that follow each other in one container. Where all stand in the same one, a block that
    changes the shape begins a new stage. A stage can be taken out where each of its blocks could.

    Args:
        base: the model cut into blocks.
    """

    def __init__(self, base: UniversalModel) -> None:
        self.base = base
        self._runs = list(_runs(base.layers))
        summary = {**base.summary, "granularity": Granularity.STAGE.value}
        super().__init__(base.module, name=base.name, task=base.task, modality=base.modality, summary=summary)

    def __getattr__(self, name: str) -> Any:
        # What the finer model has beyond the common: how it reads examples, its library, how it is described.
        if name.startswith("_") or name == "base":
            raise AttributeError(name)
        return getattr(self.base, name)

    def _initialize_layers(self) -> Sequence[Layer]:
        names = [_name([self.base.layers[at] for at in run]) for run in self._runs]
        return [
            _joined(index, name if names.count(name) == 1 else f"{name}.{run[0]}", [self.base.layers[at] for at in run])
            for index, (name, run) in enumerate(zip(names, self._runs, strict=True))
        ]

    def _modules_of_layers(self) -> tuple[nn.Module, ...]:
        # These containers are never called.
        return tuple(nn.ModuleList(self.blocks[at] for at in run) for run in self._runs)

    def block_indices(self, stages: Iterable[int]) -> list[int]:
        """Which blocks of :attr:`base` make up some stages, ascending."""
        return sorted(at for stage in set(stages) for at in self._runs[stage])

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        return self.base.blocks

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(Site.of_blocks(tuple(self.blocks[at] for at in run), run[0]) for run in self._runs)

    def forward(self, batch: Batch) -> Any:
        return self.base.forward(batch)

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        """What the last block of a stage puts out when the model is fed ``x``."""
        return self.base.get_layer_output(x, self._runs[layer_idx][-1])


def _runs(layers: Sequence[Layer]) -> Iterator[range]:
    """Positions of the blocks of each stage, in the order in which they run."""
    containers = {layer.stack for layer in layers}
    start = 0
    for at, layer in enumerate(layers[1:], 1):
        if layer.stack != layers[at - 1].stack or (
            len(containers) == 1 and (layer.why_not or "").startswith(SHAPE_CHANGES)
        ):
            yield range(start, at)
            start = at
    yield range(start, len(layers))


def _name(blocks: Sequence[Layer]) -> str:
    """The path of the container that they stand in; of a part of one, its first and its last block."""
    return blocks[0].stack or f"{blocks[0].name}-{blocks[-1].name}"


def _joined(index: int, name: str, blocks: Sequence[Layer]) -> Layer:
    held_back = [block for block in blocks if not block.removable]
    reason = f"Its block {held_back[0].name} must stay. {held_back[0].why_not or SHAPE_CHANGES}" if held_back else None
    kinds = [block.kind for block in blocks]
    return replace(
        blocks[0],
        index=index,
        name=name,
        kind=max(kinds, key=kinds.count),
        parameters=sum(block.parameters for block in blocks),
        removable=reason is None,
        why_not=reason,
    )
