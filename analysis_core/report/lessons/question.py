"""A question with its answers, of which the right one is computed from the data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question.

    Args:
        asked: the question.
        options: the answers that one chooses from.
        right: place of the right one.
        because: why it is right, with the numbers.
    """

    asked: str
    options: tuple[str, ...]
    right: int
    because: str

    @property
    def answer(self) -> str:
        """The right answer."""
        return self.options[self.right]
