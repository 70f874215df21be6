"""Pictures are opened with care."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from analysis_core.data import pictures
from analysis_core.data.pictures import open_picture
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
