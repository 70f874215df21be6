"""What the Runs page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "runs_title": "Every run",
        "runs_lead": "Find a run again, repeat it with changes, share it by its link, take its tables and "
        "figures with you.",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "runs_title": "全部运行",
        "runs_lead": "找回某次运行，改动后再跑一次，用链接分享，把表格和图带走。",
    }
)
