"""What a safetensors file announces is checked before anything is allocated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from analysis_core.errors import UnsafeFileError
from analysis_core.models.tensor_headers import TensorHeader, read_headers


def write(path: Path, header: str, payload: bytes = b"") -> Path:
    text = header.encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + payload)
    return path


def entry(shape: list[Any], stop: int, dtype: str = "F32", start: int = 0) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


def test_what_safetensors_writes_is_read(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.float16), "c": torch.tensor(1)}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert read_headers([tmp_path / "model.safetensors"]) == {
        "a.weight": TensorHeader("F32", (2, 3)),
        "b": TensorHeader("F16", (4,)),
        "c": TensorHeader("I64", ()),
    }


def test_files_of_one_model_are_joined_and_may_not_overlap(tmp_path: Path) -> None:
    first, second = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    save_file({"a": torch.zeros(1)}, first)
    save_file({"b": torch.zeros(1)}, second)
    assert set(read_headers([first, second])) == {"a", "b"}
    save_file({"a": torch.zeros(1)}, second)
    with pytest.raises(UnsafeFileError, match="Two files hold the tensor 'a'"):
        read_headers([first, second])


@pytest.mark.parametrize(
    ("shape", "stop", "dtype", "message"),
    [
        ([0, 10**12], 0, "F32", "no layer has"),
        ([10**12], 4, "F32", "no layer has"),
        ([-1], 4, "F32", "no layer has"),
        ([1.5], 4, "F32", "no layer has"),
        ([True], 4, "F32", "no layer has"),
        ([1] * 9, 4, "F32", "no layer has"),
        ([2], 4, "F32", "does not fill"),
        ([1], 8, "F32", "outside the file"),
        ([1], 4, "F1024", "unknown kind"),
    ],
)
def test_absurd_tensors_are_refused(tmp_path: Path, shape: list[Any], stop: int, dtype: str, message: str) -> None:
    path = write(tmp_path / "m.safetensors", json.dumps({"x": entry(shape, stop, dtype)}), bytes(4))
    with pytest.raises(UnsafeFileError, match=message):
        read_headers([path])


def test_duplicate_names_are_refused(tmp_path: Path) -> None:
    one = json.dumps(entry([1], 4))
    path = write(tmp_path / "m.safetensors", f'{{"x": {one}, "x": {one}}}', bytes(4))
    with pytest.raises(UnsafeFileError, match="'x' stands there twice"):
        read_headers([path])


@pytest.mark.parametrize("header", ["[]", "{", '{"x": 1}', '{"x": {"dtype": "F32"}}', "\x00\x01", "[" * 50_000])
def test_a_header_that_is_no_table_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(UnsafeFileError):
        read_headers([write(tmp_path / "m.safetensors", header)])


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"x": torch.zeros(100)}, path)
    whole = path.read_bytes()
    for length in (0, 5, 20, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(UnsafeFileError):
            read_headers([path])


def test_bytes_that_no_tensor_owns_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors", json.dumps({"x": entry([1], 4)}), bytes(8))
    with pytest.raises(UnsafeFileError, match="announces 4 bytes"):
        read_headers([path])


def test_a_header_length_beyond_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(UnsafeFileError, match="no whole safetensors"):
        read_headers([path])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 200), value=st.integers(0, 255))
def test_one_wrong_byte_never_gets_further_than_the_library_would_let_it(
    tmp_path: Path, position: int, value: int
) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"x": torch.zeros(3, 2), "y": torch.ones(4)}, path)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = value
    path.write_bytes(bytes(content))
    try:
        headers = read_headers([path])
    except UnsafeFileError:
        return
    try:
        with safe_open(path, framework="pt") as file:
            assert {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()} == {  # noqa: SIM118
                name: header.shape for name, header in headers.items()
            }
    except SafetensorError:
        pass  # the library refuses still more, e.g. gaps between tensors
