"""Which examples choose the layers and which measure the result: never the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_core.config import RunConfig
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.data.loading import load_examples
from analysis_core.data.options import ReadOptions
from analysis_core.errors import ConfigurationError
from analysis_core.models.base import UniversalModel

SEARCH, TEST, HEAL = "search", "test", "heal"


@dataclass(frozen=True)
class PreparedExamples:
    """Batches of one part of the data, and what is known of it for the record."""

    batches: tuple[Batch, ...]
    facts: Mapping[str, Any]


def configured_examples(model: UniversalModel, config: RunConfig) -> ExampleSet:
    """The examples that a run's settings name; their division into parts does not depend on the run's seed.

    Raises:
        DataError: what is wrong with the data, and in which line.
    """
    companion = Path(config.data_companion) if config.data_companion else None
    options = ReadOptions(columns=config.data_columns, companion=companion)
    return load_examples(model, config.data, options, config.data_format)


def prepare(
    model: UniversalModel, examples: ExampleSet, split: str, batch_size: int, max_samples: int | None, seed: int
) -> PreparedExamples:
    """One part of the examples, in batches that the model can be fed with.

    Args:
        model: must know how to read examples (``model.batches``).
        examples: with their parts marked.
        split: ``"search"`` to choose with, ``"test"`` to measure with, ``"heal"`` to train with.
        batch_size, max_samples, seed: as in :class:`~analysis_core.config.AnalysisConfig`; None takes all examples.

    Raises:
        ConfigurationError: the model is a plain module that cannot read files.
        DataError: there are no such examples, or they do not fit the model.
    """
    read = getattr(model, "batches", None)
    if read is None:
        raise ConfigurationError(
            "A plain module does not say how to read examples.",
            where=model.name,
            remedy="Hand a data loader to analyze_importance(data_loader).",
        )
    part = examples.split(split)
    chosen = part.head(max_samples if max_samples is not None else len(part), seed)
    facts = {"name": examples.name, "split": split, "examples": len(chosen), "sha256": chosen.sha256}
    return PreparedExamples(tuple(read(chosen, batch_size)), facts)
