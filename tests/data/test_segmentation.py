"""Masks: every picture has one, of its size, with classes that the model knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis_core.data.options import ReadOptions
from analysis_core.data.segmentation import UNLABELLED, read_masks
from analysis_core.errors import DataError

MASK = np.array([[0, 1, 2], [2, UNLABELLED, 0]], dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images" / "day").mkdir(parents=True)
    (tmp_path / "masks" / "day").mkdir(parents=True)
    for shade, name in enumerate(("a.png", "b.jpg", "day/c.png")):
        Image.new("RGB", (3, 2), (60 * shade, 0, 0)).save(tmp_path / "images" / name)
        Image.fromarray((MASK + shade % 2 * (MASK < 3)).astype(np.uint8)).save(
            tmp_path / "masks" / Path(name).with_suffix(".png")
        )
    return tmp_path


def test_masks_come_back(folder: Path) -> None:
    found = read_masks(folder)
    assert [record.where for record in found] == ["images/a.png", "images/b.jpg", "images/day/c.png"]
    np.testing.assert_array_equal(found[0].mask, MASK)
    assert found[1].mask.max() == UNLABELLED and found[1].mask[0].tolist() == [1, 2, 3]
    assert found.class_names == ("0", "1", "2", "3") and len(found.splits) == 3


@pytest.mark.parametrize("mode", ["P", "1"])
def test_palettes_and_bits_are_indices(folder: Path, mode: str) -> None:
    mask = Image.new(mode, (3, 2))
    if mode == "P":
        mask.putpalette([255, 0, 0, 0, 255, 0])
    mask.putpixel((1, 0), 1)
    mask.save(folder / "masks" / "a.png")
    assert read_masks(folder)[0].mask.tolist() == [[0, 1, 0], [0, 0, 0]]


def test_the_checksum_sees_masks(folder: Path) -> None:
    before = read_masks(folder).sha256
    Image.fromarray(MASK.T.copy().reshape(2, 3)).save(folder / "masks" / "a.png")
    assert read_masks(folder).sha256 != before


def test_a_class_that_the_model_lacks_is_said(folder: Path) -> None:
    assert read_masks(folder, ReadOptions(class_names=tuple("wxyz"))).class_names == tuple("wxyz")
    with pytest.raises(DataError, match=r"masks/b\.png: The mask holds the class 3, but the model has 3 classes"):
        read_masks(folder, ReadOptions(class_names=("sky", "road", "car")))


def test_masks_that_do_not_fit_are_named(folder: Path) -> None:
    mask = folder / "masks" / "a.png"
    Image.new("L", (2, 3)).save(mask)
    with pytest.raises(DataError, match=r"masks/a\.png: The mask has 2 x 3 pixels, its picture 3 x 2"):
        read_masks(folder)
    Image.new("RGB", (3, 2)).save(mask)
    with pytest.raises(DataError, match=r"masks/a\.png: Expected a PNG with one class index a pixel .*mode RGB"):
        read_masks(folder)
    mask.write_bytes(b"")
    with pytest.raises(DataError, match=r"masks/a\.png: The file is empty"):
        read_masks(folder)
    mask.unlink()
    with pytest.raises(DataError, match=r"images/a\.png: The picture has no mask; expected 'masks/a\.png'"):
        read_masks(folder)


def test_a_mask_alone_and_a_name_twice_are_said(folder: Path) -> None:
    Image.new("L", (3, 2)).save(folder / "masks" / "z.png")
    with pytest.raises(DataError, match=r"masks/z\.png: The mask has no picture"):
        read_masks(folder)
    Image.new("RGB", (3, 2)).save(folder / "images" / "a.jpg")
    with pytest.raises(DataError, match=r"'a\.png' and 'a\.jpg' have the same name"):
        read_masks(folder)


def test_missing_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder 'images'"):
        read_masks(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match=r"images: The folder holds no \.png or \.jpg or \.jpeg files"):
        read_masks(tmp_path)
