"""Checksums are of contents, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data.digests import digest_of, unhashed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Example:
    text: str
    where: str = unhashed(default="")


def typed(value: Any) -> Any:
    """The value with its types, since True equals 1."""
    if isinstance(value, dict):
        return {key: typed(part) for key, part in value.items()}
    return tuple(map(typed, value)) if isinstance(value, tuple) else (type(value), value)


def flattened_mappings(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(flattened_mappings(part) for key in sorted(value) for part in (key, value[key]))
    return tuple(map(flattened_mappings, value)) if isinstance(value, tuple) else value


@settings(max_examples=200, deadline=None)
@given(one=VALUES, other=VALUES)
def test_checksums_are_equal_where_contents_are(one: Any, other: Any) -> None:
    same = typed(flattened_mappings(one)) == typed(flattened_mappings(other))
    assert (digest_of(one) == digest_of(other)) == same


def test_borders_between_parts_count() -> None:
    assert digest_of(("ab", "c")) != digest_of(("a", "bc"))
    assert digest_of((("a",), "b")) != digest_of(("a", ("b",)))


def test_arrays_count_by_value_type_and_shape() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    assert digest_of(array) == digest_of(np.asfortranarray(array)) == digest_of(array.astype(">i4"))
    assert digest_of(array) != digest_of(array.reshape(3, 2)) != digest_of(array.astype(np.int64))
    assert digest_of(np.array(["a", "b"], dtype=object)) == digest_of(("a", "b"))
    assert digest_of(np.float64(0.5)) == digest_of(0.5)


def test_where_an_example_stood_does_not_count() -> None:
    assert digest_of(Example("a", "line 1")) == digest_of(Example("a", "line 2")) != digest_of(Example("b"))


def test_what_has_no_checksum_is_said() -> None:
    with pytest.raises(TypeError, match="set"):
        digest_of({1, 2})
