"""Read a CSV or Parquet file as it stands, remembering which line every row came from."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow
from pyarrow import parquet

from analysis_core.errors import DataError

LARGEST_FILE_BYTES = 2**30
MOST_ROWS = 2_000_000
SOURCE = "source"
"""Column that says where a row stands in its file."""

_DELIMITERS = ",;\t|"


def read_table(path: Path) -> pd.DataFrame:
    """All rows of a file, with a column :data:`SOURCE` such as ``"reviews.csv, line 7"``.

    Raises:
        DataError: another kind of file, one that is damaged or too large, or one without rows.
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise DataError("The file is empty (0 bytes).", where=path.name, remedy="Put one example on each row.")
    if size_bytes > LARGEST_FILE_BYTES:
        raise DataError(
            f"The file has {size_bytes / 2**30:.1f} GiB; at most {LARGEST_FILE_BYTES // 2**30} GiB are read.",
            where=path.name,
            remedy="Give a part of it.",
        )
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        frame = _read_csv(path)
    elif suffix == ".parquet":
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
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines_read = 0
        try:
            header_line = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=_delimiter_of(header_line), strict=True)
            header = [name.strip() for name in next(reader)]
            _check_header(header, path)
            rows: list[list[str]] = []
            lines_read = reader.line_num
            for row in reader:
                first_line, lines_read = lines_read + 1, reader.line_num
                if not row:
                    continue
                if len(row) != len(header):
                    raise DataError(
                        f"{len(row)} values stand where the header names {len(header)} columns.",
                        where=f"{path.name}, line {first_line}",
                        remedy="Put texts that contain the separator into double quotes.",
                    )
                rows.append([*row, f"{path.name}, line {first_line}"])
                if len(rows) > MOST_ROWS:
                    raise DataError(f"The file holds more than {MOST_ROWS:,} rows.", where=path.name)
        except UnicodeDecodeError as error:
            raise DataError("The file is not UTF-8 text.", where=path.name, remedy="Save it as UTF-8.") from error
        except csv.Error as error:
            raise DataError(
                f"The line cannot be read: {error}.",
                where=f"{path.name}, line {lines_read + 1}",
                remedy="Check its quotation marks.",
            ) from error
    return pd.DataFrame(rows, columns=[*header, SOURCE], dtype=object)


def _check_header(header: list[str], path: Path) -> None:
    doubled = next((name for name in header if header.count(name) > 1), None)
    if doubled is not None:
        raise DataError(
            f"Two columns are called '{doubled}'.", where=f"{path.name}, line 1", remedy="Rename one of them."
        )


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
        frame = file.read().to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(
            "The file is damaged or not Parquet.",
            where=path.name,
            remedy="Write it again, or give a CSV file.",
        ) from error
    return frame.assign(**{SOURCE: [f"{path.name}, row {row}" for row in range(1, len(frame) + 1)]})
