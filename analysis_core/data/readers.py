"""The user's own examples: a CSV or Parquet file, or a folder of pictures, one folder a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_core.data.pictures import open_picture
from analysis_core.data.splitting import SPLITS
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.errors import DataError

CONTENT_COLUMNS = ("text", "image")
"""Names of the column that a model reads."""
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")

_USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "sentence", "content", "document", "body", "review", "comment", "question", "input"),
    "image": ("image", "picture", "img", "photo", "input"),
    "label": ("label", "labels", "target", "targets", "class", "category", "topic", "sentiment", "y"),
}


def read_examples(path: Path, content: str, class_names: Sequence[str] = ()) -> pd.DataFrame:
    """Examples of a file or folder.

    Args:
        path: a ``.csv`` or ``.parquet`` file, or a folder with one folder of pictures a class.
        content: ``"text"`` or ``"image"``: what the model reads.
        class_names: names of the model's classes by index, by which labels in words are looked up.

    Returns:
        Columns ``text`` or ``image``, ``label`` (int64), and ``split`` where the file has one.

    Raises:
        DataError: names the first line or file that is wrong, and what was expected.
    """
    if not path.exists():
        raise DataError("There is no such file or folder.", where=str(path), remedy="Check the path.")
    table = _picture_folder(path, content) if path.is_dir() else _renamed(read_table(path), content, path)
    check = _check_text if content == "text" else open_picture
    for item, source in zip(table[content], table[SOURCE], strict=True):
        check(item, source)
    table["label"] = _class_indices(table, class_names)
    if "split" in table.columns:
        _check_splits(table)
    return table.drop(columns=SOURCE)


def _renamed(table: pd.DataFrame, content: str, path: Path) -> pd.DataFrame:
    """Only the columns that count, under their fixed names."""
    chosen = {_column_for(meaning, table, path): meaning for meaning in (content, "label")}
    split = [name for name in table.columns if name.strip().lower() == "split"]
    kept = table[[*chosen, *split, SOURCE]].rename(columns={**chosen, **dict.fromkeys(split, "split")})
    return kept.copy()


def _column_for(meaning: str, table: pd.DataFrame, path: Path) -> str:
    by_name = {str(name).strip().lower(): str(name) for name in reversed(table.columns)}
    for usual in _USUAL_NAMES[meaning]:
        if usual in by_name:
            return by_name[usual]
    present = ", ".join(f"'{name}'" for name in table.columns if name != SOURCE)
    raise DataError(
        f"No column holds the {meaning}s; the columns are {present}.",
        where=path.name,
        remedy=f"Call the column '{meaning}'.",
    )


def _check_text(item: Any, where: str) -> None:
    if not isinstance(item, str) or not item.strip():
        raise DataError("The text is empty or no text.", where=where, remedy="Write a text there or drop the row.")


def _class_indices(table: pd.DataFrame, class_names: Sequence[str]) -> pd.Series[int]:
    """Labels as class indices, int64: whole numbers stay, words are looked up."""
    by_name = {name.strip().casefold(): index for index, name in enumerate(class_names)}
    indices = [
        _class_index(label, by_name, len(class_names), source)
        for label, source in zip(table["label"], table[SOURCE], strict=True)
    ]
    return pd.Series(indices, index=table.index, dtype="int64")


def _class_index(label: Any, by_name: Mapping[str, int], classes: int, where: str) -> int:
    word = str(label).strip()
    if word.casefold() in by_name:
        return by_name[word.casefold()]
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if number.is_integer() and number >= 0 and (classes == 0 or number < classes):
        return int(number)
    known = ", ".join(f"'{name}'" for name in by_name) if classes <= 20 else f"{classes} classes"
    remedy = f"The model knows {known}; name one of them, or its number from 0 to {classes - 1}."
    raise DataError(
        f"The label '{word}' is none of the model's classes." if classes else f"The label '{word}' is no class number.",
        where=where,
        remedy=remedy if classes else "This model's classes have no names; give whole numbers from 0.",
    )


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
    rows: list[tuple[bytes, str, str]] = []
    for class_folder in sorted(item for item in folder.iterdir() if item.is_dir() and item.name[0] != "."):
        label = class_folder.name
        files = (file for file in sorted(class_folder.iterdir()) if file.suffix.lower() in PICTURE_SUFFIXES)
        rows.extend((file.read_bytes(), label, f"{label}/{file.name}") for file in files if file.is_file())
    if not rows:
        raise DataError(
            "The folder holds no PNG or JPEG files in folders named by class.",
            where=folder.name,
            remedy="Make one folder for each class and put its pictures there.",
        )
    return pd.DataFrame(rows, columns=["image", "label", SOURCE])
