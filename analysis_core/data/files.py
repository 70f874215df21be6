"""Which files are opened at all: plain ones, inside their folder, none of them empty or too large."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from analysis_core.data.contents import quoted
from analysis_core.errors import DataError

LARGEST_FILE_BYTES = 2**30
LARGEST_FOLDER_BYTES = 2**30
MOST_FILES = 200_000
DEEPEST_FOLDER = 4


def check_file(path: Path, where: str = "", most_bytes: int | None = None) -> int:
    """The size of a plain file, in bytes.

    Args:
        path: the file.
        where: how it is called in errors; its name when empty.
        most_bytes: larger files are refused; :data:`LARGEST_FILE_BYTES` when None.

    Raises:
        DataError: it is missing, no plain file, empty, or too large.
    """
    where = where or path.name
    most_bytes = LARGEST_FILE_BYTES if most_bytes is None else most_bytes
    try:
        facts = path.stat()
    except (OSError, ValueError):
        raise DataError("There is no such file or folder.", where=str(path), remedy="Check the path.") from None
    if not stat.S_ISREG(facts.st_mode):
        raise DataError("This is no plain file.", where=where, remedy="Name a file.")
    if facts.st_size == 0:
        raise DataError("The file is empty (0 bytes).", where=where, remedy="Replace it or leave it out.")
    if facts.st_size > most_bytes:
        raise DataError(
            f"The file has {_in_words(facts.st_size)}; at most {_in_words(most_bytes)} are read.",
            where=where,
            remedy="Give a part of it.",
        )
    return facts.st_size


def check_folder(path: Path) -> Path:
    """The folder.

    Raises:
        DataError: it is missing, or no folder.
    """
    if not path.exists():
        raise DataError("There is no such file or folder.", where=str(path), remedy="Check the path.")
    if not path.is_dir():
        raise DataError("This is a file, but a folder is expected.", where=path.name, remedy="Name the folder.")
    return path


def file_below(folder: Path, name: str, where: str) -> Path:
    """The file of that name in a folder, for names that were read from somebody's file.

    Args:
        folder: files outside it are never opened.
        name: relative, with ``/`` between its parts.
        where: the line or entry that names the file.

    Raises:
        DataError: the name leads out of the folder, also over a link, or there is no such file.
    """
    parts = PurePosixPath(name).parts
    leads_out = PurePosixPath(name).is_absolute() or ".." in parts or bool(PureWindowsPath(name).drive)
    if not parts or leads_out or "\\" in name or "\0" in name:
        raise DataError(
            f"The file name {quoted(name)} leads out of the folder.",
            where=where,
            remedy="Name files from the folder on, such as 'one/1.wav'.",
        )
    path = folder.joinpath(*parts)
    try:
        found = path.is_file()
    except OSError:
        found = False
    if not found:
        raise DataError(
            f"The file {quoted(name)} is not in the folder '{folder.name}'.", where=where, remedy="Add it there."
        )
    _refuse_link_out(path, folder)
    return path


def folder_below(folder: Path, name: str) -> Path:
    """The folder of that name in a folder.

    Raises:
        DataError: there is none, or it is a link that leads out.
    """
    path = check_folder(folder) / name
    if not path.is_dir():
        raise DataError(f"There is no folder '{name}' in it.", where=folder.name, remedy="Add it.")
    _refuse_link_out(path, folder)
    return path


def files_in(folder: Path, suffixes: Sequence[str], deepest: int = DEEPEST_FOLDER) -> list[Path]:
    """The folder's files with one of these suffixes, sorted by name; hidden ones are left out.

    Args:
        folder: is searched with the folders in it.
        suffixes: in small letters, with their dot.
        deepest: how many folders may lie inside each other; 1 looks at the folder's own files only.

    Raises:
        DataError: a link leads out of the folder, or there are too many files or bytes.
    """
    found: list[Path] = []
    total = Total(folder.name)
    for path in _walk(folder, folder, deepest):
        if path.suffix.lower() in suffixes:
            found.append(path)
            total.add(path.stat().st_size)
    return found


class Total:
    """Adds up what is read into memory, and refuses what is too much.

    Args:
        where: how the folder is called in errors.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._files = self._bytes = 0

    def add(self, size_bytes: int) -> None:
        """One more file.

        Raises:
            DataError: there are more than :data:`MOST_FILES`, or more than :data:`LARGEST_FOLDER_BYTES` in them.
        """
        self._files += 1
        self._bytes += size_bytes
        if self._files > MOST_FILES or self._bytes > LARGEST_FOLDER_BYTES:
            raise DataError(
                f"The folder holds more than {MOST_FILES:,} files or {_in_words(LARGEST_FOLDER_BYTES)}.",
                where=self._where,
                remedy="Give a part of it.",
            )


def name_below(path: Path, folder: Path) -> str:
    """How a file is called in errors: its path from the folder on."""
    return path.relative_to(folder).as_posix()


def _walk(folder: Path, root: Path, deepest: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_symlink():
            _refuse_link_out(path, root)
        if path.is_file():
            yield path
        elif path.is_dir() and deepest > 1:
            yield from _walk(path, root, deepest - 1)


def _refuse_link_out(path: Path, root: Path) -> None:
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        inside = False
    if not inside:
        raise DataError(
            "The link leads out of the folder.",
            where=path.name,
            remedy="Put the file itself into the folder.",
        )


def _in_words(size_bytes: int) -> str:
    if size_bytes >= 2**30:
        return f"{size_bytes / 2**30:.1f} GiB"
    return f"{size_bytes / 2**20:.1f} MiB" if size_bytes >= 2**20 else f"{size_bytes:,} bytes"
