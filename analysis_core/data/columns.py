"""Which column of a table holds what: as the caller says, or guessed and the reason said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis_core.data.contents import quoted
from analysis_core.errors import ConfigurationError, DataError

MEANINGS = ("text", "second_text", "numbers", "label", "target", "split")
"""``label`` is a class, ``target`` a number to predict, ``second_text`` what goes with the text or is made of it."""

USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text", "sentence", "content", "document", "body", "review", "comment", "question", "input",
        "sentence1", "text1", "premise", "query", "anchor", "source", "article", "dialogue",
    ),
    "second_text": (
        "second_text", "sentence2", "text2", "hypothesis", "positive", "answer", "passage", "target_text",
        "translation", "summary", "highlights", "reference",
    ),
    "image": ("image", "picture", "img", "photo", "input"),
    "label": ("label", "labels", "target", "targets", "class", "category", "topic", "sentiment", "y"),
    "split": ("split",),
}  # fmt: skip
"""Names under which a column is found by itself, in small letters, the most usual first."""

_IDENTIFIERS = ("id", "idx", "index", "unnamed: 0", "__index_level_0__", "")
_MOST_CLASSES_GUESSED = 50
_LOOKED_AT = 1000


@dataclass(frozen=True)
class ColumnMapping:
    """Which columns are read.

    Args:
        columns: the names of the columns in the file, by meaning (:data:`MEANINGS`); only ``numbers`` has several.
        reasons: why each was chosen, by meaning, in words that the app shows.
    """

    columns: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str]

    def one(self, meaning: str) -> str | None:
        """The column with this meaning; None where there is none."""
        return next(iter(self.columns.get(meaning, ())), None)


def column_named_for(meaning: str, present: Sequence[str], given: Mapping[str, Any], where: str) -> str:
    """The column that is given for a meaning, or that has one of its usual names.

    Raises:
        DataError: there is none; lists those that there are.
    """
    if meaning in given:
        return _existing(given[meaning], present, where)
    found = _by_usual_name(meaning, present)
    if found is None:
        listed = ", ".join(map(quoted, present))
        raise DataError(
            f"No column holds the {meaning}s; the columns are {listed}.",
            where=where,
            remedy=f"Call the column '{meaning}'.",
        )
    return found


def map_columns(table: pd.DataFrame, given: Mapping[str, str | Sequence[str]], where: str) -> ColumnMapping:
    """What every column of a table means.

    What is given is taken as it stands, and nothing is guessed for a meaning that is given, also as ``()``.

    Args:
        table: the columns of the file, nothing else.
        given: names of columns by meaning.
        where: the file's name.

    Raises:
        ConfigurationError: a meaning that there is not.
        DataError: a given column that there is not, or two meanings for one.
    """
    unknown = next((meaning for meaning in given if meaning not in MEANINGS), None)
    if unknown is not None:
        raise ConfigurationError(
            f"A column cannot mean {quoted(unknown)}.", where="columns", remedy=f"Use {', '.join(MEANINGS)}."
        )
    guess = _Guess(table, where)
    for meaning, names in given.items():
        guess.take(meaning, [names] if isinstance(names, str) else names, "as given")
    for meaning, look in guess.lookups:
        if meaning not in given:
            look()
    return ColumnMapping(guess.columns, guess.reasons)


class _Guess:
    """Columns are taken one after the other; each means one thing."""

    def __init__(self, table: pd.DataFrame, where: str) -> None:
        self._where = where
        self._present = [str(name) for name in table.columns]
        self._head = table.iloc[:_LOOKED_AT]
        self._numeric = {name for name in self._present if _is_numeric(self._head[name])}
        self.columns: dict[str, tuple[str, ...]] = {}
        self.reasons: dict[str, str] = {}

    @property
    def _free(self) -> list[str]:
        taken = {name for names in self.columns.values() for name in names}
        return [name for name in self._present if name not in taken]

    def take(self, meaning: str, names: Sequence[str], reason: str) -> None:
        for name in names:
            _existing(name, self._present, self._where)
            if name not in self._free:
                raise DataError(
                    f"The column {quoted(name)} is given two meanings.", where=self._where, remedy="Give it one."
                )
        if meaning != "numbers" and len(names) > 1:
            raise DataError(f"Only one column can be the {meaning}.", where=self._where, remedy="Name one.")
        if names:
            self.columns[meaning], self.reasons[meaning] = tuple(names), reason

    @property
    def lookups(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """In this order, since what was taken before is free no more; the label's values say if it is a target."""
        return (
            ("text", self._look_for_text),
            ("second_text", self._look_for_second_text),
            ("numbers", self._look_for_numbers),
            ("label", self._look_for_label),
            ("split", self._look_for_split),
        )

    def _look_for_text(self) -> None:
        words = [name for name in self._free if name not in self._numeric]
        named = _by_usual_name("text", words)
        if named:
            self.take("text", [named], f"the column is called {quoted(named)}")
            return
        lengths = {name: self._head[name].astype(str).str.split().str.len().mean() for name in words}
        longest = max(lengths, key=lengths.__getitem__, default=None)
        if longest is not None and lengths[longest] >= 3:
            reason = f"its values are the longest, {lengths[longest]:.0f} words on average"
            self.take("text", [longest], reason)

    def _look_for_second_text(self) -> None:
        words = [name for name in self._free if name not in self._numeric]
        named = _by_usual_name("second_text", words)
        if named is None and (self.columns.get("text") or ("",))[0].lower() == "source":
            named = next((name for name in words if name.lower() == "target"), None)
        if named and "text" in self.columns:
            self.take("second_text", [named], f"the column is called {quoted(named)}")

    def _look_for_numbers(self) -> None:
        if "text" in self.columns:  # beside a text, numbers are counts and ids; whoever wants them names them
            return
        label = self._label_name()
        names = [name for name in self._free if name in self._numeric and name != label]
        names = [name for name in names if name.strip().lower() not in (*_IDENTIFIERS, "split")]
        self.take("numbers", names, "these columns hold numbers")

    def _look_for_label(self) -> None:
        name = self._label_name()
        if name is None or "target" in self.columns or name not in self._free:
            return
        if self._is_quantity(name):
            self.take("target", [name], f"the column is called {quoted(name)} and holds numbers that are no classes")
            return
        usual = _by_usual_name("label", self._present) == name
        self.take("label", [name], f"the column is called {quoted(name)}" if usual else "the one column of few words")

    def _look_for_split(self) -> None:
        named = _by_usual_name("split", self._free)
        if named:
            self.take("split", [named], f"the column is called {quoted(named)}")

    def _label_name(self) -> str | None:
        """The column called like a label, or the only one left whose words repeat."""
        given = self.columns.get("label") or self.columns.get("target")
        if given:
            return given[0]
        named = _by_usual_name("label", self._free)
        if named:
            return named
        few = [
            name
            for name in self._free
            if name not in self._numeric and name.strip().lower() not in (*_IDENTIFIERS, "split")
            and self._head[name].astype(str).nunique() <= min(_MOST_CLASSES_GUESSED, len(self._head) // 2)
        ]  # fmt: skip
        return few[0] if len(few) == 1 else None

    def _is_quantity(self, name: str) -> bool:
        if name not in self._numeric:
            return False
        values = pd.to_numeric(self._head[name], errors="coerce").dropna()
        return bool((values != values.round()).any()) or values.nunique() > _MOST_CLASSES_GUESSED


def _existing(name: Any, present: Sequence[str], where: str) -> str:
    if name not in present:
        raise DataError(
            f"There is no column {quoted(name)}; the columns are {', '.join(map(quoted, present))}.",
            where=where,
            remedy="Name one of them.",
        )
    return str(name)


def _by_usual_name(meaning: str, present: Sequence[str]) -> str | None:
    by_name = {name.strip().lower(): name for name in reversed(present)}
    return next((by_name[usual] for usual in USUAL_NAMES[meaning] if usual in by_name), None)


def _is_numeric(values: pd.Series[Any]) -> bool:
    """Whether most values are numbers, so that a single wrong one is found and named later."""
    filled = values[values.astype(str).str.strip() != ""].dropna()
    return len(filled) > 0 and bool(pd.to_numeric(filled, errors="coerce").notna().mean() > 0.5)
