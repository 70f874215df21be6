"""The table of words is put together from several, none of which may hide another's phrase, in two languages."""

from __future__ import annotations

import string
from collections import Counter

import pytest

from pages.ui.strings import CHINESE, ENGLISH, ROOMS


def test_no_phrase_hides_another_one() -> None:
    counts = Counter(key for room in ROOMS for key in room.ENGLISH)
    assert [key for key, count in counts.items() if count > 1] == []
    assert set(counts) == set(ENGLISH)


def _fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


@pytest.mark.parametrize("key", sorted(CHINESE))
def test_a_translation_takes_the_same_values(key: str) -> None:
    assert _fields(CHINESE[key]) <= _fields(ENGLISH[key])
