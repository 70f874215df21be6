"""The table of words is put together from several, none of which may hide another's phrase."""

from __future__ import annotations

from collections import Counter

from pages.ui.strings import ENGLISH
from pages.ui.words import bring, common, explore, live, result, what_if


def test_no_phrase_hides_another_one() -> None:
    rooms = (bring, common, explore, live, result, what_if)
    counts = Counter(key for room in rooms for key in room.ENGLISH)
    assert [key for key, count in counts.items() if count > 1] == []
    assert set(counts) == set(ENGLISH)
