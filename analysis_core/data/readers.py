"""The user's own examples: a CSV or Parquet file, or a folder of pictures, one folder a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_core.data.columns import column_named_for
from analysis_core.data.files import files_in, name_below
from analysis_core.data.labels import class_indices
from analysis_core.data.pictures import PICTURE_SUFFIXES, open_picture
from analysis_core.data.splitting import SPLITS
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.errors import DataError


def read_examples(
    path: Path, content: str, class_names: Sequence[str] = (), columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Examples of a file or folder.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or a folder with one folder of pictures a class.
        content: ``"text"`` or ``"image"``: what the model reads.
        class_names: names of the model's classes by index, by which labels in words are looked up.
        columns: which column of the file is the ``text`` or ``image`` and which the ``label``; usual names are
            found without it.

    Returns:
        Columns ``text`` or ``image``, ``label`` (int64), and ``split`` where the file has one.

    Raises:
        DataError: names the first line or file that is wrong, and what was expected.
    """
    if not path.exists():
        raise DataError("There is no such file or folder.", where=str(path), remedy="Check the path.")
    table = (
        _picture_folder(path, content) if path.is_dir() else _renamed(read_table(path), content, path, columns or {})
    )
    check = _check_text if content == "text" else open_picture
    for item, source in zip(table[content], table[SOURCE], strict=True):
        check(item, source)
    table["label"] = class_indices(table["label"], table[SOURCE], class_names)
    if "split" in table.columns:
        _check_splits(table)
    return table.drop(columns=SOURCE)


def _renamed(table: pd.DataFrame, content: str, path: Path, given: Mapping[str, str]) -> pd.DataFrame:
    """Only the columns that count, under their fixed names."""
    present = [str(name) for name in table.columns if name != SOURCE]
    chosen = {column_named_for(meaning, present, given, path.name): meaning for meaning in (content, "label")}
    split = [name for name in present if name.strip().lower() == "split"]
    kept = table[[*chosen, *split, SOURCE]].rename(columns={**chosen, **dict.fromkeys(split, "split")})
    return kept.copy()


def _check_text(item: Any, where: str) -> None:
    if not isinstance(item, str) or not item.strip():
        raise DataError("The text is empty or no text.", where=where, remedy="Write a text there or drop the row.")


def _check_splits(table: pd.DataFrame) -> None:
    for split, source in zip(table["split"], table[SOURCE], strict=True):
        if split not in SPLITS:
            raise DataError(
                f"The split '{split}' is unknown.",
                where=source,
                remedy=f"Use {', '.join(SPLITS)}, or leave the column out to have them divided for you.",
            )


def _picture_folder(folder: Path, content: str) -> pd.DataFrame:
    """One folder of PNG or JPEG files a class; the folder's name is the label."""
    if content != "image":
        raise DataError(
            "A folder holds pictures, but the model reads text.",
            where=folder.name,
            remedy="Give a .csv or .parquet file with a column 'text'.",
        )
    files = [path for path in files_in(folder, PICTURE_SUFFIXES, deepest=2) if path.parent != folder]
    rows = [(path.read_bytes(), path.parent.name, name_below(path, folder)) for path in files]
    if not rows:
        raise DataError(
            "The folder holds no PNG or JPEG files in folders named by class.",
            where=folder.name,
            remedy="Make one folder for each class and put its pictures there.",
        )
    return pd.DataFrame(rows, columns=["image", "label", SOURCE])
