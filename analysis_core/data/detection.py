"""Pictures with boxes, as COCO's JSON lists them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis_core.data.contents import quoted
from analysis_core.data.digests import unhashed
from analysis_core.data.files import Total, check_file, check_folder, file_below, folder_below
from analysis_core.data.lines import read_json
from analysis_core.data.options import ReadOptions
from analysis_core.data.pictures import open_picture, pixel_digest
from analysis_core.data.records import RecordSet
from analysis_core.data.splitting import assign_parts
from analysis_core.errors import DataError

SPLIT_RULE = "Pictures with the same pixels are never divided."
TOLERANCE_PIXELS = 1.0
"""Boxes drawn by hand reach so far over the edge; they are cut off there. What reaches farther is a mistake."""
_KEYS = ("images", "annotations", "categories")
_PICTURE_FOLDERS = ("images", "train2017", "val2017", "data")


@dataclass(frozen=True, eq=False)
class DetectionExample:
    """A picture and what is to be found on it.

    Args:
        picture: bytes of a PNG or JPEG file.
        width, height: of the picture, in pixels.
        boxes: ``[boxes, 4]``, float64: left, top, width and height in pixels, as COCO has them.
        classes: ``[boxes]``, int64.
        crowd: ``[boxes]``, bool: the box surrounds many things at once, and metrics leave it out.
    """

    picture: bytes
    width: int
    height: int
    boxes: np.ndarray
    classes: np.ndarray
    crowd: np.ndarray
    where: str = unhashed(default="")

    @property
    def corners(self) -> np.ndarray:
        """The boxes as left, top, right and bottom, ``[boxes, 4]``."""
        return np.concatenate([self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]], axis=1)


def read_coco(path: Path, options: ReadOptions | None = None) -> RecordSet[DetectionExample]:
    """Pictures and their boxes.

    Args:
        path: the JSON file, or the folder that holds it (also in ``annotations/``). Pictures are looked for in
            ``options.companion``, else beside the file or in a folder ``images`` there.

    Raises:
        DataError: names the first entry that is wrong, such as ``boxes.json, annotations[4]``.
    """
    options = options or ReadOptions()
    file = annotation_file(path) if path.is_dir() else path
    content = read_json(file)
    images, annotations, categories = (_entries(content, key, file.name) for key in _KEYS)
    class_of, class_names = _classes(list(categories), options.class_names, file.name)
    pictures = _pictures(images, _picture_folder(path, file, options.companion), file.name)
    boxes_of: dict[Any, list[tuple[list[float], int, bool]]] = {key: [] for key in pictures}
    for where, entry in annotations:
        picture = _looked_up(entry, "image_id", pictures, where)
        class_index = _looked_up(entry, "category_id", class_of, where)
        box = _box(entry.get("bbox"), picture, where)
        boxes_of[entry["image_id"]].append((box, class_index, bool(entry.get("iscrowd", 0))))
    records = tuple(_example(picture, boxes_of[key]) for key, picture in pictures.items())
    return RecordSet(
        name=path.name,
        parts=assign_parts([(picture.digest,) for picture in pictures.values()], options.seed),
        split_rule=SPLIT_RULE,
        class_names=class_names,
        records=records,
    )


@dataclass(frozen=True)
class _Picture:
    encoded: bytes
    width: int
    height: int
    digest: bytes
    where: str


def annotation_file(folder: Path) -> Path:
    """The one JSON file of a folder.

    Raises:
        DataError: there is none, or more than one.
    """
    found = [file for place in (folder, folder / "annotations") for file in sorted(place.glob("[!.]*.json*"))]
    if len(found) != 1:
        listed = ", ".join(file.name for file in found[:5])
        raise DataError(
            f"The folder holds {len(found)} JSON files{f' ({listed})' if found else ''}, where one is expected.",
            where=folder.name,
            remedy="Give the path of the JSON file that you mean.",
        )
    file_below(folder, found[0].relative_to(folder).as_posix(), folder.name)
    return found[0]


def _picture_folder(path: Path, file: Path, companion: Path | None) -> Path:
    if companion is not None:
        return check_folder(companion)
    root = path if path.is_dir() else file.parent
    return next((folder_below(root, name) for name in _PICTURE_FOLDERS if (root / name).is_dir()), root)


def _entries(content: Any, key: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of one of the file's lists, each with where it stands."""
    entries = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or (not entries and key != "annotations"):
        raise DataError(
            f"Expected lists {', '.join(_KEYS)}; '{key}' is missing or empty.",
            where=file,
            remedy="Write the boxes in COCO's form.",
        )
    return _numbered(entries, key, file)


def _numbered(entries: list[Any], key: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for position, entry in enumerate(entries):
        where = f"{file}, {key}[{position}]"
        if not isinstance(entry, Mapping):
            raise DataError(f"Expected an object; found {quoted(entry)}.", where=where, remedy="Write it anew.")
        yield where, entry


def _classes(
    categories: list[tuple[str, Mapping[str, Any]]], given: tuple[str, ...], file: str
) -> tuple[dict[Any, int], tuple[str, ...]]:
    """Class index by COCO's category id; the classes are in the order of their ids unless they are given."""
    names: dict[int, str] = {}
    for where, entry in categories:
        number, name = entry.get("id"), entry.get("name")
        if type(number) is not int or not isinstance(name, str) or number in names:
            raise DataError(
                f"Expected an id of its own and a name; found id {quoted(number)} and name {quoted(name)}.",
                where=where,
                remedy="Give every category a whole number and a name.",
            )
        names[number] = name
    ordered = given or tuple(names[number] for number in sorted(names))
    unknown = next((name for name in names.values() if name not in ordered), None)
    if unknown is not None:
        raise DataError(
            f"The category {quoted(unknown)} is none of the model's classes.",
            where=file,
            remedy=f"The model knows {', '.join(map(quoted, ordered[:20]))}.",
        )
    return {number: ordered.index(name) for number, name in names.items()}, ordered


def _pictures(images: Iterator[tuple[str, Mapping[str, Any]]], folder: Path, file: str) -> dict[Any, _Picture]:
    pictures: dict[Any, _Picture] = {}
    total = Total(folder.name)
    for where, entry in images:
        key, name = entry.get("id"), entry.get("file_name")
        if not isinstance(key, (int, str)) or not isinstance(name, str) or key in pictures:
            raise DataError(
                f"Expected an id of its own and a file_name; found id {quoted(key)} and file_name {quoted(name)}.",
                where=where,
                remedy="Give every picture both.",
            )
        path = file_below(folder, name, where)
        total.add(check_file(path, name))
        encoded = path.read_bytes()
        opened = open_picture(encoded, name)
        said = (entry.get("width", opened.width), entry.get("height", opened.height))
        if said != opened.size:
            raise DataError(
                f"The picture is said to have {said[0]} x {said[1]} pixels, but {quoted(name)} has "
                f"{opened.width} x {opened.height}.",
                where=where,
                remedy="The boxes may belong to another size; write them for this one.",
            )
        pictures[key] = _Picture(encoded, opened.width, opened.height, pixel_digest(opened), name)
    return pictures


def _looked_up(entry: Mapping[str, Any], key: str, known: Mapping[Any, Any], where: str) -> Any:
    value = entry.get(key)
    if not isinstance(value, (int, str)) or value not in known:
        raise DataError(
            f"The {key} {quoted(value)} is not in the file.", where=where, remedy="Drop the box, or add what it names."
        )
    return known[value]


def _box(box: Any, picture: _Picture, where: str) -> list[float]:
    """Left, top, width and height, cut off at the picture's edge."""
    numbers = isinstance(box, list) and len(box) == 4 and all(type(side) in (int, float) for side in box)
    if not numbers or not all(map(math.isfinite, box)) or min(box[2:]) <= 0:
        raise DataError(
            f"Expected a bbox [left, top, width, height] with a positive width and height; found {quoted(box)}.",
            where=where,
            remedy="Correct or drop the box.",
        )
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    over = max(-left, -top, right - picture.width, bottom - picture.height)
    if over > TOLERANCE_PIXELS or min(right, bottom, picture.width - left, picture.height - top) <= 0:
        raise DataError(
            f"The box {quoted(box)} reaches out of the picture {quoted(picture.where)} of "
            f"{picture.width} x {picture.height} pixels.",
            where=where,
            remedy="Correct or drop the box.",
        )
    left, top = max(left, 0), max(top, 0)
    return [left, top, min(right, picture.width) - left, min(bottom, picture.height) - top]


def _example(picture: _Picture, boxes: list[tuple[list[float], int, bool]]) -> DetectionExample:
    return DetectionExample(
        picture.encoded,
        picture.width,
        picture.height,
        np.array([box for box, _, _ in boxes], dtype=np.float64).reshape(-1, 4),
        np.array([class_index for _, class_index, _ in boxes], dtype=np.int64),
        np.array([crowd for _, _, crowd in boxes], dtype=bool),
        picture.where,
    )
