"""Parts share nothing, depend on contents alone, and have the sizes that were asked for."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from analysis_core.data.splitting import SPLITS, assign_splits, content_key


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("aAb \n", max_size=4), min_size=1, max_size=40), st.randoms())
def test_equal_contents_are_on_one_side_whatever_the_order(texts: list[str], chance: random.Random) -> None:
    parts = dict(zip(map(content_key, texts), assign_splits(texts), strict=True))
    assert [parts[content_key(text)] for text in texts] == assign_splits(texts)
    shuffled = texts[:]
    chance.shuffle(shuffled)
    assert assign_splits(shuffled) == [parts[content_key(text)] for text in shuffled]


def test_the_parts_have_their_shares() -> None:
    parts = assign_splits([f"text {index}" for index in range(1000)])
    assert {split: parts.count(split) for split in SPLITS} == {"search": 400, "test": 400, "heal": 200}


def test_three_examples_fill_the_parts_that_measure() -> None:
    assert {"search", "test"} <= set(assign_splits(["a", "b", "c"]))


def test_spacing_and_case_make_no_difference() -> None:
    assert content_key("A  good\nfilm ") == content_key("a good film") != content_key("a bad film")


def test_pictures_are_told_apart_by_their_pixels() -> None:
    black, white = Image.new("L", (2, 2), 0), Image.new("L", (2, 2), 255)
    assert content_key(black) == content_key(black.copy()) != content_key(white)
    assert content_key(b"one") != content_key(b"two")
