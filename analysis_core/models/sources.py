"""Where a module came from, and who makes a model of it that can read examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from analysis_core.models.base import UniversalModel
from analysis_core.models.plain import ModuleModel
from analysis_core.vocabulary import ModalityType, TaskType


@dataclass(frozen=True)
class FolderSource:
    """A folder whose module has been built and filled.

    Args:
        folder: holds the configuration, the weights, and what turns examples into inputs (tokenizer, settings).
        name: how the model is called in results and errors.
        task, modality: what it does and what it reads.
        library: who builds the module: ``"transformers"``, ``"timm"`` or one of
            :data:`~analysis_core.models.libraries.LIBRARIES`.
        config: content of its ``config.json``, checked.
        summary: plain facts for reports (title, architecture, labels, …).
    """

    folder: Path
    name: str
    task: TaskType
    modality: ModalityType
    library: str
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """What every model takes by keyword."""
        return {
            "name": self.name,
            "task": self.task,
            "summary": self.summary,
            "library": self.library,
            "config_dict": self.config,
        }


Reader = Callable[[nn.Module, FolderSource], UniversalModel]

_READERS: Mapping[tuple[ModalityType, TaskType | None], str] = {
    (ModalityType.TEXT, None): "analysis_core.models.text:from_folder",
    (ModalityType.TEXT, TaskType.RETRIEVAL): "analysis_core.models.text_retrieval:from_folder",
    (ModalityType.VISION, None): "analysis_core.models.vision:from_folder",
    (ModalityType.AUDIO, None): "analysis_core.models.audio:from_folder",
    (ModalityType.MULTIMODAL, None): "analysis_core.models.multimodal:from_folder",
    (ModalityType.GRAPH, None): "analysis_core.models.graph:from_folder",
    (ModalityType.TABULAR, None): "analysis_core.models.tabular:from_folder",
    (ModalityType.TABULAR, TaskType.RECOMMENDATION): "analysis_core.models.sequences:from_folder",
    (ModalityType.TABULAR, TaskType.REINFORCEMENT_LEARNING): "analysis_core.models.policies:from_folder",
}
"""Where the reader of a kind of model is found, ``module:function``; a task's own reader goes before its modality's."""


def reading_model(module: nn.Module, source: FolderSource) -> UniversalModel:
    """The module with its way of reading examples; a plain model where nobody knows one."""
    target = _READERS.get((source.modality, source.task)) or _READERS.get((source.modality, None))
    if target is None:
        return ModuleModel(module, modality=source.modality, **source.settings)
    module_name, _, function = target.partition(":")
    reader: Reader = getattr(import_module(module_name), function)
    return reader(module, source)
