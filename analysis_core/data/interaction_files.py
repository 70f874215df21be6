"""Logs of interactions in the forms that recommendation research shares them in."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from analysis_core.data.contents import quoted
from analysis_core.data.interactions import InteractionLog
from analysis_core.data.lines import text_lines
from analysis_core.data.options import ReadOptions
from analysis_core.errors import DataError

MOST_INTERACTIONS = 20_000_000
LATEST_MS = 4_102_444_800_000
"""The year 2100: a later time was written in another unit."""

HIGHEST_RATING = 1e6

Row = tuple[str, str, float | None, int | None]
"""User, item, rating and time in milliseconds."""


@dataclass(frozen=True)
class LogForm:
    """How one line of a log is written.

    Args:
        expected: what a line looks like, for errors.
        parse: a line as a row; ValueError where it is not of this form.
        header: the first line, where the form has one.
    """

    expected: str
    parse: Callable[[str], Row]
    header: str = ""


def _amazon_2018(line: str) -> Row:
    entry = _object(line)
    return (
        _name(entry["reviewerID"]), _name(entry["asin"]), _rating(entry["overall"]),
        _time_ms(entry["unixReviewTime"], 1000),
    )  # fmt: skip


def _amazon_2023(line: str) -> Row:
    """Products with variants are counted as one, as the data's authors do: ``parent_asin`` goes before ``asin``."""
    entry = _object(line)
    item = entry["parent_asin"] if "parent_asin" in entry else entry["asin"]
    return _name(entry["user_id"]), _name(item), _rating(entry["rating"]), _time_ms(entry["timestamp"], 1)


def _separated(separator: str, to_ms: int) -> Callable[[str], Row]:
    def parse(line: str) -> Row:
        user, item, rating, time = line.split(separator)
        stars, time_ms = float(rating), to_ms * int(time)
        if not (user and item and -HIGHEST_RATING <= stars <= HIGHEST_RATING and 0 <= time_ms <= LATEST_MS):
            raise ValueError
        return user, item, stars, time_ms

    return parse


def _pair(line: str) -> Row:
    user, item = line.split()
    return user, item, None, None


AMAZON_2018 = LogForm('{"reviewerID": …, "asin": …, "overall": 5.0, "unixReviewTime": 1376265600}', _amazon_2018)
AMAZON_2023 = LogForm('{"user_id": …, "parent_asin": …, "rating": 5.0, "timestamp": 1677939345945}', _amazon_2023)
AMAZON_2023_CSV = LogForm(
    "user_id,parent_asin,rating,timestamp", _separated(",", 1), "user_id,parent_asin,rating,timestamp"
)
MOVIELENS_100K = LogForm("user<TAB>item<TAB>rating<TAB>timestamp", _separated("\t", 1000))
MOVIELENS_CSV = LogForm("userId,movieId,rating,timestamp", _separated(",", 1000), "userId,movieId,rating,timestamp")
PAIRS = LogForm("user item", _pair)


def form_of_line(line: str) -> LogForm | None:
    """The form that a log's first line has; None where it has none of them."""
    line = line.strip()
    for form in (MOVIELENS_CSV, AMAZON_2023_CSV):
        if line == form.header:
            return form
    if line.startswith("{"):
        for form, key in ((AMAZON_2018, '"reviewerID"'), (AMAZON_2023, '"user_id"')):
            if key in line and 'asin"' in line:
                return form
        return None
    if "\t" in line and len(line.split("\t")) == 4:
        return MOVIELENS_100K if _fits(MOVIELENS_100K, line) else None
    names = line.split()
    return PAIRS if len(names) == 2 and all(name.isdecimal() for name in names) else None


def read_interactions(path: Path, options: ReadOptions | None = None, form: LogForm | None = None) -> InteractionLog:
    """A log of any of the forms above, plain or gzipped, read line by line.

    Args:
        path: the file.
        options: its ``seed`` is that of a division by user.
        form: found in the first line when None.

    Raises:
        DataError: names the first line that is of another form, and what was expected.
    """
    lines = text_lines(path)
    first = next(lines)
    form = form or form_of_line(first)
    if form is None:
        known = "; ".join(each.expected for each in (AMAZON_2018, AMAZON_2023, MOVIELENS_100K, MOVIELENS_CSV, PAIRS))
        raise _unexpected(f"one of: {known}", first, f"{path.name}, line 1")
    has_header = first.strip() == form.header
    if form.header and not has_header:
        raise _unexpected(form.expected, first, f"{path.name}, line 1")
    builder = _filled(lines if has_header else chain([first], lines), form, path.name, 2 if has_header else 1)
    if not builder.users:
        raise DataError("The file holds no interactions.", where=path.name, remedy="Write one on each line.")
    return builder.log(path.name, options.seed if options else 0)


def _filled(lines: Iterable[str], form: LogForm, file: str, first_number: int) -> _Builder:
    builder = _Builder()
    add, parse = builder.add, form.parse  # this loop runs for every line of the log
    for number, line in enumerate(lines, start=first_number):
        if line.isspace():
            continue
        if number > MOST_INTERACTIONS:
            raise DataError(
                f"The file holds more than {MOST_INTERACTIONS:,} lines.", where=file, remedy="Give a part of it."
            )
        try:
            user, item, rating, time_ms = parse(line)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _unexpected(form.expected, line, f"{file}, line {number}") from None
        add(user, item, rating, time_ms)
    return builder


class _Builder:
    """Collects interactions in flat arrays: 28 bytes a line, plus the names."""

    def __init__(self) -> None:
        self.users, self.items = array("q"), array("q")
        self._ratings, self._times_ms = array("f"), array("q")
        self._user_index: dict[str, int] = {}
        self._item_index: dict[str, int] = {}

    def add(self, user: str, item: str, rating: float | None, time_ms: int | None) -> None:
        self.users.append(self._user_index.setdefault(user, len(self._user_index)))
        self.items.append(self._item_index.setdefault(item, len(self._item_index)))
        if rating is not None:
            self._ratings.append(rating)
        if time_ms is not None:
            self._times_ms.append(time_ms)

    def log(self, name: str, seed: int) -> InteractionLog:
        users, items = np.array(self.users, dtype=np.int64), np.array(self.items, dtype=np.int64)
        times_ms = np.array(self._times_ms, dtype=np.int64) if self._times_ms else None
        ratings = np.array(self._ratings, dtype=np.float32) if self._ratings else None
        kept = _without_repeats(users, items, times_ms)
        times = times_ms if times_ms is not None else np.zeros(len(users), dtype=np.int64)
        order = kept[np.lexsort((kept, times[kept], users[kept]))]
        return InteractionLog(
            name=name,
            users=users[order],
            items=items[order],
            user_names=tuple(self._user_index),
            item_names=tuple(self._item_index),
            ratings=None if ratings is None else ratings[order],
            times_ms=None if times_ms is None else times_ms[order],
            seed=seed,
            repeats=len(users) - len(kept),
        )


def _without_repeats(users: np.ndarray, items: np.ndarray, times_ms: np.ndarray | None) -> np.ndarray:
    """Positions of the first of every (user, item, time), in the order of the file; all where there are no times."""
    if times_ms is None:
        return np.arange(len(users))
    order = np.lexsort((times_ms, items, users))  # stable: of equal ones, the first comes first
    same = np.ones(max(0, len(order) - 1), dtype=bool)
    for values in (users, items, times_ms):
        same &= values[order][1:] == values[order][:-1]
    return np.sort(order[np.concatenate([[True], ~same])])


def _fits(form: LogForm, line: str) -> bool:
    try:
        form.parse(line)
    except ValueError:
        return False
    return True


def _object(line: str) -> Mapping[str, Any]:
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError
    return entry


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _rating(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= HIGHEST_RATING:
        raise ValueError
    return float(value)


def _time_ms(value: Any, to_ms: int) -> int:
    if type(value) is not int or not 0 <= value * to_ms <= LATEST_MS:
        raise ValueError
    return value * to_ms


def _unexpected(expected: str, line: str, where: str) -> DataError:
    python_notation = line.lstrip().startswith("{'")
    return DataError(
        f"Expected {expected}; found {quoted(line)}.",
        where=where,
        remedy="Write JSON, with double quotes." if python_notation else "Correct or drop the line.",
    )
