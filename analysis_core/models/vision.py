"""Models that read pictures: resized, scaled and normalised as the model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from PIL.Image import Image
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.pictures import open_picture
from analysis_core.models.picture_targets import picture_targets
from analysis_core.models.preprocessing import PICTURE_CONFIG, Preprocessing, picture_settings
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sources import FolderSource
from analysis_core.vocabulary import ModalityType, TaskType


def from_folder(module: nn.Module, source: FolderSource) -> VisionModel:
    """The module with the picture settings of its folder.

    Raises:
        ModelError: nothing says how pictures are prepared.
    """
    settings = picture_settings(source.folder)
    whole = source.task in (TaskType.DETECTION, TaskType.SEGMENTATION)
    model = VisionModel(
        module,
        preprocessing=Preprocessing.from_transformers(settings, source.config, whole=whole),
        input_name=getattr(module, "main_input_name", None),
        **source.settings,
    )
    model.companions[PICTURE_CONFIG] = settings
    return model


class VisionModel(ReadingModel):
    """A model that reads pictures, from timm or transformers: classes, boxes or masks are what it is asked for.

    Args:
        module: the network.
        preprocessing: how pictures are prepared for it.
        input_name: keyword under which it takes pictures; None where it takes them as its first argument.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.
    """

    modality = ModalityType.VISION
    columns = ("image",)

    def __init__(
        self,
        module: nn.Module,
        *,
        preprocessing: Preprocessing,
        input_name: str | None = None,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "timm",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.preprocessing = preprocessing
        self._input_name = input_name
        shape = (1, preprocessing.channels, preprocessing.height, preprocessing.width)
        self.observe(self._inputs(torch.zeros(shape)))

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Pictures ``[examples, channels, height, width]`` with what is asked of them."""
        opened = opened_pictures(rows["image"], where)
        pictures = torch.stack([self.preprocessing.tensor(picture) for picture in opened])
        return Batch(
            self._inputs(pictures), picture_targets(rows, self.task, self.preprocessing, opened, where), len(rows)
        )

    def _inputs(self, pictures: Tensor) -> Any:
        return pictures if self._input_name is None else {self._input_name: pictures}


def opened_pictures(column: pd.Series, where: str) -> list[Image]:
    """The pictures of some rows, numbered in errors by their position in the data.

    Raises:
        DataError: names the first one that cannot be read.
    """
    return [open_picture(picture, f"{where}, picture {position}") for position, picture in column.items()]
