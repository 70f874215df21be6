"""Files of runs: whole or not at all, and never believed unchecked."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.errors import StorageError
from analysis_core.runs.artifacts import ArtifactFolder, written_whole
from analysis_core.runs.database import DiskFullError
from analysis_core.runs.store import RunStore

CONTENT = {"layers": [1, 2, 3], "name": "Käse"}


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactFolder:
    return ArtifactFolder(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 256 KB of room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user cannot mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_what_is_written_is_read(artifacts: ArtifactFolder) -> None:
    stored = artifacts.write_json("run1", "report.json", CONTENT)
    assert artifacts.read_json("run1", stored) == CONTENT
    assert [path.name for path in artifacts.folder("run1").iterdir()] == ["report.json"]


def test_numbers_of_numpy_are_written_as_numbers(artifacts: ArtifactFolder) -> None:
    stored = artifacts.write_json("run1", "report.json", {"a": np.float32(0.5), "b": np.arange(2)})
    assert artifacts.read_json("run1", stored) == {"a": 0.5, "b": [0, 1]}
    with pytest.raises(TypeError, match="object is no JSON type"):
        artifacts.write_json("run1", "other.json", {"a": object()})


@settings(max_examples=30, deadline=None)
@given(position=st.integers(0, 36), byte=st.integers(0, 255))
def test_a_changed_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, position: int, byte: int) -> None:
    artifacts = ArtifactFolder(tmp_path_factory.mktemp("artifacts"))
    stored = artifacts.write_json("run1", "report.json", CONTENT)
    path = artifacts.folder("run1") / "report.json"
    body = bytearray(path.read_bytes())
    changed = body[position] != byte
    body[position] = byte
    path.write_bytes(body)
    if changed:
        with pytest.raises(StorageError, match="checksum differs"):
            artifacts.read(run_id="run1", stored=stored)
    else:
        assert artifacts.read("run1", stored) == bytes(body)


def test_a_truncated_or_missing_file_is_noticed(artifacts: ArtifactFolder) -> None:
    stored = artifacts.write_json("run1", "report.json", CONTENT)
    path = artifacts.folder("run1") / "report.json"
    os.truncate(path, 10)
    with pytest.raises(StorageError, match=r"holds 10 bytes instead of \d+\. Start the run again"):
        artifacts.read("run1", stored)
    path.unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        artifacts.read("run1", stored)


def test_a_write_that_fails_leaves_what_was_there(artifacts: ArtifactFolder) -> None:
    stored = artifacts.write_json("run1", "report.json", CONTENT)
    path = artifacts.folder("run1") / "report.json"
    with pytest.raises(ZeroDivisionError), written_whole(path) as file:
        file.write(b"%d" % (1 // 0))
    assert artifacts.read_json("run1", stored) == CONTENT
    assert [item.name for item in path.parent.iterdir()] == ["report.json"]


def test_a_full_disk_is_a_sentence(artifacts: ArtifactFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = artifacts.write_json("run1", "report.json", CONTENT)

    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DiskFullError, match=r"The disk is full.*Delete old runs"):
        artifacts.write_json("run1", "report.json", {"other": 1})
    monkeypatch.undo()
    assert artifacts.read_json("run1", stored) == CONTENT


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    artifacts = ArtifactFolder(small_disk)
    stored = artifacts.write_json("run1", "report.json", CONTENT)
    with pytest.raises(DiskFullError):
        artifacts.write_json("run2", "report.json", {"long": "x" * 1_000_000})
    assert list(artifacts.folder("run2").iterdir()) == []
    assert artifacts.read_json("run1", stored) == CONTENT


def test_a_store_on_a_full_disk_refuses_and_stays_whole(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.runs.conftest import config

    monkeypatch.setenv("LAYERWISE_HOME", str(small_disk))
    store = RunStore.open()
    created: list[str] = []
    with pytest.raises(DiskFullError, match="The disk is full"):
        created.extend(store.create(config("x" * 5000, f"method {number}")) for number in range(2000))
    assert {view.id for view in store.recent(limit=5000)} == set(created)
    with store.database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.database.close()


def test_a_sealed_folder_lists_its_files(artifacts: ArtifactFolder) -> None:
    folder = artifacts.folder("run1") / "export"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "sub" / "config.json").write_text("{}")
    (folder / "link").symlink_to("/etc/hostname")
    sealed = artifacts.seal_folder("run1", "export")
    assert [(file.name, file.size_bytes) for file in sealed] == [
        ("export/model.safetensors", 7),
        ("export/sub/config.json", 2),
    ]
    assert artifacts.read("run1", sealed[0]) == b"weights"


@pytest.mark.parametrize("run_id", ["../other", "", "a/b", "A", "x" * 33, "."])
def test_an_id_that_is_none_never_becomes_a_path(artifacts: ArtifactFolder, run_id: str) -> None:
    with pytest.raises(StorageError, match="is no id of a run"):
        artifacts.folder(run_id)
