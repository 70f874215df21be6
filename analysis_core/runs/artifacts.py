"""Files of runs: written whole or not at all, and checked against their checksum when read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from analysis_core.errors import StorageError
from analysis_core.runs.database import DiskFullError

_RUN_ID = re.compile(r"[0-9a-z]{1,32}")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file that is safely on disk.

    Args:
        name: path below the run's folder, with forward slashes.
        sha256: hexadecimal digits.
        size_bytes: its length.
    """

    name: str
    sha256: str
    size_bytes: int


class ArtifactFolder:
    """The folders of all runs.

    Args:
        root: holds one folder a run.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, run_id: str) -> Path:
        """The folder of a run; made by the first write.

        Raises:
            StorageError: the id could not have been given by the store.
        """
        if not _RUN_ID.fullmatch(run_id):
            raise StorageError(f"'{run_id}' is no id of a run.")
        return self.root / run_id

    def write_json(self, run_id: str, name: str, content: Mapping[str, Any]) -> StoredFile:
        """Store a JSON object under ``name``.

        Raises:
            StorageError: it could not be written; nothing of it remains.
        """
        body = json.dumps(content, default=_as_json, ensure_ascii=False).encode()
        path = self.folder(run_id) / name
        with written_whole(path) as file:
            file.write(body)
        return StoredFile(name, hashlib.sha256(body).hexdigest(), len(body))

    def read_json(self, run_id: str, stored: StoredFile) -> dict[str, Any]:
        """Read back what :meth:`write_json` stored.

        Raises:
            StorageError: the file is missing, or is not what was written.
        """
        content: dict[str, Any] = json.loads(self.read(run_id, stored))
        return content

    def read(self, run_id: str, stored: StoredFile) -> bytes:
        """The bytes of a stored file, checked.

        Raises:
            StorageError: the file is missing, or is not what was written.
        """
        path = self.folder(run_id) / stored.name
        try:
            body = path.read_bytes()
        except OSError as error:
            raise _damaged(path, f"cannot be read ({error.strerror})") from error
        if len(body) != stored.size_bytes:
            raise _damaged(path, f"holds {len(body)} bytes instead of {stored.size_bytes}")
        if hashlib.sha256(body).hexdigest() != stored.sha256:
            raise _damaged(path, "is not what was written: its checksum differs")
        return body

    def seal_folder(self, run_id: str, name: str) -> list[StoredFile]:
        """Force a folder that somebody else filled to disk.

        Returns:
            Every file in it, links excepted, with its checksum.
        """
        base = self.folder(run_id)
        sealed = []
        with _disk_errors(base / name):
            for path in sorted((base / name).rglob("*")):
                if path.is_file() and not path.is_symlink():
                    sealed.append(StoredFile(path.relative_to(base).as_posix(), _seal(path), path.stat().st_size))
                elif path.is_dir():
                    _sync_folder(path)
            _sync_folder(base / name)
            _sync_folder(base)
        return sealed

    def delete(self, run_id: str) -> None:
        """Remove a run's folder with all that is in it."""
        folder = self.folder(run_id)
        if folder.exists():
            with _disk_errors(folder):
                shutil.rmtree(folder)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears at ``path`` complete and on disk when the block ends, or not at all.

    Raises:
        StorageError: it could not be written; a full disk is named as such.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(str(path)) from error
        raise StorageError(
            f"The file cannot be written ({error.strerror}).",
            where=str(path),
            remedy="Check the folder's permissions.",
        ) from error


def _damaged(path: Path, how: str) -> StorageError:
    return StorageError(
        f"The stored file {how}.",
        where=str(path),
        remedy="Start the run again; other runs are not concerned.",
    )


def _seal(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb+") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
        os.fsync(file.fileno())
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_json(value: Any) -> Any:
    """Numbers and arrays of numpy, which reports may carry in their extras."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON type")
