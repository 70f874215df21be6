"""Examples as every model takes them: rows of a table, in three parts that share nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL.Image import Image

from analysis_core.data.digests import digest_of
from analysis_core.data.files import check_folder, files_in
from analysis_core.data.options import ReadOptions
from analysis_core.data.pictures import PICTURE_SUFFIXES
from analysis_core.data.readers import read_examples
from analysis_core.data.splitting import SPLITS, assign_splits, content_bytes, representative_order
from analysis_core.errors import DataError
from analysis_core.models.catalog import ModelCard

COLUMNS: Mapping[str, str] = {
    "text": "what a model reads: str",
    "target_text": "what it should write, or which text belongs to it: str",
    "question": "str",
    "context": "the paragraph that a question is about: str",
    "answers": "every text that counts as right: list of str",
    "answer_start": "character of the first answer in the context: int",
    "image": "a PNG or JPEG file: bytes",
    "objects": "class, then center x, center y, width, height as shares of the picture, for each object: "
    "list of lists of five float",
    "mask": "a PNG file with a class for each pixel: bytes",
    "sound": "a WAV or FLAC file: bytes",
    "numbers": "float list, as many for every example",
    "history": "item numbers, oldest first: list of int",
    "item": "number of the item that comes next: int",
    "observations": "what a policy saw: list of lists of float",
    "actions": "what it did then: list of int",
    "returns": "rewards still to come at each step: list of float",
    "first_step": "how many steps of the episode came before: int",
    "node_features": "of a graph, the node in question first: list of lists of float",
    "edges": "pairs of positions in that graph, source and target: list of lists of two int",
    "label": "a class: int",
    "target": "a number to predict: float",
}
"""Every column that a model may read, and what stands in it."""


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """Some examples.

    Args:
        frame: one row an example, in the columns of :data:`COLUMNS` that its task needs, and its ``split``.
        name: how the data is called in results.
        class_names: names of the classes, by index; empty where they have none.
    """

    frame: pd.DataFrame
    name: str = "examples"
    class_names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.columns:
            raise DataError(
                f"The examples have none of the columns {', '.join(map(repr, COLUMNS))}.",
                where=self.name,
                remedy="Name the columns that hold the examples so.",
            )

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> tuple[str, ...]:
        """Which columns the examples have, in the order of :data:`COLUMNS`."""
        return tuple(column for column in COLUMNS if column in self.frame.columns)

    @property
    def labels(self) -> np.ndarray | None:
        """Class indices ``[examples]``, int64; None where there are none."""
        return self.frame["label"].to_numpy("int64", copy=True) if "label" in self.frame.columns else None

    @property
    def splits(self) -> dict[str, int]:
        """How many examples each part holds."""
        if "split" not in self.frame.columns:
            return {}
        counts = self.frame["split"].value_counts()
        return {split: int(counts[split]) for split in SPLITS if split in counts}

    @cached_property
    def sha256(self) -> str:
        """Checksum over all columns but the part, row by row; the same examples give the same checksum."""
        digest = hashlib.sha256()
        names = self.columns
        for row in zip(*(self.frame[name] for name in names), strict=True):
            plain = [content_bytes(item) if isinstance(item, Image) else item for item in row]
            digest.update(digest_of(dict(zip(names, plain, strict=True))))
        return digest.hexdigest()

    def column(self, name: str) -> Sequence[Any]:
        """One column as a list.

        Raises:
            DataError: the examples are of another kind.
        """
        if name not in self.frame.columns:
            raise DataError(
                f"The model reads a column '{name}', but the examples have {', '.join(map(repr, self.columns))}.",
                where=self.name,
                remedy="Choose a model for this kind of data, or other data.",
            )
        return list(self.frame[name])

    def split(self, name: str) -> ExampleSet:
        """One part: ``"search"`` to choose with, ``"test"`` to measure with, ``"heal"`` to train with.

        Raises:
            DataError: the part is empty.
        """
        rows = self.frame[self.frame["split"] == name] if "split" in self.frame.columns else self.frame.iloc[:0]
        if rows.empty:
            parts = ", ".join(f"{count} for '{split}'" for split, count in self.splits.items())
            raise DataError(
                f"There are no examples for '{name}', only {parts or 'some for none of the parts'}.",
                where=self.name,
                remedy="Give more examples that differ; equal ones are never divided, and what chooses never measures.",
            )
        return replace(self, frame=rows.reset_index(drop=True))

    def head(self, max_samples: int, seed: int = 0) -> ExampleSet:
        """At most so many examples, in a random order that keeps the shares of the classes at every length.

        The first N of a larger head are the head of N: results for more examples extend those for fewer.
        """
        order = representative_order(self.labels, len(self), seed)
        return replace(self, frame=self.frame.iloc[order[:max_samples]].reset_index(drop=True))


def zoo_examples(card: ModelCard) -> ExampleSet:
    """The held-out sample that ships with an embedded model.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        frame = pd.read_parquet(card.sample_path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"The sample of '{card.id}' cannot be read: {error}.",
            where=card.sample_path.name,
            remedy=f"Make it again with `layerwise zoo train {card.id.removeprefix('zoo/')}`.",
        ) from error
    return ExampleSet(frame, str(card.data.get("name", card.id)), card.labels)


def read_picture_classes(folder: Path, options: ReadOptions | None = None) -> ExampleSet:
    """Pictures, one folder a class; the classes are those of the model, or the folders' names, sorted.

    Raises:
        DataError: names the first picture or folder that is wrong.
    """
    options = options or ReadOptions()
    files = files_in(check_folder(folder), PICTURE_SUFFIXES, deepest=2)
    names = options.class_names or tuple(sorted({path.parent.name for path in files if path.parent != folder}))
    frame = read_examples(folder, "image", names)
    frame = frame.assign(split=assign_splits(frame["image"].tolist(), seed=options.seed))
    return ExampleSet(frame, folder.name, names)
