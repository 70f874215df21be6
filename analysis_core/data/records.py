"""What all forms of data have in common: a name, a checksum, parts that share nothing, a representative head."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import numpy as np

from analysis_core.data.digests import digest_of
from analysis_core.data.splitting import SPLITS, representative_order
from analysis_core.errors import DataError

R = TypeVar("R")


@dataclass(frozen=True, eq=False, kw_only=True)
class Parted(ABC):
    """Some examples, each in one part.

    Args:
        name: how the data is called in results.
        parts: name of each example's part ``[examples]``: ``"search"`` to choose with, ``"test"`` to measure with,
            ``"heal"`` to train with; empty for an example in none.
        split_rule: one sentence that says what never stands on two sides.
        class_names: names of the classes, by index; empty where there are none.
    """

    name: str
    parts: np.ndarray
    split_rule: str
    class_names: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, positions: np.ndarray) -> Self:
        """The examples at these positions, in this order."""

    @abstractmethod
    def digests(self) -> Iterator[bytes]:
        """A checksum of each example's content, in their order."""

    @property
    @abstractmethod
    def labels(self) -> np.ndarray | None:
        """Class indices ``[examples]``, int64; None where there are none."""

    @property
    def splits(self) -> dict[str, int]:
        """How many examples each part holds."""
        counts = {split: int((self.parts == split).sum()) for split in SPLITS}
        return {split: count for split, count in counts.items() if count}

    @cached_property
    def sha256(self) -> str:
        """Checksum over all contents in their order and over the classes' names; paths and times do not count."""
        digest = hashlib.sha256(digest_of(self.class_names))
        for item in self.digests():
            digest.update(item)
        return digest.hexdigest()

    def split(self, name: str) -> Self:
        """One part.

        Raises:
            DataError: the part is empty.
        """
        positions = np.flatnonzero(self.parts == name)
        if not len(positions):
            raise DataError(
                f"There are no examples for '{name}'.",
                where=self.name,
                remedy=f"Parts with examples: {', '.join(self.splits) or 'none'}; give more examples.",
            )
        return self.take(positions)

    def head(self, max_samples: int, seed: int = 0) -> Self:
        """At most so many examples, in a random order that keeps the shares of the classes at every length."""
        return self.take(representative_order(self.labels, len(self), seed)[:max_samples])


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordSet(Parted, Generic[R]):
    """Examples that are one small object each.

    Args:
        records: frozen dataclasses of one kind.
    """

    records: tuple[R, ...]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __getitem__(self, position: int) -> R:
        return self.records[position]

    def take(self, positions: np.ndarray) -> Self:
        chosen = tuple(self.records[position] for position in positions.tolist())
        return replace(self, records=chosen, parts=self.parts[positions])

    def digests(self) -> Iterator[bytes]:
        return map(digest_of, self.records)

    @property
    def labels(self) -> np.ndarray | None:
        found: list[Any] = [getattr(record, "label", None) for record in self.records]
        return None if not found or None in found else np.array(found, dtype=np.int64)
