"""Pictures are opened with care."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest
from PIL import Image

from analysis_core.data import pictures
from analysis_core.data.pictures import open_picture, pixel_digest
from analysis_core.errors import DataError


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 4), (1, 2, 3)).save(buffer, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_png_and_jpeg_are_read(kind: str) -> None:
    assert open_picture(encoded(kind), "x").size == (6, 4)
    assert open_picture(memoryview(encoded(kind)), "x").size == (6, 4)


def test_a_picture_object_is_passed_on() -> None:
    picture = Image.new("L", (2, 2))
    assert open_picture(picture, "x") is picture


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"GIF89a", "PNG or JPEG"),
        (encoded("GIF"), "PNG or JPEG"),
        (encoded("PNG")[:50], "PNG or JPEG"),
        ("a path", "type 'str'"),
        (None, "type 'NoneType'"),
    ],
)
def test_anything_else_is_named(content: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"photo 7: .*{message}"):
        open_picture(content, "photo 7")


def test_a_picture_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 20)
    with pytest.raises(DataError, match="6 x 4 pixels"):
        open_picture(encoded("PNG"), "photo 7")


@pytest.mark.parametrize("side", [9_000, 10_000, 60_000])
def test_absurd_dimensions_are_refused_before_anything_is_unpacked(side: int) -> None:
    header = b"IHDR" + side.to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    chunk = len(header[4:]).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    pixels = b"\0\0\0\x08IDAT" + b"x" * 12
    with pytest.raises(DataError, match=r"photo 7: The picture.* is too large; at most 67,108,864 pixels"):
        open_picture(b"\x89PNG\r\n\x1a\n" + chunk + pixels, "photo 7")


def test_what_a_file_really_is_is_said() -> None:
    with pytest.raises(DataError, match="it is a WAV sound"):
        open_picture(b"RIFF\0\0\0\0WAVEfmt ", "photo 7")
    with pytest.raises(DataError, match="it is damaged or cut off"):
        open_picture(encoded("JPEG")[:100], "photo 7")


def test_pixels_count_and_not_how_they_are_stored() -> None:
    picture = Image.new("RGB", (6, 4), (1, 2, 3))
    quick, small = io.BytesIO(), io.BytesIO()
    picture.save(quick, format="PNG", compress_level=0)
    picture.save(small, format="PNG", compress_level=9)
    digests = [pixel_digest(open_picture(file.getvalue(), "x")) for file in (quick, small)]
    assert quick.getvalue() != small.getvalue() and digests[0] == digests[1]
    assert digests[0] != pixel_digest(picture.resize((4, 6))) != pixel_digest(Image.new("RGB", (6, 4), (1, 2, 4)))
