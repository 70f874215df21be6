"""Read a CSV or Parquet file as it stands, remembering which line every row came from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow
from pyarrow import parquet

from analysis_core.data.contents import quoted
from analysis_core.data.files import LARGEST_FILE_BYTES, check_file
from analysis_core.data.lines import suffix_of, text_lines
from analysis_core.errors import DataError

MOST_ROWS = 2_000_000
SOURCE = "\0source"
"""Column that says where a row stands in its file; no column of a text file can have this name."""

_DELIMITERS = ",;\t|"


def read_table(path: Path) -> pd.DataFrame:
    """All rows of a file, with a column :data:`SOURCE` such as ``"reviews.csv, line 7"``; CSV values are text.

    Args:
        path: ``.csv``, ``.tsv``, either with ``.gz``, or ``.parquet``. The separator of a CSV is found in its header.

    Raises:
        DataError: another kind of file, one that is damaged or too large, or one without rows.
    """
    check_file(path)
    suffix = suffix_of(path)
    if suffix in (".csv", ".tsv"):
        frame = _read_csv(path)
    elif path.suffix.lower() == ".parquet":
        frame = _read_parquet(path)
    else:
        raise DataError(
            f"Files of kind '{suffix or path.name}' are not read.",
            where=path.name,
            remedy="Give a .csv or .parquet file, or a folder with one folder of pictures a class.",
        )
    if frame.empty:
        raise DataError("The file holds no rows.", where=path.name, remedy="Put one example on each row.")
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    lines = text_lines(path)
    header_line = next(lines, "")
    reader = csv.reader(chain([header_line], lines), delimiter=_delimiter_of(header_line), strict=True)
    rows: list[list[str]] = []
    header: list[str] = []
    for first_line, row in _rows_of(reader, path):
        where = f"{path.name}, line {first_line}"
        if not header:
            header = [name.strip() for name in row]
            _check_header(header, where)
            continue
        if len(row) != len(header):
            raise DataError(
                f"{len(row)} values stand where the header names {len(header)} columns.",
                where=where,
                remedy="Put texts that contain the separator into double quotes.",
            )
        rows.append([*row, where])
        if len(rows) > MOST_ROWS:
            raise DataError(f"The file holds more than {MOST_ROWS:,} rows.", where=path.name)
    return pd.DataFrame(rows, columns=[*header, SOURCE], dtype=object)


def _rows_of(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the line that it starts on."""
    while True:
        first_line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"The line cannot be read: {error}.",
                where=f"{path.name}, line {first_line}",
                remedy="Check its quotation marks.",
            ) from error
        if row is None:
            return
        if row:
            yield first_line, row


def _check_header(header: list[str], where: str) -> None:
    doubled = next((name for name in header if header.count(name) > 1), None)
    if doubled is not None:
        raise DataError(f"Two columns are called {quoted(doubled)}.", where=where, remedy="Rename one of them.")


def _delimiter_of(header: str) -> str:
    """The separator that occurs most often in the header; a comma where there is none."""
    return max(_DELIMITERS, key=header.count)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        file = parquet.ParquetFile(path)
        rows = file.metadata.num_rows
        claimed_bytes = sum(file.metadata.row_group(g).total_byte_size for g in range(file.metadata.num_row_groups))
        if rows > MOST_ROWS or claimed_bytes > 4 * LARGEST_FILE_BYTES:
            raise DataError(
                f"The file unpacks to {rows:,} rows and {claimed_bytes / 2**30:.1f} GiB, which is too much.",
                where=path.name,
                remedy=f"Give a part of it, at most {MOST_ROWS:,} rows.",
            )
        _check_header(file.schema_arrow.names, path.name)
        frame = file.read().to_pandas(ignore_metadata=True)  # a saved index is a column like any other
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(
            "The file is damaged or not Parquet.",
            where=path.name,
            remedy="Write it again, or give a CSV file.",
        ) from error
    return frame.assign(**{SOURCE: [f"{path.name}, row {row}" for row in range(1, len(frame) + 1)]})
