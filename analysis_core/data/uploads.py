"""Receive what people upload: a zip or several files, into a folder that the server makes. No torch here.

Every byte is counted while it is written; a name is taken apart, checked and put together anew, and a file is refused
by its name and by its first bytes before anything reads it. The same content always lands in the same folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from analysis_core.data.accepted import MODEL_FILES, Accepted, Places, check_content
from analysis_core.data.archives import Opener, members, readable
from analysis_core.data.lines import MOST_RATIO, SMALLEST_BOMB_BYTES
from analysis_core.errors import DataError, StorageError, UnsafeFileError

MOST_BYTES = 2**30
_PIECE_BYTES = 2**18


@dataclass(frozen=True)
class Upload:
    """What was received.

    Args:
        key: name of its folder: a checksum over names and content.
        path: the folder that holds the files, or the one file.
        files: size in bytes by name.
    """

    key: str
    path: Path
    files: dict[str, int] = field(default_factory=dict)


def receive(given: Sequence[tuple[str, BinaryIO]], folder: Path, accepted: Accepted) -> Upload:
    """Write what was uploaded below a folder, whole or not at all.

    Args:
        given: names as the reader's browser told them, and contents; one zip, or any number of files.
        folder: uploads lie in it, each in a folder of its own.
        accepted: what may be in it.

    Raises:
        UnsafeFileError: a file that is not accepted, a name that could lead elsewhere, links, bombs.
        DataError: there is nothing in it, two files have one name, or one is empty.
        StorageError: there is no room for it.
    """
    if not given:
        raise DataError("Nothing was uploaded.", remedy="Choose a zip or several files.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder))
        try:
            files = _write(given, staging, accepted)
            alone = len(files) == 1 and accepted is not MODEL_FILES
            return _settle(files, staging, folder, "" if alone else _label(given) or accepted.folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"The upload could not be stored ({error.strerror}).", where="uploads", remedy="Make room, and try again."
        ) from error


def find_upload(key: str, folder: Path) -> Upload:
    """An upload that was received before.

    Raises:
        DataError: there is none.
    """
    place = folder / key
    if not re.fullmatch(r"[0-9a-f]{16}", key) or not place.is_dir():
        raise DataError("This upload is no longer here.", where=key, remedy="Upload it again.")
    path = next(iter(place.iterdir()))
    found = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    root = path.parent if path.is_file() else path
    return Upload(key, path, {item.relative_to(root).as_posix(): item.stat().st_size for item in found})


def _write(given: Sequence[tuple[str, BinaryIO]], staging: Path, accepted: Accepted) -> dict[str, int]:
    """All files into the folder; their sizes by name."""
    places = Places(accepted)
    budget = _Budget(given)
    written: dict[str, int] = {}
    for raw, open_member in _files(given, accepted):
        parts = places.take(raw)
        target = staging.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with readable(parts[-1]), open_member() as source, target.open("xb") as sink:
            written["/".join(parts)] = budget.copy(source, sink)
        check_content(target, parts[-1], accepted)
    if not written:
        raise DataError("The archive holds no files.", where=given[0][0][-80:], remedy="Pack the files again.")
    return written


def _files(given: Sequence[tuple[str, BinaryIO]], accepted: Accepted) -> Iterator[tuple[str, Opener]]:
    if len(given) == 1 and _called_zip(given[0][0]):
        yield from members(given[0][1], given[0][0][-80:], accepted.most_members)
        return
    if len(given) > accepted.most_members:
        raise DataError(f"These are more than {accepted.most_members:,} files.", remedy="Give a part of them.")
    for name, stream in given:
        if _called_zip(name):
            raise UnsafeFileError(
                "A zip is taken by itself.",
                where=name[-80:],
                remedy="Upload either one zip with all files, or the files.",
            )
        yield name, lambda stream=stream: nullcontext(stream)  # type: ignore[misc]


def _called_zip(name: str) -> bool:
    """By its name alone: what torch saves is a zip as well, and is refused as what it is called."""
    return name.lower().endswith(".zip")


class _Budget:
    """Counts the bytes of everything that is written."""

    def __init__(self, given: Sequence[tuple[str, BinaryIO]]) -> None:
        received = sum(stream.seek(0, 2) for _, stream in given)
        for _, stream in given:
            stream.seek(0)
        self._most = min(MOST_BYTES, max(SMALLEST_BOMB_BYTES, MOST_RATIO * received))
        self._total = 0

    def copy(self, source: IO[bytes], sink: IO[bytes]) -> int:
        size = 0
        while piece := source.read(_PIECE_BYTES):
            size += len(piece)
            self._total += len(piece)
            if self._total > self._most:
                raise UnsafeFileError(
                    f"The upload unpacks to more than {self._most / 2**20:,.0f} MiB.",
                    where="upload",
                    remedy="Give a part of it.",
                )
            sink.write(piece)
        sink.flush()
        return size


def _settle(files: dict[str, int], staging: Path, folder: Path, label: str) -> Upload:
    """Move the files to the place that their content gives them; without a label, the one file itself."""
    key = _checksum(files, staging)
    place = folder / key
    if not place.exists():
        ready = Path(tempfile.mkdtemp(prefix=".ready-", dir=folder))
        if not label:
            only = staging / next(iter(files))
            os.replace(only, ready / only.name)
        else:
            os.replace(_inner(staging), ready / label)
        try:
            os.replace(ready, place)
        except OSError:  # somebody else was faster with the same content
            shutil.rmtree(ready, ignore_errors=True)
            if not place.is_dir():
                raise
    return find_upload(key, folder)


def _inner(folder: Path) -> Path:
    """The folder itself, or the one in it where it holds nothing else: many zips pack a folder and not its files."""
    content = list(folder.iterdir())
    return _inner(content[0]) if len(content) == 1 and content[0].is_dir() else folder


def _checksum(files: dict[str, int], staging: Path) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{files[name]}\0".encode())
        with (staging / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _label(given: Sequence[tuple[str, BinaryIO]]) -> str:
    """How the folder is called: letters and digits of the archive's name, for people."""
    stem = Path(given[0][0]).stem if len(given) == 1 else ""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]
