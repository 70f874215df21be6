"""Models of pictures and texts: which of them belong together, or a picture made from its caption."""

from __future__ import annotations

from torch import nn

from analysis_core.models.base import UniversalModel
from analysis_core.models.files import read_json
from analysis_core.models.picture_pairs import PairModel
from analysis_core.models.pixels import PIXEL_SETTINGS, PixelGrid, PixelModel
from analysis_core.models.plain import ModuleModel
from analysis_core.models.preprocessing import PICTURE_CONFIG, Preprocessing, picture_settings
from analysis_core.models.sources import FolderSource
from analysis_core.models.tokenizers import load_tokenizer
from analysis_core.vocabulary import TaskType


def from_folder(module: nn.Module, source: FolderSource) -> UniversalModel:
    """The module with what its folder says of texts and pictures.

    A model that writes about pictures in another way than by pixel tokens is taken apart all the same; nothing reads
    examples for it.

    Raises:
        ModelError: the folder holds no tokenizer, or nothing says how pictures are prepared.
    """
    if source.task is TaskType.RETRIEVAL:
        settings = picture_settings(source.folder)
        pairs = PairModel(
            module,
            tokenizer=load_tokenizer(source.folder, getattr(module, "config", None), source.name),
            preprocessing=Preprocessing.from_transformers(settings, source.config.get("vision_config") or {}),
            **source.settings,
        )
        pairs.companions[PICTURE_CONFIG] = settings
        return pairs
    if (source.folder / PIXEL_SETTINGS).is_file():
        return PixelModel(
            module,
            tokenizer=load_tokenizer(source.folder, getattr(module, "config", None), source.name),
            grid=PixelGrid.from_settings(read_json(source.folder / PIXEL_SETTINGS)),
            **source.settings,
        )
    return ModuleModel(module, modality=source.modality, **source.settings)
