"""What a caller may say about their own data, beyond where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ReadOptions:
    """Said by the caller, the same for every format; what does not concern a format is not looked at.

    Args:
        columns: names of a table's columns by meaning: ``text``, ``second_text``, ``numbers`` (several), ``label``
            (a class), ``target`` (a number to predict), ``split``. What is not given is guessed.
        class_names: names of the model's classes by index; labels are looked up in them. Found in the data when empty.
        seed: of the division into parts.
        companion: the second of two files or folders: the other language, the pictures of a COCO file,
            the nodes of an edge list.
    """

    columns: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()
    seed: int = 0
    companion: Path | None = None
