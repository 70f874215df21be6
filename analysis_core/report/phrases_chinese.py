"""The words of findings and figures in Chinese; :mod:`phrases` joins them with English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "and": " 和 ",
        "comma": "、",
    }
)
