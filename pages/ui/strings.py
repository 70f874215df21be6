"""Every word of the interface, in one table a language. A Chinese table goes beside the English one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.words import bring, common, explore, live, result, what_if

ENGLISH: Mapping[str, str] = MappingProxyType(
    {**common.ENGLISH, **explore.ENGLISH, **bring.ENGLISH, **result.ENGLISH, **what_if.ENGLISH, **live.ENGLISH}
)
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": ENGLISH})


def text(key: str, /, language: str = "en", **values: object) -> str:
    """A phrase of the interface with its values filled in; English where a language lacks it."""
    phrase = TABLES.get(language, ENGLISH).get(key) or ENGLISH[key]
    return phrase.format(**values) if values else phrase
