"""Read a picture, and say clearly when it cannot be read."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image

from analysis_core.data.contents import kind_of
from analysis_core.data.digests import digest_of
from analysis_core.errors import DataError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
MOST_PIXELS = 2**26
"""Larger pictures are refused before they are unpacked."""


def open_picture(picture: Any, where: str) -> Image.Image:
    """A PIL image from one, or from the bytes of a PNG or JPEG file.

    Args:
        picture: PIL image or bytes.
        where: how the picture is called in errors.

    Raises:
        DataError: it is neither, is damaged, or is larger than :data:`MOST_PIXELS`.
    """
    if isinstance(picture, Image.Image):
        return picture
    if not isinstance(picture, (bytes, bytearray, memoryview)):
        raise DataError(
            f"A picture of type '{type(picture).__name__}' is not understood.",
            where=where,
            remedy="Give the bytes of a PNG or JPEG file, or a PIL image.",
        )
    if len(picture) == 0:
        raise DataError("The picture is empty (0 bytes).", where=where, remedy="Replace it or leave it out.")
    try:
        opened = _header(picture, where)
        opened.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(
            f"The picture cannot be read as PNG or JPEG: {_trouble(bytes(picture[:16]))}.",
            where=where,
            remedy="Replace it or leave it out.",
        ) from error
    return opened


def png_of(pixels: np.ndarray) -> bytes:
    """A PNG file of 8-bit grey levels or classes, ``[height, width]`` uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def pixel_digest(opened: Image.Image) -> bytes:
    """SHA-256 over size, mode and pixels: equal for pictures that look the same, however they are stored."""
    return digest_of((opened.mode, opened.size, opened.tobytes()))


def _header(picture: Any, where: str) -> Image.Image:
    """The picture before its pixels are unpacked, if there are not too many."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # refused below, in words
            opened = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as error:
        raise _too_large("", where) from error
    if opened.width * opened.height > MOST_PIXELS:
        raise _too_large(f" of {opened.width} x {opened.height} pixels", where)
    return opened


def _too_large(size: str, where: str) -> DataError:
    return DataError(
        f"The picture{size} is too large; at most {MOST_PIXELS:,} pixels are read.",
        where=where,
        remedy="Make it smaller.",
    )


def _trouble(head: bytes) -> str:
    kind = kind_of(head)
    if kind in ("a PNG picture", "a JPEG picture"):
        return "it is damaged or cut off"
    return f"it is {kind}" if kind else "it is something else"
