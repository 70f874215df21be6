"""What may be read as a model, and what is refused before anything opens it."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.files import (
    check_folder,
    check_upload,
    read_json,
    refuse_by_content,
    weight_files,
)


def test_a_folder_below_a_root_is_let_in(tmp_path: Path) -> None:
    inner = tmp_path / "root" / "model"
    inner.mkdir(parents=True)
    assert check_folder(inner, [tmp_path / "elsewhere", tmp_path / "root"]) == inner


@pytest.mark.parametrize("path", ["other", "root/../other", "rootlike"])
def test_a_folder_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    for name in ("root", "other", "rootlike"):
        (tmp_path / name).mkdir()
    with pytest.raises(UnsafeFileError, match="outside the places"):
        check_folder(tmp_path / path, [tmp_path / "root"])


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnsafeFileError, match="outside"):
        check_folder(tmp_path / "root" / "link", [tmp_path / "root"])


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnsafeFileError, match="no folder"):
        check_folder(tmp_path / "file", [tmp_path])


@pytest.mark.parametrize("name", ["model.bin", "model.PT", "x.pth", "x.pkl", "x.pt2", "x.zip", "run.py", "noext"])
def test_uploads_of_other_kinds_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_bytes(b"harmless")
    with pytest.raises(UnsafeFileError, match="refused") as caught:
        check_upload(tmp_path)
    assert name in str(caught.value) and "save_file" in str(caught.value)


def test_an_upload_of_a_model_passes(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text("about")
    check_upload(tmp_path)


def test_an_upload_with_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to("/etc/hostname")
    with pytest.raises(UnsafeFileError, match="Links"):
        check_upload(tmp_path)


def test_content_counts_whatever_the_name(tmp_path: Path) -> None:
    for name, content in {
        "a.safetensors": pickle.dumps({"weights": [1.0]}),
        "b.json": b"PK\x03\x04 rest",
        "c.model": b"\x1f\x8b\x08 rest",
        "d.txt": b"\x7fELF rest",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UnsafeFileError, match="could run code"):
            refuse_by_content(path)


def test_a_zip_written_by_torch_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"")
    with pytest.raises(UnsafeFileError, match="zip archive"):
        refuse_by_content(path)


def test_a_header_length_that_looks_like_a_pickle_is_no_pickle(tmp_path: Path) -> None:
    """640 = 0x0280 is written as the bytes 80 02, the first two of a pickle."""
    path = tmp_path / "model.safetensors"
    path.write_bytes((640).to_bytes(8, "little") + b"{" + b" " * 638 + b"}")
    refuse_by_content(path)


def test_pickled_weights_alone_are_refused_with_the_line_that_converts(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(UnsafeFileError, match=r"pytorch_model\.bin.*weights_only=True"):
        weight_files(tmp_path)


def test_pickles_beside_safetensors_are_never_opened(tmp_path: Path) -> None:
    (tmp_path / "training_args.bin").write_bytes(b"junk")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert weight_files(tmp_path) == (tmp_path / "model.safetensors",)


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no weights"):
        weight_files(tmp_path)


def test_an_adapter_that_names_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    with pytest.raises(UnsafeFileError, match="adapter_config"):
        weight_files(tmp_path)


def test_an_index_names_its_files(tmp_path: Path) -> None:
    table = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(table))
    (tmp_path / "model-1.safetensors").touch()
    with pytest.raises(ModelError, match=r"model-2\.safetensors' is missing"):
        weight_files(tmp_path)
    (tmp_path / "model-2.safetensors").touch()
    assert [path.name for path in weight_files(tmp_path)] == ["model-1.safetensors", "model-2.safetensors"]


@pytest.mark.parametrize("target", ["../other/model.safetensors", "/etc/passwd", "model.bin"])
def test_an_index_that_points_elsewhere_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": target}}))
    with pytest.raises(UnsafeFileError, match="index points"):
        weight_files(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "[" * 100_000])
def test_a_damaged_configuration_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelError, match="JSON"):
        read_json(tmp_path / "config.json")


def test_a_missing_configuration_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        read_json(tmp_path / "config.json")
