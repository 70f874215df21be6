"""What the Compare page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "compare_title": "Lay runs side by side",
        "compare_lead": "Two to four runs of any models, aligned by relative depth: where do they agree on what "
        "matters?",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "compare_title": "把多次运行放在一起比较",
        "compare_lead": "任意模型的两到四次运行，按相对深度对齐：它们对“哪些层重要”的看法在哪里一致？",
    }
)
