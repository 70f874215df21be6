"""Cut examples into parts that share nothing, by what the examples contain."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Hashable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from analysis_core.data.digests import digest_of

SPLITS = ("search", "test", "heal")
"""``search`` chooses layers, ``test`` measures what was chosen, ``heal`` is the part to train on."""
SHARES = (0.4, 0.4, 0.2)
"""Of the distinct examples; the parts are filled to these shares exactly, up to rounding."""


def content_bytes(item: Any) -> bytes:
    """An example's content, byte by byte: a text in UTF-8, a picture's file."""
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, Image.Image):
        buffer = io.BytesIO()
        item.save(buffer, format="PNG")
        return buffer.getvalue()
    return bytes(item)


def content_key(item: Any) -> bytes:
    """A digest by which two examples count as the same: equal words, or equal bytes of a picture."""
    same = " ".join(item.split()).casefold() if isinstance(item, str) else item
    return hashlib.sha256(content_bytes(same)).digest()


def assign_splits(contents: Sequence[Any], shares: Sequence[float] = SHARES, seed: int = 0) -> list[str]:
    """The part of each example; it depends on the contents and the seed alone, not on their order.

    Equal contents always come to the same part, so nothing that was used to choose is used to measure.

    Args:
        contents: texts, picture bytes or PIL images.
        shares: of search, test and heal; they sum to 1.
        seed: another seed divides otherwise.
    """
    keys = [_seeded(content_key(item), seed) for item in contents]
    distinct = sorted(set(keys))
    edges = np.floor(np.cumsum(shares) * len(distinct) + 0.5).astype(int)
    edges[-1] = len(distinct)
    part_of = {key: SPLITS[int(np.searchsorted(edges, rank, side="right"))] for rank, key in enumerate(distinct)}
    return [part_of[key] for key in keys]


def assign_parts(ties: Sequence[Collection[Hashable]], seed: int = 0, shares: Sequence[float] = SHARES) -> np.ndarray:
    """The part of each record, such that records which share a tie are never divided.

    Ties chain: where one record shares its speaker with a second, and the second its content with a third, all three
    stay together. What hangs together goes, in an order drawn by ``seed``, to the part that lacks most to its share.

    Args:
        ties: for each record the keys (``str``, ``bytes``) that bind it: its content, its article, its speaker.
        seed: another seed divides otherwise; the order of the records makes no difference.
        shares: of search, test and heal; they sum to 1.

    Returns:
        The parts' names ``[records]``.
    """
    groups = connected(ties)
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, dtype=int)
    ranks = [b"\xff" * 32] * len(sizes)
    for group, keys in zip(groups.tolist(), ties, strict=True):
        ranks[group] = min(ranks[group], *(_seeded(digest_of(key), seed) for key in keys))
    lacking = np.asarray(shares) * len(groups)
    part_of = np.empty(len(sizes), dtype=int)
    for group in sorted(range(len(sizes)), key=ranks.__getitem__):
        part_of[group] = int(np.argmax(lacking))
        lacking[part_of[group]] -= sizes[group]
    return np.array(SPLITS)[part_of[groups]] if len(groups) else np.empty(0, dtype="<U6")


def connected(ties: Sequence[Collection[Hashable]]) -> np.ndarray:
    """Number of the connected group of each record, ``[records]``, from 0 on: records with a key in common are one."""
    leader = list(range(len(ties)))

    def lead(record: int) -> int:
        while leader[record] != record:
            leader[record] = leader[leader[record]]
            record = leader[record]
        return record

    first_with: dict[Hashable, int] = {}
    for record, keys in enumerate(ties):
        for key in keys:
            leader[lead(record)] = lead(first_with.setdefault(key, record))
    return np.unique([lead(record) for record in range(len(ties))], return_inverse=True)[1].reshape(-1)


def representative_order(labels: np.ndarray | None, size: int, seed: int) -> np.ndarray:
    """Positions in a seeded random order in which every class comes as often as its share asks.

    Each class is shuffled and spread evenly over 0 … 1 with a random phase; reading from left to right
    then meets every class in proportion, whatever the length read.
    """
    generator = np.random.default_rng(seed)
    if labels is None:
        return generator.permutation(size)
    places = np.empty(size)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        places[members] = (np.arange(len(members)) + generator.random(len(members))) / len(members)
    return np.argsort(places, kind="stable")


def _seeded(key: bytes, seed: int) -> bytes:
    """Seed 0 leaves keys as they are."""
    return hashlib.sha256(seed.to_bytes(8, "little", signed=True) + key).digest() if seed else key
