"""Every word of the interface, in one table a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from analysis_core.report import phrases
from analysis_core.report.typography import Phrase
from pages.ui import language
from pages.ui.words import bring, common, compare, explore, learn, live, parts, result, runs, terms, what_if

ROOMS = (common, explore, bring, result, parts, what_if, compare, live, runs, learn, terms)
ENGLISH: Mapping[str, str] = MappingProxyType({key: phrase for room in ROOMS for key, phrase in room.ENGLISH.items()})
CHINESE: Mapping[str, str] = MappingProxyType(
    {key: Phrase(phrase) for room in ROOMS for key, phrase in room.CHINESE.items()}
)
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": ENGLISH, "zh": CHINESE})


def text(key: str, /, **values: object) -> str:
    """A phrase in the reader's language with its values filled in; English where that language lacks it."""
    phrase = TABLES[language.current()].get(key) or ENGLISH[key]
    return phrase.format(**values) if values else phrase


def metric_name(name: str) -> str:
    """A metric's name for people in the reader's language."""
    return phrases.metric_name(name, language.phrases())


def listed(words: Sequence[str]) -> str:
    """Words as a list that is read: ``a, b and c``."""
    return phrases.listed(words, language.phrases())


def layer_list(indices: Iterable[int]) -> str:
    """Layer numbers as people say them: ``0, 1 and 4-6``."""
    return phrases.layer_list(indices, language.phrases())
