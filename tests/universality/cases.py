"""What a walk takes and gives: cases that build models, and entries that say what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from torch import nn

from analysis_core.data.batches import Inputs
from analysis_core.vocabulary import ModalityType


@dataclass(frozen=True)
class Built:
    """A model ready to be walked.

    Args:
        module: any network.
        inputs: some examples, as :class:`Batch` holds them.
        examples: how many.
        library, config_dict: who builds it again and from what, as in :class:`ModuleModel`.
        modality: what it reads.
    """

    module: nn.Module
    inputs: Inputs
    examples: int
    library: str = "torch"
    config_dict: Mapping[str, Any] = field(default_factory=dict)
    modality: ModalityType = ModalityType.VISION


class DoesNotBuildError(Exception):
    """A case without a model of its own, or one that the library does not build; says why."""


Cases = Mapping[str, Callable[[], Built]]


@dataclass
class Entry:
    """What became of one case.

    Attributes:
        name: of the case.
        builds: False where there is no such model to walk; it counts neither way.
        model: class of the module.
        layers, removable: how many layers were found, and how many could go.
        stacks: how many layers each container holds.
        methods: which methods scored it.
        silent: why each other method did not.
        nothing_to_cut: why none of the layers that could go by their shape really can; each was tried.
        removed: the layer that was taken out; None where there is none that can go.
        equals_skipping: whether the smaller model computes what the original with that layer skipped computes.
        cache_fault: how the original itself fails to generate the same with and without the key-value cache; then this
            is not asked of the smaller model.
        reload_equal: whether a fresh process computed the same from the saved folder.
        reached: the last stage that succeeded.
        reason: why it went no further; None for a model that came through.
        seconds: of the processor, the fresh process left out.
        at: when.
    """

    name: str
    builds: bool = True
    model: str = ""
    layers: int = 0
    removable: int = 0
    stacks: dict[str, int] = field(default_factory=dict)
    methods: list[str] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)
    nothing_to_cut: str | None = None
    removed: str | None = None
    equals_skipping: bool | None = None
    cache_fault: str | None = None
    reload_equal: bool | None = None
    reached: str = "nothing"
    reason: str | None = None
    seconds: float = 0.0
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="minutes"))

    @property
    def passed(self) -> bool:
        """True for a model that came through; one without any layer that can go must only be analysed."""
        return self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {**asdict(self), "seconds": round(self.seconds, 1), "passed": self.passed}
