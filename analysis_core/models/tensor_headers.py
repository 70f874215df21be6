"""Read what a safetensors file says it holds, before a single number is allocated.

Format: 8 bytes little-endian length of the header, the header as JSON, the numbers
(safetensors' documentation, section "Format"). The library itself accepts duplicate keys and shapes such as
(0, 10^12); both are refused here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_core.errors import UnsafeFileError
from analysis_core.models.files import refuse_by_content

MOST_HEADER_BYTES = 32 * 2**20
MOST_TENSORS = 200_000
LARGEST_DIMENSION = 2**31 - 1
MOST_DIMENSIONS = 8

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
}  # fmt: skip
_REMEDY = "Copy the file again, for it may be cut off, or save the weights again with safetensors."


@dataclass(frozen=True)
class TensorHeader:
    """One tensor as the file announces it."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def read_headers(paths: Iterable[Path]) -> dict[str, TensorHeader]:
    """The tensors of all files of a model, by name.

    Raises:
        UnsafeFileError: a file is damaged, no safetensors, or announces what it does not hold.
    """
    found: dict[str, TensorHeader] = {}
    for path in paths:
        for name, header in _read_one(path).items():
            if name in found:
                raise UnsafeFileError(f"Two files hold the tensor '{name}'.", where=path.name, remedy=_REMEDY)
            found[name] = header
    return found


def _read_one(path: Path) -> dict[str, TensorHeader]:
    refuse_by_content(path)
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size_bytes < 10 or not 2 <= length <= min(size_bytes - 8, MOST_HEADER_BYTES):
            raise UnsafeFileError("This is no whole safetensors file.", where=path.name, remedy=_REMEDY)
        text = file.read(length)
    try:
        entries = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise UnsafeFileError(f"The header cannot be read: {error}.", where=path.name, remedy=_REMEDY) from error
    if not isinstance(entries, dict) or len(entries) > MOST_TENSORS:
        raise UnsafeFileError(
            f"The header is no table of at most {MOST_TENSORS:,} tensors.", where=path.name, remedy=_REMEDY
        )
    entries.pop("__metadata__", None)
    payload_bytes = size_bytes - 8 - length
    parsed = {name: _parse(name, entry, payload_bytes, path) for name, entry in entries.items()}
    announced = sum(header.elements * _BITS[header.dtype] // 8 for header in parsed.values())
    if announced != payload_bytes:
        raise UnsafeFileError(
            f"The header announces {announced:,} bytes of numbers, the file holds {payload_bytes:,}.",
            where=path.name,
            remedy=_REMEDY,
        )
    return parsed


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name '{doubled}' stands there twice")
    return table


def _parse(name: str, entry: Any, payload_bytes: int, path: Path) -> TensorHeader:
    problem = _problem_of(entry, payload_bytes)
    if problem is not None:
        raise UnsafeFileError(f"The tensor '{name}' {problem}.", where=path.name, remedy=_REMEDY)
    return TensorHeader(entry["dtype"], tuple(entry["shape"]))


def _problem_of(entry: Any, payload_bytes: int) -> str | None:
    if not isinstance(entry, Mapping) or set(entry) != {"dtype", "shape", "data_offsets"}:
        return "is not described by dtype, shape and data_offsets"
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in _BITS:
        return f"holds numbers of an unknown kind {dtype!r}"
    sizes_are_whole = _whole_numbers(shape) and len(shape) <= MOST_DIMENSIONS
    if not sizes_are_whole or any(size == 0 or size > LARGEST_DIMENSION for size in shape):
        return f"has the shape {shape!r}, which no layer has"
    if not _whole_numbers(offsets) or len(offsets) != 2 or not offsets[0] <= offsets[1] <= payload_bytes:
        return "lies outside the file"
    if offsets[1] - offsets[0] != math.prod(shape) * _BITS[dtype] // 8:
        return f"does not fill its place: shape {shape!r}, {offsets[1] - offsets[0]} bytes"
    return None


def _whole_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
