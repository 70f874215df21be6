"""A CSV or Parquet file as texts, pairs of texts or numbers, with labels or numbers to predict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis_core.data.columns import ColumnMapping, map_columns
from analysis_core.data.contents import quoted
from analysis_core.data.digests import digest_of
from analysis_core.data.labels import indices_and_names
from analysis_core.data.options import ReadOptions
from analysis_core.data.records import Parted
from analysis_core.data.splitting import SPLITS, assign_parts, content_key
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.errors import DataError

SPLIT_RULE = "Rows with the same text, or the same numbers, are never divided."
_TYING_WORDS = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class TableData(Parted):
    """Rows of a table, column by column.

    Args:
        values: arrays whose first dimension counts rows: ``text`` and ``second_text`` (str), ``numbers``
            (float64 ``[rows, columns]``), ``label`` (int64) or ``target`` (float64); only those that the table has.
        number_names: names of the columns of ``numbers``.
        mapping: which column of the file each came from, and why.
    """

    values: Mapping[str, np.ndarray]
    number_names: tuple[str, ...]
    mapping: ColumnMapping

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def texts(self) -> list[str] | None:
        """The texts; None where the table has none."""
        return list(self.values["text"]) if "text" in self.values else None

    @property
    def second_texts(self) -> list[str] | None:
        """The texts that belong to the first ones; None where the table has none."""
        return list(self.values["second_text"]) if "second_text" in self.values else None

    @property
    def numbers(self) -> np.ndarray | None:
        """The numbers ``[rows, columns]``, float64; None where the table has none."""
        return self.values.get("numbers")

    @property
    def labels(self) -> np.ndarray | None:
        return self.values.get("label")

    @property
    def targets(self) -> np.ndarray | None:
        """The numbers to predict ``[rows]``, float64; None where there are none."""
        return self.values.get("target")

    def take(self, positions: np.ndarray) -> Self:
        chosen = {name: values[positions] for name, values in self.values.items()}
        return replace(self, values=chosen, parts=self.parts[positions])

    def digests(self) -> Iterator[bytes]:
        names = sorted(self.values)
        yield digest_of(self.number_names)
        for row in zip(*(self.values[name] for name in names), strict=True):
            yield digest_of(dict(zip(names, row, strict=True)))


def read_table_data(path: Path, options: ReadOptions | None = None) -> TableData:
    """Rows of a CSV or Parquet file.

    Raises:
        DataError: names the first line that is wrong, and what was expected.
    """
    options = options or ReadOptions()
    table = read_table(path)
    sources = table.pop(SOURCE).tolist()
    mapping = map_columns(table, options.columns, path.name)
    values: dict[str, np.ndarray] = {}
    for meaning in ("text", "second_text"):
        if name := mapping.one(meaning):
            values[meaning] = _texts(table[name], name, sources)
    number_names = mapping.columns.get("numbers", ())
    if number_names:
        values["numbers"] = np.column_stack([numbers_of(table[name], name, sources) for name in number_names])
    if not values:
        raise _nothing_to_read(table, path)
    class_names: tuple[str, ...] = ()
    if name := mapping.one("label"):
        values["label"], class_names = indices_and_names(table[name].tolist(), sources, options.class_names)
    if name := mapping.one("target"):
        values["target"] = numbers_of(table[name], name, sources)
    split = mapping.one("split")
    parts = _given_parts(table[split], sources) if split else assign_parts(_ties(values), options.seed)
    return TableData(
        name=path.name,
        parts=parts,
        split_rule="The file says which row is in which part." if split else SPLIT_RULE,
        class_names=class_names,
        values=values,
        number_names=tuple(number_names),
        mapping=mapping,
    )


def _texts(column: pd.Series[Any], name: str, sources: Sequence[str]) -> np.ndarray:
    texts = np.empty(len(column), dtype=object)
    for position, (text, source) in enumerate(zip(column, sources, strict=True)):
        if not isinstance(text, str) or not text.strip():
            raise DataError(
                f"The column {quoted(name)} holds no text here.",
                where=source,
                remedy="Write a text there or drop the row.",
            )
        texts[position] = text
    return texts


def numbers_of(column: pd.Series[Any], name: str, sources: Sequence[str]) -> np.ndarray:
    """A column as float64; the first value that is no finite number is named."""
    numbers: np.ndarray = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise DataError(
            f"Expected a number in the column {quoted(name)}; found {quoted(column.iloc[wrong[0]])}.",
            where=sources[wrong[0]],
            remedy="Write a number there, drop the row, or leave the column out of the numbers.",
        )
    return numbers


def _given_parts(column: pd.Series[Any], sources: Sequence[str]) -> np.ndarray:
    for split, source in zip(column, sources, strict=True):
        if split not in SPLITS:
            raise DataError(
                f"The split {quoted(split)} is unknown.",
                where=source,
                remedy=f"Use {', '.join(SPLITS)}, or leave the column out to have them divided for you.",
            )
    return np.array(column.tolist())


def _ties(values: Mapping[str, np.ndarray]) -> list[tuple[bytes, ...]]:
    """What each row contains: its texts, or all its numbers together.

    A short second text, such as "yes", is an answer that many rows share; it ties nothing.
    """
    if "text" not in values:
        return [(row.tobytes(),) for row in values["numbers"] + 0.0]  # the sum makes -0 the same as 0
    texts = values["text"]
    seconds = values.get("second_text", [""] * len(texts))
    return [
        (content_key(text), content_key(second)) if len(second.split()) >= _TYING_WORDS else (content_key(text),)
        for text, second in zip(texts, seconds, strict=True)
    ]


def _nothing_to_read(table: pd.DataFrame, path: Path) -> DataError:
    return DataError(
        f"No column holds texts or numbers; the columns are {', '.join(quoted(name) for name in table.columns)}.",
        where=path.name,
        remedy="Say which column is the text, or which columns are the numbers.",
    )
