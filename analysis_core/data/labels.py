"""Labels in words or numbers become class indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis_core.data.contents import quoted
from analysis_core.errors import DataError

MOST_CLASSES = 100_000


def class_indices(labels: Iterable[Any], sources: Iterable[str], class_names: Sequence[str] = ()) -> np.ndarray:
    """Class indices ``[examples]``, int64: names are looked up, whole numbers stay.

    Args:
        labels: one for each example.
        sources: where each label stands, for errors.
        class_names: names of the model's classes by index; empty where they have none.

    Raises:
        DataError: a label is no class; names where it stands and what the classes are.
    """
    by_name = {name.strip().casefold(): index for index, name in enumerate(class_names)}
    indices = [
        _class_index(label, by_name, len(class_names), source) for label, source in zip(labels, sources, strict=True)
    ]
    return np.array(indices, dtype=np.int64)


def indices_and_names(
    labels: Sequence[Any], sources: Sequence[str], class_names: Sequence[str] = ()
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class indices ``[examples]`` and the classes' names: the given ones, or those that occur, sorted.

    Numbers are sorted by value and counted from 0, so that stars 1 … 5 become the classes 0 … 4.

    Raises:
        DataError: a label is empty, is none of the given classes, or there are too many classes.
    """
    if class_names:
        return class_indices(labels, sources, class_names), tuple(class_names)
    words = [_word(label, source) for label, source in zip(labels, sources, strict=True)]
    names = sorted(set(words), key=_by_value)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"There are {len(names):,} different labels; at most {MOST_CLASSES:,} are read.",
            where=sources[0],
            remedy="Check that this is the column of the labels.",
        )
    index_of = {name: index for index, name in enumerate(names)}
    return np.array([index_of[word] for word in words], dtype=np.int64), tuple(names)


def label_word(label: Any) -> str:
    """A label as a word; empty where a table has nothing."""
    return "" if pd.isna(label) else str(label).strip()


def _word(label: Any, source: str) -> str:
    word = label_word(label)
    if not word:
        raise _empty(source)
    number = _whole(word)
    return word if number is None else str(number)


def _empty(where: str) -> DataError:
    return DataError("The label is empty.", where=where, remedy="Write a label there or drop the example.")


def _whole(word: str) -> int | None:
    """The whole number that a word is, also as ``3.0``."""
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else None


def _by_value(word: str) -> tuple[bool, float, str]:
    number = _whole(word)
    return (number is None, float(number or 0), word)


def _class_index(label: Any, by_name: Mapping[str, int], classes: int, where: str) -> int:
    word = label_word(label)
    if not word:
        raise _empty(where)
    if word.casefold() in by_name:
        return by_name[word.casefold()]
    number = _whole(word)
    if number is not None and number >= 0 and (classes == 0 or number < classes):
        return number
    known = ", ".join(f"'{name}'" for name in by_name) if classes <= 20 else f"{classes} classes"
    remedy = f"The model knows {known}; name one of them, or its number from 0 to {classes - 1}."
    raise DataError(
        f"The label {quoted(word)} is none of the model's classes."
        if classes
        else f"The label {quoted(word)} is no class number.",
        where=where,
        remedy=remedy if classes else "This model's classes have no names; give whole numbers from 0.",
    )
