"""Read text line by line: UTF-8 with or without its mark, gzipped or plain, and never more than there should be."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from analysis_core.data.contents import kind_of
from analysis_core.data.files import check_file
from analysis_core.errors import DataError

LONGEST_LINE_BYTES = 16 * 2**20
MOST_UNPACKED_BYTES = 8 * 2**30
MOST_RATIO = 200
"""A file that unpacks to more than so many times its size is a bomb: logs reach 30, JSON reaches 60."""
SMALLEST_BOMB_BYTES = 16 * 2**20
LARGEST_JSON_BYTES = 256 * 2**20

_PIECE_BYTES = 2**18
_LINE_END = b"\n"
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def suffix_of(path: Path) -> str:
    """The suffix that says what is inside, in small letters.

    >>> suffix_of(Path("reviews.JSON.gz"))
    '.json'
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix == ".gz" else suffix


def stem_of(path: Path) -> str:
    """The name without its suffix, and without ``.gz``.

    >>> stem_of(Path("train.en.gz"))
    'train'
    """
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def text_lines(path: Path, where: str = "") -> Iterator[str]:
    """All lines with their line ends; the first is line 1.

    Args:
        path: plain or gzipped text.
        where: how the file is called in errors; its name when empty.

    Raises:
        DataError: the file is missing, empty, damaged or too large, or a line is no UTF-8 text; names the line.
    """
    where = where or path.name
    number, rest = 1, b""
    for piece in _pieces(path, where):
        whole, line_end, rest = (rest + piece).rpartition(_LINE_END)
        if line_end:
            lines = _decoded(whole, where, number).split("\n")
            number += len(lines)
            for line in lines:
                yield f"{line}\n"
        if len(rest) > LONGEST_LINE_BYTES:
            raise DataError(
                f"The line is longer than {LONGEST_LINE_BYTES // 2**20} MiB.",
                where=f"{where}, line {number}",
                remedy="Put one example on each line.",
            )
    if rest:
        yield _decoded(rest, where, number)


def read_json(path: Path, where: str = "") -> Any:
    """The value that a JSON file holds.

    Raises:
        DataError: it is no JSON; names the line and the column.
    """
    where = where or path.name
    pieces: list[bytes] = []
    read_bytes = 0
    for piece in _pieces(path, where):
        pieces.append(piece)
        read_bytes += len(piece)
        if read_bytes > LARGEST_JSON_BYTES:
            raise DataError(
                f"The file holds more than {LARGEST_JSON_BYTES // 2**20} MiB of JSON.",
                where=where,
                remedy="Give a part of it.",
            )
    text = _decoded(b"".join(pieces), where, 1)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"The file is no JSON: {error.msg}, column {error.colno}.",
            where=f"{where}, line {error.lineno}",
            remedy="Check that it is whole.",
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError("The file is no JSON that can be read.", where=where, remedy="Write it again.") from error


def text_head(path: Path, most_bytes: int = 2**16) -> str:
    """The beginning of a text file, by which its format is recognised.

    Raises:
        DataError: as :func:`text_lines` does for the first lines.
    """
    check_file(path)
    with _opened(path, path.name) as file:
        raw = _guarded(lambda: file.read(most_bytes), path.name).removeprefix(_BYTE_ORDER_MARK)
    return raw.decode(errors="replace")


@contextmanager
def _opened(path: Path, where: str) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        packed, called_packed = head.startswith(_GZIP), path.suffix.lower() == ".gz"
        if packed and not called_packed:
            raise DataError("The file is gzipped.", where=where, remedy=f"Call it '{path.name}.gz'.")
        if called_packed and not packed:
            raise DataError("The file is called .gz but is not gzipped.", where=where, remedy="Take .gz off its name.")
        if not packed and kind_of(head):
            raise DataError(f"The file is {kind_of(head)}, not UTF-8 text.", where=where, remedy="Give a text file.")
        if packed:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield io.BufferedReader(unpacked, 2**18)
        else:
            yield file


def _pieces(path: Path, where: str) -> Iterator[bytes]:
    """The file's content, unpacked, piece by piece and without its byte order mark; nothing of it is empty."""
    most_bytes = min(MOST_UNPACKED_BYTES, max(SMALLEST_BOMB_BYTES, MOST_RATIO * check_file(path, where)))
    unpacked_bytes = 0
    with _opened(path, where) as file:
        while piece := _guarded(lambda: file.read(_PIECE_BYTES), where):
            first = not unpacked_bytes
            unpacked_bytes += len(piece)
            if unpacked_bytes > most_bytes:
                raise DataError(
                    f"The file unpacks to more than {MOST_RATIO} times its size or {MOST_UNPACKED_BYTES // 2**30} GiB.",
                    where=where,
                    remedy="Give the unpacked file, or a part of it.",
                )
            yield piece.removeprefix(_BYTE_ORDER_MARK) if first else piece
    if not unpacked_bytes:
        raise DataError("The file unpacks to nothing.", where=where, remedy="Replace it or leave it out.")


def _guarded(read: Callable[[], bytes], where: str) -> bytes:
    """What ``read`` gives, with a damaged gzip file said in a sentence."""
    try:
        return read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            "The gzip file is cut off or damaged.", where=where, remedy="Copy or download it again."
        ) from error
    except OSError as error:
        raise DataError(f"The file cannot be read: {error.strerror}.", where=where) from error


def _decoded(raw: bytes, where: str, number: int) -> str:
    """Some lines as text, of which the first has this number."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        raise DataError(
            f"The line is not UTF-8 text (byte {error.start - before.rfind(_LINE_END)}).",
            where=f"{where}, line {number + before.count(_LINE_END)}",
            remedy="Save the whole file as UTF-8.",
        ) from error
    if "\0" in text:
        raise DataError(
            "The line holds zero bytes, which no text does.",
            where=f"{where}, line {number + raw[: raw.index(0)].count(_LINE_END)}",
            remedy="Save the file as UTF-8 text.",
        )
    return text
