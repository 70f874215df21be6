"""The table of words is put together from several, none of which may hide another's phrase, in two languages."""

from __future__ import annotations

import re
import string
from collections import Counter
from types import ModuleType

import pytest

from pages.ui.strings import CHINESE, ENGLISH, ROOMS


def test_no_phrase_hides_another_one() -> None:
    counts = Counter(key for room in ROOMS for key in room.ENGLISH)
    assert [key for key, count in counts.items() if count > 1] == []
    assert set(counts) == set(ENGLISH)


def _fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def test_a_translation_takes_the_same_values() -> None:
    assert [key for key, phrase in CHINESE.items() if not _fields(phrase) <= _fields(ENGLISH[key])] == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__.rpartition(".")[2])
def test_chinese_says_all_that_english_says(room: ModuleType) -> None:
    assert set(room.CHINESE) == set(room.ENGLISH)


def test_chinese_has_its_own_punctuation() -> None:
    """No Latin comma, semicolon, colon, bracket or full stop beside a Chinese sign."""
    mixed = re.compile(r"[\u4e00-\u9fff][,;:()!?.]|[,;:()!?](?=[\u4e00-\u9fff])")
    assert {key: phrase for key, phrase in CHINESE.items() if mixed.search(phrase)} == {}
