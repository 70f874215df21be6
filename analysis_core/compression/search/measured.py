"""Every subset that was measured, kept so that no search has to measure it again. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from analysis_core.results import SubsetResult

Removed = frozenset[int]
Writer = Callable[[dict[str, Any]], None]


class MeasuredSubsets:
    """Results by subset, all on the very same examples, and what greedy removal decided on them.

    Args:
        known: results of earlier searches on these examples.
        decisions: by what was removed and what could go next: which layer went; see :meth:`decide`.
        write: called with every new entry as plain JSON, so that it outlives a search that is stopped.
    """

    def __init__(
        self,
        known: Iterable[SubsetResult] = (),
        decisions: Iterable[tuple[Removed, Removed, int]] = (),
        write: Writer | None = None,
    ) -> None:
        self._results = {frozenset(result.removed): result for result in known}
        self._decisions = {(base, candidates): chosen for base, candidates, chosen in decisions}
        self._write = write
        self._before = len(self._results)

    def __contains__(self, removed: Removed) -> bool:
        return removed in self._results

    def __getitem__(self, removed: Removed) -> SubsetResult:
        return self._results[removed]

    def __iter__(self) -> Iterator[SubsetResult]:
        return iter(self._results.values())

    def __len__(self) -> int:
        return len(self._results)

    @property
    def added(self) -> tuple[SubsetResult, ...]:
        """What came on top of what was known at the start, in the order in which it was measured."""
        return tuple(self._results.values())[self._before :]

    def keep(self, result: SubsetResult) -> None:
        """Remember a result."""
        if frozenset(result.removed) not in self._results:
            self._results[frozenset(result.removed)] = result
            if self._write is not None:
                self._write({"measured": result.to_dict()})

    def decided(self, base: Removed, candidates: Iterable[int]) -> int | None:
        """Which layer went at such a step before; None where it never was taken."""
        return self._decisions.get((base, frozenset(candidates)))

    def decide(self, base: Removed, candidates: Iterable[int], chosen: int) -> None:
        """Remember that of the candidates, once ``base`` was gone, ``chosen`` cost the least."""
        key = (base, frozenset(candidates))
        if key not in self._decisions:
            self._decisions[key] = chosen
            if self._write is not None:
                self._write({"step": {"base": sorted(base), "candidates": sorted(key[1]), "chosen": chosen}})

    @classmethod
    def from_entries(
        cls, entries: Iterable[dict[str, Any]], known: Iterable[SubsetResult] = (), write: Writer | None = None
    ) -> MeasuredSubsets:
        """Rebuild from what was written, and from further results."""
        results, steps = list(known), []
        for entry in entries:
            if "measured" in entry:
                results.append(SubsetResult.from_dict(entry["measured"]))
            elif "step" in entry:
                step = entry["step"]
                steps.append((frozenset(step["base"]), frozenset(step["candidates"]), int(step["chosen"])))
        return cls(results, steps, write)
