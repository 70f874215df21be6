"""Cut examples into parts that share nothing, by what the examples contain."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

SPLITS = ("search", "test", "heal")
"""``search`` chooses layers, ``test`` measures what was chosen, ``heal`` trains on."""
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


def assign_splits(contents: Sequence[Any], shares: Sequence[float] = SHARES) -> list[str]:
    """The part of each example; it depends on the contents alone, not on their order.

    Equal contents always come to the same part, so nothing that was used to choose is used to measure.

    Args:
        contents: texts, picture bytes or PIL images.
        shares: of search, test and heal; they sum to 1.
    """
    keys = [content_key(item) for item in contents]
    distinct = sorted(set(keys))
    edges = np.floor(np.cumsum(shares) * len(distinct) + 0.5).astype(int)
    edges[-1] = len(distinct)
    part_of = {key: SPLITS[int(np.searchsorted(edges, rank, side="right"))] for rank, key in enumerate(distinct)}
    return [part_of[key] for key in keys]
