"""Boxes in COCO's form: they belong to their picture and lie on it."""

from __future__ import annotations

import copy
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis_core.data.detection import read_coco
from analysis_core.data.options import ReadOptions
from analysis_core.errors import DataError

CONTENT: dict[str, Any] = {
    "images": [
        {"id": 7, "file_name": "a.png", "width": 20, "height": 10},
        {"id": 9, "file_name": "b.png", "width": 20, "height": 10},
        {"id": 3, "file_name": "c.png"},
    ],
    "annotations": [
        {"id": 1, "image_id": 9, "category_id": 18, "bbox": [1, 2, 3.5, 4]},
        {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 20, 10], "iscrowd": 1},
        {"id": 3, "image_id": 9, "category_id": 2, "bbox": [-0.5, 5, 5, 5.25]},
    ],
    "categories": [{"id": 18, "name": "dog"}, {"id": 2, "name": "cat"}],
}


def picture(shade: int, size: tuple[int, int] = (20, 10)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for shade, name in enumerate("abc"):
        (tmp_path / "images" / f"{name}.png").write_bytes(picture(shade))
    (tmp_path / "boxes.json").write_text(json.dumps(CONTENT))
    return tmp_path


def test_boxes_belong_to_their_pictures(folder: Path) -> None:
    found = read_coco(folder)
    assert found.class_names == ("cat", "dog") and [len(example.boxes) for example in found] == [1, 2, 0]
    first, second, third = found
    assert first.boxes.tolist() == [[0, 0, 20, 10]] and first.crowd.tolist() == [True]
    assert second.classes.tolist() == [1, 0] and second.boxes.tolist() == [[1, 2, 3.5, 4], [0, 5, 4.5, 5]]
    assert second.corners.tolist() == [[1, 2, 4.5, 6], [0, 5, 4.5, 10]]
    assert third.boxes.shape == (0, 4) and (third.width, third.height) == (20, 10)
    assert set(found.splits) == {"search", "test", "heal"}


def test_the_file_itself_may_be_given_packed_and_with_its_pictures(folder: Path, tmp_path: Path) -> None:
    expected = read_coco(folder).sha256
    path = tmp_path / "elsewhere" / "boxes.json.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(json.dumps(CONTENT).encode()))
    found = read_coco(path, ReadOptions(companion=folder / "images"))
    assert found.sha256 == expected
    assert read_coco(folder / "boxes.json").sha256 == expected


def test_the_models_classes_give_the_order(folder: Path) -> None:
    found = read_coco(folder, ReadOptions(class_names=("bird", "dog", "cat")))
    assert found[1].classes.tolist() == [1, 2] and found.class_names == ("bird", "dog", "cat")
    with pytest.raises(DataError, match="The category 'dog' is none of the model's classes"):
        read_coco(folder, ReadOptions(class_names=("cat",)))


def test_pictures_with_the_same_pixels_stay_together(folder: Path) -> None:
    Image.open(folder / "images" / "a.png").save(folder / "images" / "b.png", compress_level=0)
    parts = read_coco(folder).parts
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("annotations", 1, "bbox"), [0, 0, 22, 10], r"boxes\.json, annotations\[1\]: The box .*'a\.png' of 20 x 10"),
        (("annotations", 1, "bbox"), [25, 0, 2, 2], "reaches out of the picture"),
        (("annotations", 1, "bbox"), [-1, 0, 1, 2], "reaches out of the picture"),
        (("annotations", 1, "bbox"), [0, 0, 0, 10], "positive width and height"),
        (("annotations", 1, "bbox"), [0, 0, 3], r"Expected a bbox \[left, top, width, height\]"),
        (("annotations", 1, "bbox"), [0, 0, float("nan"), 1], "Expected a bbox"),
        (("annotations", 1, "bbox"), [0, 0, True, 1], "Expected a bbox"),
        (("annotations", 1, "bbox"), None, "Expected a bbox"),
        (("annotations", 2, "image_id"), 8, r"annotations\[2\]: The image_id '8' is not in the file"),
        (("annotations", 2, "category_id"), 3, r"annotations\[2\]: The category_id '3' is not in the file"),
        (("annotations", 2, "category_id"), [], r"The category_id '\[\]' is not in the file"),
        (("annotations", 0), 5, r"annotations\[0\]: Expected an object; found '5'"),
        (("annotations",), None, "'annotations' is missing or empty"),
        (("images",), [], "'images' is missing or empty"),
        (("images", 0, "width"), 21, r"images\[0\]: The picture is said to have 21 x 10 pixels, but .* has 20 x 10"),
        (("images", 0, "file_name"), "../a.png", r"images\[0\]: The file name '\.\./a\.png' leads out"),
        (("images", 0, "file_name"), "d.png", r"images\[0\]: The file 'd\.png' is not in the folder 'images'"),
        (("images", 0, "id"), 9, r"images\[1\]: Expected an id of its own"),
        (("categories", 1, "name"), None, r"categories\[1\]: Expected an id of its own and a name"),
        (("categories", 1, "id"), 18, r"categories\[1\]: Expected an id of its own"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named(folder: Path, place: tuple[Any, ...], value: Any, message: str) -> None:
    content: Any = copy.deepcopy(CONTENT)
    holder = content
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    (folder / "boxes.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read_coco(folder)


def test_a_damaged_picture_is_named(folder: Path) -> None:
    (folder / "images" / "b.png").write_bytes(picture(1)[:45])
    with pytest.raises(DataError, match=r"b\.png: The picture cannot be read as PNG or JPEG: it is damaged or cut off"):
        read_coco(folder)
    (folder / "images" / "b.png").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    with pytest.raises(DataError, match=r"b\.png: The picture cannot be read as PNG or JPEG: it is a WAV sound"):
        read_coco(folder)


def test_one_json_file_is_expected(folder: Path) -> None:
    (folder / "more.json").write_text("{}")
    with pytest.raises(DataError, match=r"2 JSON files \(boxes\.json, more\.json\), where one is expected"):
        read_coco(folder)


def test_a_folder_of_pictures_that_is_a_link_out_is_refused(folder: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "images").symlink_to(folder / "images")
    (inner / "boxes.json").write_text(json.dumps(CONTENT))
    with pytest.raises(DataError, match="images: The link leads out"):
        read_coco(inner)


def test_boxes_are_plain_numbers(folder: Path) -> None:
    example = read_coco(folder)[0]
    assert (example.boxes.dtype, example.classes.dtype, example.crowd.dtype) == (np.float64, np.int64, np.bool_)
