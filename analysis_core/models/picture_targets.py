"""What is asked of a picture: its class, the objects on it, or the class of every pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL.Image import Image
from torch import Tensor

from analysis_core.data.pictures import open_picture
from analysis_core.errors import DataError
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.tasks.base import NO_TARGET
from analysis_core.vocabulary import TaskType

TOLERANCE = 0.02
"""Share of a picture's side by which a box may reach over its edge; it is cut off there."""
_MASK_MODES = ("1", "L", "P")

Maker = Callable[[pd.DataFrame, Preprocessing, Sequence[Image], str], Tensor]


def picture_targets(
    rows: pd.DataFrame, task: TaskType, preprocessing: Preprocessing, pictures: Sequence[Image], where: str
) -> Tensor | None:
    """The targets of some rows, as their task takes them; None where the rows carry none.

    Args:
        rows: numbered by their position in the data.
        task: what is asked.
        preprocessing: what happens to the pictures, and so to boxes and masks on them.
        pictures: as they were opened, before they are prepared.
        where: how the data is called in errors.

    Raises:
        DataError: names the first example whose target is wrong.
    """
    column, make = _MAKERS.get(task, _MAKERS[TaskType.CLASSIFICATION])
    return make(rows, preprocessing, pictures, where) if column in rows else None


def _labels(rows: pd.DataFrame, _preprocessing: Preprocessing, _pictures: Sequence[Image], _where: str) -> Tensor:
    return torch.as_tensor(rows["label"].to_numpy("int64", copy=True))


def _objects(rows: pd.DataFrame, preprocessing: Preprocessing, pictures: Sequence[Image], where: str) -> Tensor:
    """``[examples, objects, 5]``: class and box; rows of ``NO_TARGET`` fill up."""
    found = []
    for (position, objects), picture in zip(rows["objects"].items(), pictures, strict=True):
        table = _checked_objects(objects, f"{where}, picture {position}")
        boxes, seen = preprocessing.boxes(table[:, 1:], picture.size)
        found.append(torch.cat([table[:, :1], boxes], dim=1)[seen])
    most = max(1, *(len(objects) for objects in found))
    filled = torch.full((len(found), most, 5), float(NO_TARGET))
    for row, objects in zip(filled, found, strict=True):
        row[: len(objects)] = objects
    return filled


def _checked_objects(objects: Any, where: str) -> Tensor:
    """One picture's objects ``[objects, 5]``, whose boxes lie on it."""
    try:
        table = np.array([np.asarray(item, dtype=np.float32) for item in objects], dtype=np.float32).reshape(-1, 5)
    except (TypeError, ValueError):
        raise DataError(
            "Its objects are no lists of five numbers.",
            where=where,
            remedy="Give class, center x, center y, width and height of each, as shares of the picture.",
        ) from None
    found = torch.from_numpy(table)
    centers, sizes = found[:, 1:3], found[:, 3:]
    over = torch.maximum((sizes / 2 - centers), (centers + sizes / 2 - 1)).amax(1)
    outside = (over > TOLERANCE) | (sizes <= 0).any(1) | ~torch.isfinite(found).all(1)
    if bool(outside.any()):
        box = [round(number, 4) for number in found[outside][0, 1:].tolist()]
        raise DataError(
            f"An object's box {box} is empty or reaches out of the picture.",
            where=where,
            remedy="Give center x, center y, width and height as shares of the picture, between 0 and 1.",
        )
    return found


def _masks(rows: pd.DataFrame, preprocessing: Preprocessing, pictures: Sequence[Image], where: str) -> Tensor:
    """The class of each pixel, ``[examples, height, width]`` int64."""
    found = []
    for (position, encoded), picture in zip(rows["mask"].items(), pictures, strict=True):
        place = f"{where}, mask {position}"
        mask = open_picture(encoded, place)
        if mask.mode not in _MASK_MODES:
            raise DataError(
                f"The mask is a picture of mode {mask.mode}, which holds colours and not classes.",
                where=place,
                remedy="Save one class number a pixel (mode L or P).",
            )
        if mask.size != picture.size:
            raise DataError(
                f"The mask has {mask.width} x {mask.height} pixels, its picture {picture.width} x {picture.height}.",
                where=place,
                remedy="Draw both in the same size.",
            )
        found.append(preprocessing.mask(mask))
    return torch.stack(found)


_MAKERS: Mapping[TaskType, tuple[str, Maker]] = {
    TaskType.CLASSIFICATION: ("label", _labels),
    TaskType.DETECTION: ("objects", _objects),
    TaskType.SEGMENTATION: ("mask", _masks),
}
"""Task -> the column that holds its targets, and who reads it."""
