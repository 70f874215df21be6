"""People's own data as the examples of a model: any form that serves its task, brought to the columns that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_core.data.contents import quoted
from analysis_core.data.detection import DetectionExample
from analysis_core.data.examples import COLUMNS, ExampleSet
from analysis_core.data.formats import Data, Format, find_format, form_of, formats_for
from analysis_core.data.graphs import GraphData
from analysis_core.data.interactions import InteractionLog
from analysis_core.data.labels import class_indices
from analysis_core.data.look import first_look
from analysis_core.data.neighbourhoods import MOST_NODES, neighbourhoods
from analysis_core.data.options import ReadOptions
from analysis_core.data.parallel import TextPair
from analysis_core.data.questions import QuestionExample
from analysis_core.data.readers import read_examples
from analysis_core.data.segmentation import SegmentationExample
from analysis_core.data.sound_folders import SoundExample
from analysis_core.data.splitting import SPLITS, assign_parts, assign_splits
from analysis_core.data.table_data import TableData, numbers_of
from analysis_core.data.tables import SOURCE, read_table
from analysis_core.errors import DataError
from analysis_core.vocabulary import ModalityType, TaskType

LONGEST_HISTORY = 200
"""No more of the last items are kept: longer than what sequential recommenders read."""
NODE_SETTING = "most_nodes"
"""Name of the fact of a graph model that says how large its examples are."""


_CLASSIFIED = {ModalityType.TEXT: "text", ModalityType.VISION: "image"}

_COMPARED = {
    TaskType.CLASSIFICATION: ("label",),
    TaskType.REGRESSION: ("target",),
    TaskType.RECOMMENDATION: ("item",),
    TaskType.DETECTION: ("objects",),
    TaskType.SEGMENTATION: ("mask",),
}
"""Columns that answers are compared with, beside those that a model reads."""


@dataclass(frozen=True)
class Purpose:
    """What data is wanted for.

    Args:
        modality, task: of the model.
        class_names: names of its classes, or of its items, by index; empty where they have none.
        columns: which columns it reads; empty where that is not known.
        facts: what else is known of the model.
    """

    modality: ModalityType
    task: TaskType
    class_names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None


def own_examples(path: Path, purpose: Purpose, options: ReadOptions | None = None, form: str = "") -> ExampleSet:
    """Somebody's own data, in the columns that a model reads, divided into parts.

    Args:
        path: a file or folder of any form in :data:`~analysis_core.data.formats.FORMATS`, or a Parquet file that has
            the model's columns already.
        purpose: what it is for.
        options: columns, seed, second file.
        form: name of the form; recognised by the content when empty.

    Raises:
        DataError: it cannot be read (names the first line that is wrong), or does not serve this task (names the forms
            that do).
        UnknownNameError: there is no such form.
    """
    given = options or ReadOptions()
    options = ReadOptions(given.columns, given.class_names or purpose.class_names, given.seed, given.companion)
    content = _CLASSIFIED.get(purpose.modality)
    if content and purpose.task is TaskType.CLASSIFICATION and not form and not path.is_dir():
        return _classified(path, content, options)
    if not form and (ready := _ready_made(path, purpose, options)):
        return ready
    found = _serving_form(path, purpose, form)
    if purpose.task is TaskType.RECOMMENDATION:  # items are no classes: they are looked up once the log is read
        options = ReadOptions(options.columns, (), options.seed, options.companion)
    data = found.read(path, options)
    frame = _frame(data, purpose)
    _check_columns(frame, purpose, path)
    return ExampleSet(frame, data.name, purpose.class_names or getattr(data, "class_names", ()))


def _serving_form(path: Path, purpose: Purpose, name: str) -> Format:
    """The form of that name, or of the data itself, that serves this task."""
    serving = formats_for(purpose.modality, purpose.task)
    look = first_look(path)
    found = find_format(name) if name else (form_of(look) or (None,))[0]
    if found in serving:
        return found
    task = f"{purpose.modality} {purpose.task.value.replace('_', ' ')}"
    what = f"This is '{found.title}', which does not serve" if found else f"This{look.in_words} has no form that serves"
    listed = "; ".join(f"{other.title} ({other.looks_like})" for other in serving)
    ready = f"a Parquet file with the columns {', '.join(purpose.columns) or 'that the model reads'}"
    raise DataError(
        f"{what} {task}.",
        where=path.name,
        remedy=f"For that give {f'{listed}, or {ready}' if listed else ready}.",
    )


def _classified(path: Path, content: str, options: ReadOptions) -> ExampleSet:
    """A table of texts or pictures with the model's classes."""
    columns = {meaning: str(name) for meaning, name in options.columns.items()}
    frame = read_examples(path, content, options.class_names, columns)
    if "split" not in frame.columns:
        frame = frame.assign(split=assign_splits(frame[content].tolist(), seed=options.seed))
    return ExampleSet(frame, path.name, options.class_names)


def _ready_made(path: Path, purpose: Purpose, options: ReadOptions) -> ExampleSet | None:
    """A Parquet file with every column that the model reads; None for anything else."""
    if path.suffix.lower() != ".parquet" or not purpose.columns or not path.is_file():
        return None
    table = read_table(path)
    sources = table.pop(SOURCE).tolist()
    if not set(purpose.columns) <= set(table.columns):
        return None
    if "split" not in table.columns:
        ties = [(repr(row),) for row in zip(*(table[name] for name in purpose.columns), strict=True)]
        table = table.assign(split=assign_parts(ties, options.seed))
    for split, source in zip(table["split"], sources, strict=True):
        if split not in SPLITS:
            raise DataError(f"The split {quoted(split)} is unknown.", where=source, remedy=f"Use {', '.join(SPLITS)}.")
    for name in ("label", "item"):
        if name in table.columns:
            table[name] = class_indices(table[name], sources, options.class_names)
    if "target" in table.columns:
        table["target"] = numbers_of(table["target"], "target", sources)
    _check_columns(table, purpose, path)
    kept = [name for name in COLUMNS if name in table.columns]
    return ExampleSet(table[[*kept, "split"]], path.name, purpose.class_names)


def _frame(data: Data, purpose: Purpose) -> pd.DataFrame:
    if isinstance(data, ExampleSet):
        return data.frame
    if isinstance(data, TableData):
        return _of_table(data)
    if isinstance(data, InteractionLog):
        return _of_log(data, purpose)
    if isinstance(data, GraphData):
        return _of_graph(data, purpose)
    rows = [_ROWS[type(record)](record) for record in data]
    return pd.DataFrame(rows).assign(split=data.parts)


def _of_table(data: TableData) -> pd.DataFrame:
    names = {"text": "text", "second_text": "target_text", "label": "label", "target": "target"}
    columns: dict[str, Any] = {names[key]: values for key, values in data.values.items() if key in names}
    if data.numbers is not None:
        columns["numbers"] = list(data.numbers)
    return pd.DataFrame(columns).assign(split=data.parts)


def _of_log(data: InteractionLog, purpose: Purpose) -> pd.DataFrame:
    """Histories and next items by the model's numbers; items that it does not know are left out of histories."""
    known = {name: number for number, name in enumerate(purpose.class_names)}
    number_of = (
        np.array([known.get(name, -1) for name in data.item_names]) if known else np.arange(len(data.item_names))
    )
    rows = []
    for split in data.splits:
        for record in data.split(split):
            history, item = number_of[record.history], int(number_of[record.target])
            history = history[history >= 0][-LONGEST_HISTORY:]
            if item >= 0 and len(history):
                rows.append((history.astype(np.int32), item, split))
    if not rows:
        raise DataError(
            f"The model knows none of what the log recommends, such as {quoted(data.item_names[0])}.",
            where=data.name,
            remedy=f"Its items are called like {quoted(purpose.class_names[0])}." if known else "Give a longer log.",
        )
    return pd.DataFrame(rows, columns=["history", "item", "split"])


def _of_graph(data: GraphData, purpose: Purpose) -> pd.DataFrame:
    most = int((purpose.facts or {}).get(NODE_SETTING, MOST_NODES))
    centres = np.flatnonzero(data.parts != "")
    around = neighbourhoods(data.edges_both_ways, len(data), centres.tolist(), most)
    rows = [(data.features[near.nodes].tolist(), near.edges.tolist()) for near in around]
    frame = pd.DataFrame(rows, columns=["node_features", "edges"])
    return frame.assign(label=data.labels[centres], split=data.parts[centres])


def _of_question(record: QuestionExample) -> dict[str, Any]:
    return {
        "question": record.question,
        "context": record.context,
        "answers": [answer.text for answer in record.answers],
        "answer_start": record.answers[0].start if record.answers else -1,
    }


def _of_boxes(record: DetectionExample) -> dict[str, Any]:
    """Boxes around crowds are left out: neither loss nor metric knows them."""
    single = ~record.crowd
    size = np.array([record.width, record.height, record.width, record.height], dtype=np.float64)
    boxes = record.boxes[single] / size
    boxes[:, :2] += boxes[:, 2:] / 2
    objects = np.column_stack([record.classes[single], boxes]) if len(boxes) else np.zeros((0, 5))
    return {"image": record.picture, "objects": objects.tolist()}


def _of_sound(record: SoundExample) -> dict[str, Any]:
    row: dict[str, Any] = {"sound": record.sound.encoded}
    return row | ({"label": record.label} if record.label is not None else {"target_text": record.transcript})


_ROWS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    TextPair: lambda pair: {"text": pair.text, "target_text": pair.target},
    QuestionExample: _of_question,
    DetectionExample: _of_boxes,
    SegmentationExample: lambda record: {"image": record.picture, "mask": record.mask_png},
    SoundExample: _of_sound,
}


def _check_columns(frame: pd.DataFrame, purpose: Purpose, path: Path) -> None:
    wanted = (*purpose.columns, *_COMPARED.get(purpose.task, ()))
    missing = next((name for name in wanted if name not in frame.columns), None)
    if missing is not None:
        raise DataError(
            f"The data has no column '{missing}' ({COLUMNS[missing]}), which this model needs.",
            where=path.name,
            remedy="Say which of its columns that is, or give other data.",
        )
