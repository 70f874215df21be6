"""How a result becomes JSON types and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON types: tuples become lists, dataclasses become dictionaries."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


class JsonResult:
    """A frozen dataclass that can be stored as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON types; ``from_dict`` reads it back."""
        return dict(plain(self))
