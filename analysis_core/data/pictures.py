"""Read a picture, and say clearly when it cannot be read."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from analysis_core.errors import DataError

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
        opened = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
        if opened.width * opened.height > MOST_PIXELS:
            raise DataError(
                f"The picture has {opened.width} x {opened.height} pixels; at most {MOST_PIXELS:,} are read.",
                where=where,
                remedy="Make it smaller.",
            )
        opened.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            "The picture cannot be read as PNG or JPEG.", where=where, remedy="Replace it or leave it out."
        ) from error
    return opened
