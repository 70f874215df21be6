"""What the Learn page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "learn_title": "Six short lessons",
        "learn_lead": "Each drives the real app on a real model, and ends with a question.",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "learn_title": "六节短课",
        "learn_lead": "每一课都在真实模型上操作真实的应用，最后有一道思考题。",
    }
)
