"""One checksum for everything that examples are made of, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from typing import Any

import numpy as np


def unhashed(**options: Any) -> Any:
    """A dataclass field that is no content, such as the line where an example stood."""
    return field(metadata={"content": False}, **options)


def digest_of(value: Any) -> bytes:
    """SHA-256 of a value: None, bool, int, float, str, bytes, array, sequence, mapping or a dataclass of these.

    Every part is hashed with its type and length, so that ``("ab", "c")`` and ``("a", "bc")`` differ.
    Of a dataclass, the fields made by :func:`unhashed` do not count.

    Raises:
        TypeError: a value of another type.
    """
    return hashlib.sha256(_encoded(value)).digest()


def _encoded(value: Any) -> bytes:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float)):
        return f"{type(value).__name__}:{value!r};".encode()
    if isinstance(value, (str, bytes)):
        raw = value.encode(errors="surrogatepass") if isinstance(value, str) else value
        return f"{type(value).__name__}:{len(raw)}:".encode() + raw
    if isinstance(value, np.ndarray) and value.dtype != object:
        plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        return f"array:{plain.dtype.str}:{plain.shape}:".encode() + plain.tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        value = {item.name: getattr(value, item.name) for item in fields(value) if item.metadata.get("content", True)}
    if isinstance(value, Mapping):
        value = [part for key in sorted(value) for part in (key, value[key])]
    if isinstance(value, (tuple, list, np.ndarray)):
        return f"sequence:{len(value)}:".encode() + b"".join(digest_of(item) for item in value)
    raise TypeError(f"A value of type {type(value).__name__} has no checksum.")
