"""Parts share nothing, depend on contents alone, and have the sizes that were asked for."""

from __future__ import annotations

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from analysis_core.data.splitting import SPLITS, assign_parts, assign_splits, content_key


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


def connected_by_hand(ties: list[tuple[str, ...]]) -> list[set[int]]:
    """Groups of records, by merging sets until nothing changes."""
    groups = [{index} for index in range(len(ties))]
    merged = True
    while merged:
        merged = False
        for one, other in itertools.combinations(groups, 2):
            if {key for record in one for key in ties[record]} & {key for record in other for key in ties[record]}:
                groups.remove(other)
                one.update(other)
                merged = True
                break
    return groups


TIES = st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=2).map(tuple), min_size=1, max_size=14)


@settings(max_examples=100, deadline=None)
@given(ties=TIES, seed=st.integers(0, 3), chance=st.randoms())
def test_what_is_tied_stays_together(ties: list[tuple[str, ...]], seed: int, chance: random.Random) -> None:
    parts = assign_parts(ties, seed).tolist()
    for group in connected_by_hand(ties):
        assert len({parts[record] for record in group}) == 1
    order = list(range(len(ties)))
    chance.shuffle(order)
    assert assign_parts([ties[index] for index in order], seed).tolist() == [parts[index] for index in order]


def test_untied_records_fill_the_shares_and_the_seed_counts() -> None:
    ties = [(f"record {index}",) for index in range(1000)]
    parts = assign_parts(ties)
    assert {split: int((parts == split).sum()) for split in SPLITS} == {"search": 400, "test": 400, "heal": 200}
    assert (assign_parts(ties, seed=0) == parts).all() and (assign_parts(ties, seed=1) != parts).any()
    assert assign_splits([key for (key,) in ties]) != assign_splits([key for (key,) in ties], seed=1)


def test_two_groups_fill_the_parts_that_measure() -> None:
    assert set(assign_parts([("a",), ("a",), ("b",)])) == {"search", "test"}
    assert assign_parts([]).tolist() == []
