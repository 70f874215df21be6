"""How every recipe ships its model: weights as small as they may be, a sample, and a card with measured figures.

What the card says is measured by the way that everybody else takes: the files are loaded as any model is, its
examples are read as any examples are, and the task's own metrics judge it.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import save_model
from torch import nn

from analysis_core.data.digests import digest_of
from analysis_core.data.examples import COLUMNS, ExampleSet
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.models.foreign import quiet
from analysis_core.models.loading import load_model
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Direction, ModalityType, TaskType
from analysis_core.zoo.card import CONFIG, SAMPLE, WEIGHTS, write_card, write_json

HALF_PRECISION_KEEPS = 0.995
"""The share of the main metric on the held-out examples that rounding to half precision must keep."""
BATCH_SIZE = 32
HELD_OUT = ("search", "test")


def ship(
    out_dir: Path,
    module: nn.Module,
    sample: pd.DataFrame,
    facts: Mapping[str, Any],
    *,
    seconds: float,
    config: Mapping[str, Any] | None = None,
    packages: Sequence[str] = (),
) -> dict[str, Any]:
    """Write weights, sample and card of a trained model.

    Args:
        out_dir: holds already what turns examples into inputs (tokenizer, picture or sound settings).
        module: the trained network, float32.
        sample: columns of :data:`~analysis_core.data.examples.COLUMNS` and ``split`` (``search``, ``test``, ``heal``).
        facts: what the recipe knows: ``id``, ``title``, ``modality``, ``task``, ``library``, ``loader``,
            ``architecture``, ``description``, ``data`` (name, description, licence), ``labels``, ``recipe``, ``seed``,
            ``trivial`` (``value`` of the main metric and ``how``), and, where the model needs it, ``use``.
        seconds: processor seconds of training.
        config: content of ``config.json`` of a library that writes none itself.
        packages: installed packages whose versions shape the result.

    Returns:
        The card, with the baseline on the test examples as the shipped files give it.

    Raises:
        DataError: two parts of the sample share an example.
    """
    write_sample(out_dir, sample)
    if config is not None:
        write_json(out_dir / CONFIG, config)
    precision = save_smallest(out_dir, module, facts)
    model = shipped_model(out_dir, facts)
    task = task_for(model.task, model.modality)
    return write_card(
        out_dir,
        {
            **facts,
            "layers": len(model.layers),
            "stacks": dict(Counter(layer.stack for layer in model.layers)),
            "parameters": model.parameter_count,
            "hidden_size": facts.get("hidden_size") or model.summary.get("hidden_size") or 0,
            "labels": list(facts.get("labels", ())),
            "metric": task.metric,
            "metric_direction": task.direction.value,
            "baseline": {**measured(model, out_dir, "test", final=True), "split": "test"},
            "precision": precision,
            "trained_on": "1 CPU core",
        },
        [*(name for name in ("torch", "safetensors") if name not in packages), *packages],
        seconds,
    )


def write_sample(folder: Path, sample: pd.DataFrame) -> None:
    """Write ``sample.parquet``.

    Raises:
        DataError: two parts share an example, so that held-out figures would be flattered.
    """
    columns = [name for name in COLUMNS if name in sample.columns]
    parts: dict[bytes, str] = {}
    for split, *row in sample[["split", *columns]].itertuples(index=False):
        if parts.setdefault(digest_of(row), split) != split:
            raise DataError("An example stands in two parts of the sample.", where=str(folder / SAMPLE))
    sample[[*columns, "split"]].to_parquet(folder / SAMPLE, index=False, compression="zstd")


def read_examples(folder: Path, split: str) -> ExampleSet:
    """One part of a shipped sample."""
    return ExampleSet(pd.read_parquet(folder / SAMPLE), folder.name).split(split)


def shipped_model(folder: Path, facts: Mapping[str, Any]) -> UniversalModel:
    """The files of a folder as a model, loaded as anybody loads them."""
    model = load_model(
        str(folder), task=TaskType(facts["task"]), modality=ModalityType(facts["modality"]), device="cpu"
    )
    model.summary |= dict(facts.get("use", {}))
    return model


def measured(model: UniversalModel, folder: Path, split: str, *, final: bool = False) -> dict[str, Any]:
    """The task's metrics on one part of the sample, and how many examples that were.

    Args:
        final: whether to add what takes longer: texts written by the model, episodes that it acts in.
    """
    reader: Any = model
    task = task_for(model.task, model.modality)
    batches = list(reader.batches(read_examples(folder, split), BATCH_SIZE))
    predictions, targets = [], []
    with torch.inference_mode():
        for batch in batches:
            predictions.append(task.predictions(model.forward(batch), batch))
            targets.append(task.kept_targets(batch.targets if batch.targets is not None else torch.zeros(batch.size)))
    found = task.metrics(torch.cat(predictions), task.joined_targets(targets))
    # The main metric comes first, by which lists of models show it.
    found = {task.metric: found[task.metric], **found, **(task.final_metrics(model, batches) if final else {})}
    return {**found, "examples": sum(batch.size for batch in batches)}


def save_smallest(folder: Path, module: nn.Module, facts: Mapping[str, Any]) -> str:
    """Write the weights in half precision if that costs next to nothing, else as they are; returns the precision."""
    save(folder, module)
    full = _held_out(folder, facts)
    save(folder, copy.deepcopy(module).half())
    half = _held_out(folder, facts)
    task = task_for(TaskType(facts["task"]), ModalityType(facts["modality"]))
    higher = task.direction is Direction.HIGHER_IS_BETTER
    if half >= HALF_PRECISION_KEEPS * full if higher else half * HALF_PRECISION_KEEPS <= full:
        return "float16"
    save(folder, module)
    return "float32"


def save(folder: Path, module: nn.Module) -> None:
    """Write ``model.safetensors``, and what transformers writes beside it."""
    saver: Any = module
    if hasattr(module, "save_pretrained"):
        with quiet():
            saver.save_pretrained(folder)
    else:
        save_model(module, str(folder / WEIGHTS), metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner only, and these files are meant to be shared


def _held_out(folder: Path, facts: Mapping[str, Any]) -> float:
    model = shipped_model(folder, facts)
    values = [measured(model, folder, split) for split in HELD_OUT]
    metric = task_for(model.task, model.modality).metric
    return float(sum(v[metric] * v["examples"] for v in values) / sum(v["examples"] for v in values))
