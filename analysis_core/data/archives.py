"""Look into a zip archive without trusting it: how much it may list, and that it lists plain files only.

``zipfile`` itself neutralises names that lead elsewhere; it does not bound what an archive unpacks to, reads a list of
millions of members before it gives the first one, and hands out links.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, BinaryIO

from analysis_core.errors import UnsafeFileError

_END, _END_MAGIC = struct.Struct("<4s4H2LH"), b"PK\x05\x06"
"""The record at an archive's end (APPNOTE.TXT, 4.3.16): members and bytes of the list stand in fields 4 and 5."""
_LOCATOR_BYTES, _LOCATOR_MAGIC = 20, b"PK\x06\x07"
_LONGEST_COMMENT = 2**16
_LISTING_BYTES_A_MEMBER = 600
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_SYSTEM_FOLDER = "__MACOSX"

Opener = Callable[[], AbstractContextManager[IO[bytes]]]


def members(archive: BinaryIO, name: str, most_members: int) -> Iterator[tuple[str, Opener]]:
    """The files of an archive, with the names that it gives them, each with a way to open it.

    What computers add by themselves (hidden files, ``__MACOSX``) is left out.

    Args:
        archive: the whole archive, seekable.
        name: how it is called in errors.
        most_members: more are refused before the list is read.

    Raises:
        UnsafeFileError: it is damaged, locked, lists too much, or holds links or unusual compression.
    """
    _bound_listing(archive, name, most_members)
    with readable(name), zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            parts = info.filename.split("/")
            if info.is_dir() or _SYSTEM_FOLDER in parts or parts[-1].startswith("."):
                continue
            _refuse_unusual(info)
            yield info.filename, lambda info=info: opened.open(info)  # type: ignore[misc]


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What ``zipfile`` raises on a damaged archive, as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, OverflowError) as error:
        raise UnsafeFileError(
            "The archive is damaged or cut off.", where=name, remedy="Pack it again as an ordinary zip."
        ) from error


def _bound_listing(archive: BinaryIO, name: str, most_members: int) -> None:
    """Read the record at the end, and refuse before the list that it announces is read."""
    size = archive.seek(0, 2)
    archive.seek(max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR_BYTES))
    tail = archive.read()
    archive.seek(0)
    place = tail.rfind(_END_MAGIC)
    if place < 0 or len(tail) < place + _END.size:
        raise UnsafeFileError("The archive is damaged or cut off.", where=name, remedy="Copy it again.")
    record = _END.unpack_from(tail, place)
    announced, listing_bytes = record[4], record[5]
    large = tail[max(0, place - _LOCATOR_BYTES) : place].startswith(_LOCATOR_MAGIC)  # its numbers stand elsewhere
    if large or announced > most_members or listing_bytes > _LISTING_BYTES_A_MEMBER * most_members:
        raise UnsafeFileError(
            f"The archive lists more than {most_members:,} files.", where=name, remedy="Give a part of them."
        )


def _refuse_unusual(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise UnsafeFileError(
            "Links and special files are refused.", where=info.filename[-80:], remedy="Pack plain files."
        )
    if info.flag_bits & _ENCRYPTED:
        raise UnsafeFileError("The archive is locked.", where=info.filename[-80:], remedy="Pack it without a password.")
    if info.compress_type not in _METHODS:
        raise UnsafeFileError(
            "The archive is compressed in an unusual way.",
            where=info.filename[-80:],
            remedy="Pack it again as an ordinary zip.",
        )
