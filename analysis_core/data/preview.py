"""Look at somebody's own data before a run starts: what form it has, what its columns mean, whether it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyarrow import parquet

from analysis_core.data.columns import ColumnMapping, map_columns
from analysis_core.data.formats import find_format, recognise
from analysis_core.data.options import ReadOptions
from analysis_core.data.own import Purpose, own_examples
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.models.catalog import ModelCard
from analysis_core.vocabulary import ModalityType, TaskType

TABLE = "table"
_CLASS_TABLE: Mapping[ModalityType, tuple[str, ...]] = {
    ModalityType.TEXT: ("text", "label"),
    ModalityType.TABULAR: ("numbers", "label"),
}
_TABLE_BY_TASK: Mapping[TaskType, tuple[str, ...]] = {
    TaskType.GENERATION: ("text",),
    TaskType.REGRESSION: ("numbers", "target"),
    TaskType.TRANSLATION: ("text", "second_text"),
    TaskType.SUMMARIZATION: ("text", "second_text"),
    TaskType.RETRIEVAL: ("text", "second_text"),
}


@dataclass(frozen=True)
class Preview:
    """What was found in somebody's data.

    Args:
        form: name of the form, of :data:`~analysis_core.data.formats.FORMATS`.
        reason: by what it was recognised.
        examples: how many there are.
        splits: how many of them each part holds.
        class_names: the classes, where there are any.
    """

    form: str
    reason: str
    examples: int
    splits: Mapping[str, int]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class TableLook:
    """The columns of a table: all their names, and what each is guessed to mean."""

    columns: tuple[str, ...]
    mapping: ColumnMapping


def preview(path: Path, purpose: Purpose, options: ReadOptions | None = None, form: str = "") -> Preview:
    """Read the data as a run would, and say what was found; nothing of it is kept.

    Args:
        path: a file or folder.
        purpose: what the data is for.
        options: columns, seed.
        form: name of the form; recognised by the content when empty.

    Raises:
        DataError: names the first line or file that is wrong, and what was expected.
        UnknownNameError: there is no such form.
    """
    examples = own_examples(path, purpose, options, form)
    found, reason = (find_format(form), "") if form else recognise(path)
    return Preview(found.name, reason, len(examples), examples.splits, examples.class_names)


def look_at_table(path: Path, given: Mapping[str, str | tuple[str, ...]] | None = None) -> TableLook:
    """The columns of a CSV or Parquet file.

    Raises:
        DataError: it is no table, or a column that is named is not there.
    """
    table = read_table(path).drop(columns=SOURCE)
    return TableLook(tuple(map(str, table.columns)), map_columns(table, given or {}, path.name))


def meanings_for(modality: ModalityType, task: TaskType) -> tuple[str, ...]:
    """Which meanings the columns of a table must have for a task; empty where tables do not serve it."""
    if task is TaskType.CLASSIFICATION:
        return _CLASS_TABLE.get(modality, ())
    return _TABLE_BY_TASK.get(task, ())


def columns_read(card: ModelCard) -> tuple[str, ...]:
    """The columns that an embedded model reads: those of its own sample; empty where it has none."""
    if not card.sample_path.is_file():
        return ()
    return tuple(name for name in parquet.read_schema(card.sample_path).names if name != "split")
