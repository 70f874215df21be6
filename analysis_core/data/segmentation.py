"""Pictures with masks: a PNG of the same name that says for each pixel what it belongs to."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from analysis_core.data.digests import unhashed
from analysis_core.data.files import check_file, files_in, folder_below, name_below
from analysis_core.data.options import ReadOptions
from analysis_core.data.pictures import PICTURE_SUFFIXES, open_picture, pixel_digest
from analysis_core.data.records import RecordSet
from analysis_core.data.splitting import assign_parts
from analysis_core.errors import DataError

PICTURES, MASKS = "images", "masks"
UNLABELLED = 255
"""A pixel with this value belongs to no class, and neither loss nor metric counts it (as in PASCAL VOC)."""
SPLIT_RULE = "Pictures with the same pixels are never divided."
_MASK_MODES = ("1", "L", "P")


@dataclass(frozen=True)
class SegmentationExample:
    """A picture and its mask.

    Args:
        picture: bytes of a PNG or JPEG file.
        mask_png: bytes of a PNG file of the same size, one class index a pixel.
    """

    picture: bytes
    mask_png: bytes
    where: str = unhashed(default="")

    @property
    def mask(self) -> np.ndarray:
        """Class indices ``[height, width]``, uint8; :data:`UNLABELLED` where there is none."""
        return _indices(Image.open(io.BytesIO(self.mask_png), formats=("PNG",)))


def read_masks(folder: Path, options: ReadOptions | None = None) -> RecordSet[SegmentationExample]:
    """``images/one.jpg`` with ``masks/one.png``, also in folders within both.

    Raises:
        DataError: names the first picture without a mask, mask without a picture, or mask that does not fit.
    """
    options = options or ReadOptions()
    picture_folder = folder_below(folder, PICTURES)
    pictures = _by_stem(picture_folder, PICTURE_SUFFIXES)
    masks = _by_stem(folder_below(folder, MASKS), (".png",))
    _check_partners(pictures, masks)
    records: list[SegmentationExample] = []
    ties: list[tuple[bytes]] = []
    classes = 0
    for stem, path in pictures.items():
        where = f"{PICTURES}/{name_below(path, picture_folder)}"
        check_file(path, where)
        encoded = path.read_bytes()
        opened = open_picture(encoded, where)
        mask_png, highest = _checked_mask(masks[stem], opened.size, options.class_names)
        records.append(SegmentationExample(encoded, mask_png, where))
        ties.append((pixel_digest(opened),))
        classes = max(classes, highest + 1)
    return RecordSet(
        name=folder.name,
        parts=assign_parts(ties, options.seed),
        split_rule=SPLIT_RULE,
        class_names=options.class_names or tuple(str(index) for index in range(classes)),
        records=tuple(records),
    )


def _by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """The folder's files by their path without suffix.

    Raises:
        DataError: two files differ by their suffix only.
    """
    found: dict[str, Path] = {}
    for path in files_in(folder, suffixes):
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in found:
            raise DataError(
                f"'{path.name}' and '{found[stem].name}' have the same name.",
                where=folder.name,
                remedy="Rename one of them, and its mask.",
            )
        found[stem] = path
    if not found:
        raise DataError(
            f"The folder holds no {' or '.join(suffixes)} files.", where=folder.name, remedy="Put them there."
        )
    return found


def _check_partners(pictures: dict[str, Path], masks: dict[str, Path]) -> None:
    alone = next((stem for stem in pictures if stem not in masks), None)
    if alone is not None:
        raise DataError(
            f"The picture has no mask; expected '{MASKS}/{alone}.png'.",
            where=f"{PICTURES}/{pictures[alone].name}",
            remedy="Add the mask or leave the picture out.",
        )
    alone = next((stem for stem in masks if stem not in pictures), None)
    if alone is not None:
        raise DataError(
            f"The mask has no picture; expected '{PICTURES}/{alone}.png' or .jpg.",
            where=f"{MASKS}/{masks[alone].name}",
            remedy="Add the picture or leave the mask out.",
        )


def _checked_mask(path: Path, size: tuple[int, int], class_names: tuple[str, ...]) -> tuple[bytes, int]:
    """The mask's bytes and its highest class index, -1 where nothing is labelled."""
    where = f"{MASKS}/{path.name}"
    check_file(path, where)
    encoded = path.read_bytes()
    opened = open_picture(encoded, where)
    if opened.format != "PNG" or opened.mode not in _MASK_MODES:
        raise DataError(
            f"Expected a PNG with one class index a pixel (mode L or P); found a {opened.format} of mode "
            f"{opened.mode}.",
            where=where,
            remedy="Save class indices, not colours.",
        )
    if opened.size != size:
        raise DataError(
            f"The mask has {opened.width} x {opened.height} pixels, its picture {size[0]} x {size[1]}.",
            where=where,
            remedy="Draw both in the same size.",
        )
    indices = _indices(opened)
    labelled = indices[indices != UNLABELLED]
    highest = int(labelled.max(initial=0)) if labelled.size else -1
    if class_names and highest >= len(class_names):
        raise DataError(
            f"The mask holds the class {highest}, but the model has {len(class_names)} classes.",
            where=where,
            remedy=f"Use 0 to {len(class_names) - 1}, and {UNLABELLED} for what belongs to none.",
        )
    return encoded, highest


def _indices(opened: Image.Image) -> np.ndarray:
    return np.asarray(opened).astype(np.uint8)
