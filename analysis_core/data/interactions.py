"""Who took what, in which order: logs of interactions between users and items."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

import numpy as np

from analysis_core.data.digests import digest_of
from analysis_core.data.records import RecordSet
from analysis_core.data.splitting import SPLITS, assign_parts
from analysis_core.errors import DataError

FEWEST_TO_LEAVE_OUT = 3


class SplitRule(StrEnum):
    """How a log is divided."""

    LEAVE_LAST_OUT = "leave last out"
    BY_USER = "by user"


_RULE_SENTENCES = {
    SplitRule.LEAVE_LAST_OUT: "Of every user with three or more interactions, the last is to be predicted for the "
    "test, the one before for the search, and those before them train; the rest trains.",
    SplitRule.BY_USER: "A user's interactions are never divided, nor are users with the same interactions; "
    "the last one of each user is to be predicted.",
}


@dataclass(frozen=True, eq=False)
class ItemSequence:
    """What a user took, and what comes next.

    Args:
        user: index of the user.
        history: indices of the items before, oldest first, int64 ``[items]``.
        target: index of the item that comes next.
    """

    user: int
    history: np.ndarray
    target: int

    @property
    def items(self) -> np.ndarray:
        """History and target, as a model trains on them: every item is predicted from those before it."""
        return np.append(self.history, self.target)


@dataclass(frozen=True, eq=False, kw_only=True)
class InteractionLog:
    """All interactions, sorted by user and then by time; where times are equal, in the order of the file.

    Args:
        name: how the data is called in results.
        users, items: indices ``[interactions]``, int64, from 0 on in the order in which the file first names them.
        user_names, item_names: as the file has them, by index.
        ratings: ``[interactions]``, float32; None where the file has none.
        times_ms: milliseconds since 1970, int64 ``[interactions]``; None where the order of the lines is that of time.
        rule: how :meth:`split` divides.
        seed: of the division by user; leaving out the last one leaves nothing to chance.
        repeats: how many lines were left out because they repeat an interaction of the same user, item and time.

    Leaving the last interaction out is what sequential recommendation reports (Kang & McAuley 2018, SASRec, section
    IV): no user's future is seen, but another user's training interaction may be later than a test interaction.
    """

    name: str
    users: np.ndarray
    items: np.ndarray
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    ratings: np.ndarray | None = None
    times_ms: np.ndarray | None = None
    rule: SplitRule = SplitRule.LEAVE_LAST_OUT
    seed: int = 0
    repeats: int = 0

    def __len__(self) -> int:
        return len(self.users)

    @property
    def split_rule(self) -> str:
        """What never stands on two sides, in a sentence."""
        return _RULE_SENTENCES[self.rule]

    @cached_property
    def sha256(self) -> str:
        """Checksum over the interactions in their order and over the names, and nothing else."""
        content = (self.users, self.items, self.ratings, self.times_ms, self.user_names, self.item_names)
        return hashlib.sha256(digest_of(content)).hexdigest()

    @property
    def splits(self) -> dict[str, int]:
        """How many items each part predicts, the training part one for each user."""
        counts = {part: len(self._ends(part)[0]) for part in SPLITS}
        return {part: count for part, count in counts.items() if count}

    def divided(self, rule: SplitRule, seed: int = 0) -> InteractionLog:
        """The same log, divided otherwise."""
        return replace(self, rule=rule, seed=seed)

    def split(self, name: str) -> RecordSet[ItemSequence]:
        """One part: a sequence for each user who has one there.

        Raises:
            DataError: the part is empty.
        """
        users, ends = self._ends(name)
        if not len(users):
            raise DataError(
                f"There are no interactions for '{name}'.",
                where=self.name,
                remedy=f"Give more interactions of a user, at least {FEWEST_TO_LEAVE_OUT}.",
            )
        starts = self._bounds[users]
        records = tuple(
            ItemSequence(user, self.items[start : end - 1], int(self.items[end - 1]))
            for user, start, end in zip(users.tolist(), starts.tolist(), ends.tolist(), strict=True)
        )
        parts = np.full(len(records), name)
        return RecordSet(name=self.name, parts=parts, split_rule=self.split_rule, records=records)

    @cached_property
    def _bounds(self) -> np.ndarray:
        """Where each user's interactions start, ``[users + 1]``."""
        return np.searchsorted(self.users, np.arange(len(self.user_names) + 1))

    @cached_property
    def _user_parts(self) -> np.ndarray:
        """The part of each user, when users are divided."""
        starts = self._bounds.tolist()
        sequences = [self.items[start:end].tobytes() for start, end in pairwise(starts)]
        return assign_parts([(hashlib.sha256(sequence).digest(),) for sequence in sequences], self.seed)

    def _ends(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Users of a part and the position after each one's target; a target needs an item before it."""
        lengths = np.diff(self._bounds)
        if self.rule is SplitRule.BY_USER:
            users = np.flatnonzero((self._user_parts == part) & (lengths >= 2))
            return users, self._bounds[users + 1]
        left_out = lengths >= FEWEST_TO_LEAVE_OUT
        if part == "test":
            users = np.flatnonzero(left_out)
            return users, self._bounds[users + 1]
        if part == "search":
            users = np.flatnonzero(left_out)
            return users, self._bounds[users + 1] - 1
        kept = np.where(left_out, lengths - 2, lengths)
        users = np.flatnonzero(kept >= 2) if part == "heal" else np.zeros(0, dtype=np.int64)
        return users, self._bounds[users] + kept[users]
