"""The examples that a model is looked at with: its own sample, or somebody's own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.data.examples import ExampleSet, zoo_examples
from analysis_core.data.options import ReadOptions
from analysis_core.data.own import Purpose, own_examples
from analysis_core.errors import DataError
from analysis_core.models.catalog import ZOO_PREFIX, ModelCard, find_card
from analysis_core.vocabulary import ModalityType, TaskType


def load_examples(
    model: Any, path: str | Path | None = None, options: ReadOptions | None = None, form: str = ""
) -> ExampleSet:
    """The user's own examples, or the sample that belongs to a model.

    Args:
        model: a loaded model (``name``, ``modality``, ``task``, ``summary`` and ``columns`` are read), or its card.
        path: file or folder in one of :data:`~analysis_core.data.formats.FORMATS`; None takes the sample.
        options: which column means what, the second of two files, the seed of the division.
        form: name of the form; recognised by the content when empty.

    Raises:
        DataError: what is wrong with the file, and in which line; or the model has no sample of its own.
    """
    if path is None:
        return _own_sample(model)
    if not Path(path).exists():
        raise DataError("There is no such file or folder.", where=str(path), remedy="Check the path.")
    return own_examples(Path(path), purpose_of(model), options, form)


def purpose_of(model: Any) -> Purpose:
    """What data is wanted for: a loaded model or a card says it."""
    is_card = isinstance(model, ModelCard)
    facts = model.use if is_card else model.summary
    labels = model.labels if is_card else model.summary.get("labels") or ()
    return Purpose(
        modality=ModalityType(model.modality),
        task=TaskType(getattr(model, "task", TaskType.CLASSIFICATION)),
        class_names=tuple(labels),
        columns=tuple(getattr(model, "columns", ())),
        facts=facts,
    )


def _own_sample(model: Any) -> ExampleSet:
    if isinstance(model, ModelCard):
        return zoo_examples(model)
    if not str(model.name).startswith(ZOO_PREFIX):
        raise DataError(
            f"The model '{model.name}' comes with no examples.",
            where="data",
            remedy="Give data of your own: a file or folder in a form that serves its task.",
        )
    return zoo_examples(find_card(model.name))
