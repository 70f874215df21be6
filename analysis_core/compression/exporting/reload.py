"""The gate of every export: a fresh process, without this project, loads the folder and computes the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from analysis_core.compression.exporting import reload_child
from analysis_core.compression.exporting.export import export_library
from analysis_core.data.batches import Batch
from analysis_core.errors import ExportError
from analysis_core.models.base import UniversalModel, called

TOLERANCE = 1e-5
"""Largest absolute difference of any output number, float32. On one machine it is zero as a rule; another
order of the same sums, e.g. on another number of threads, may change last digits."""
TIMEOUT_SECONDS = 300.0
EXAMPLES = 4


def reload_equal(
    compressed: UniversalModel,
    folder: str | os.PathLike[str],
    batch: Batch,
    *,
    tolerance: float = TOLERANCE,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> bool | None:
    """Whether an exported folder, loaded by a stranger, computes what the model in memory computes.

    Where the model can generate, its key-value cache is checked too.

    Args:
        compressed: the exported model.
        folder: the export.
        batch: some examples; the first four are used.
        tolerance: largest absolute difference that counts as equal.
        timeout_seconds: when to give up.

    Returns:
        True or False; None for a module of the user's own code, which no other process can build.

    Raises:
        ExportError: the folder could not be loaded or run.
    """
    if export_library(compressed) == "torch":
        return None
    difference = reload_difference(compressed, folder, batch, timeout_seconds=timeout_seconds)
    return difference <= tolerance


def reload_difference(
    compressed: UniversalModel,
    folder: str | os.PathLike[str],
    batch: Batch,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> float:
    """Largest absolute difference between the outputs of an export and of the model in memory.

    Infinite where outputs are missing, have another shape, or are not finite in one of the two only.

    Raises:
        ExportError: the folder could not be loaded or run.
    """
    batch = batch.select(0, min(EXAMPLES, batch.size))
    with tempfile.TemporaryDirectory(prefix="layerwise-reload-") as name:
        exchange = Path(name)
        _write_inputs(compressed, batch, exchange)
        _run_child(Path(folder).resolve(), exchange, timeout_seconds)
        theirs = load_file(exchange / "outputs.safetensors")
    ours = _outputs(compressed, batch)
    if not ours or ours.keys() != theirs.keys():
        return float("inf")
    return max(_difference(ours[name], theirs[name]) for name in ours)


def _outputs(model: UniversalModel, batch: Batch) -> dict[str, Tensor]:
    modes = [(module, module.training) for module in model.module.modules()]
    try:
        model.module.eval()
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(reload_child.SEED)
            # The module's own answer: what a reader makes of it is not there in the fresh process.
            answer = called(model.module, model.arguments(batch.to(model.device)))
            outputs: dict[str, Tensor] = reload_child.flatten_outputs(answer)
    finally:
        for module, mode in modes:
            module.training = mode
    return {name: tensor.cpu() for name, tensor in outputs.items()}


def _difference(ours: Tensor, theirs: Tensor) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    if ours.numel() == 0 or torch.equal(ours, theirs):
        return 0.0
    gap = (ours.double() - theirs.double()).abs().max()
    return float(gap) if bool(torch.isfinite(gap)) else float("inf")


def _write_inputs(model: UniversalModel, batch: Batch, exchange: Path) -> None:
    """Tensors travel as safetensors, other keyword arguments (switches, numbers) as JSON."""
    positional: list[Any] = []
    keywords: Mapping[str, Any] = {}
    arguments = model.arguments(batch)
    if isinstance(arguments, Mapping):
        keywords = arguments
    else:
        positional = list(arguments) if isinstance(arguments, tuple) else [arguments]
    tensors = {f"positional {place}": item for place, item in enumerate(positional)}
    listed = list(tensors)
    tensors |= {name: item for name, item in keywords.items() if isinstance(item, Tensor)}
    constants = {name: item for name, item in keywords.items() if name not in tensors}
    save_file({name: item.cpu().contiguous() for name, item in tensors.items()}, exchange / "inputs.safetensors")
    settings = {
        "positional": listed,
        "keywords": [name for name in tensors if name not in listed],
        "constants": constants,
        "threads": torch.get_num_threads(),
        "device": str(model.device),
    }
    (exchange / "inputs.json").write_text(json.dumps(settings), encoding="utf-8")


def _run_child(folder: Path, exchange: Path, timeout_seconds: float) -> None:
    command = [sys.executable, "-I", "-B", str(Path(reload_child.__file__)), str(folder), str(exchange)]
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and script, no shell
            command,
            cwd=exchange,
            env={**os.environ, **offline},
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ExportError(
            f"The exported model was not loaded within {timeout_seconds:g} seconds.",
            where=str(folder),
            remedy="Try again when the machine is less busy.",
        ) from error
    if child.returncode != 0:
        lines = [line for line in child.stderr.strip().splitlines() if line.strip()]
        raise ExportError(
            f"A fresh process could not load the exported model: {lines[-1] if lines else 'it was killed'}",
            where=str(folder),
            remedy="Do not use this export.",
        )
