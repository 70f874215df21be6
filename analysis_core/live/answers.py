"""What a model says of one input at one depth, and how long it takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.tasks.base import logits_of
from analysis_core.tasks.reading import field_of
from analysis_core.vocabulary import TaskType

REPEATS = 3
MOST_CLASSES = 5
MOST_TOKENS = 24
_ENCODER_INPUTS = ("input_ids", "attention_mask", "input_features", "input_values")


def answers(model: UniversalModel, batch: Batch, labels: Sequence[str]) -> dict[str, Any]:
    """The likeliest classes, or what the model writes.

    Returns:
        ``{"kind": "classes", "classes": [[name, probability], …]}`` or ``{"kind": "text", "text": …}``, each with
        ``latency_ms``: the median of a few forward passes, or the whole writing.

    Raises:
        DataError: the model neither tells classes nor writes.
    """
    if model.task is TaskType.CLASSIFICATION:
        outputs, latency_ms = timed(lambda: model.forward(batch), REPEATS)
        return {"kind": "classes", "classes": likeliest(logits_of(outputs), labels), "latency_ms": latency_ms}
    if not callable(getattr(model.module, "generate", None)):
        raise DataError("This model neither tells classes nor writes.", remedy="Choose another one.")
    text, latency_ms = timed(lambda: written(model, batch), 1)
    return {"kind": "text", "text": text, "latency_ms": latency_ms}


def likeliest(logits: Tensor, labels: Sequence[str]) -> list[tuple[str, float]]:
    """The classes with the highest probabilities, the highest first."""
    shares = logits.float().reshape(-1).softmax(0)
    best = shares.topk(min(MOST_CLASSES, len(shares)))
    named = [labels[index] if index < len(labels) else str(index) for index in best.indices.tolist()]
    return list(zip(named, best.values.tolist(), strict=True))


def written(model: UniversalModel, batch: Batch) -> str:
    """What the model writes by greedy decoding; a decoder alone goes on with the text."""
    from analysis_core.models.foreign import quiet  # which brings in transformers

    tokenizer: Any = getattr(model, "tokenizer", None)
    inputs = batch.inputs if isinstance(batch.inputs, Mapping) else {}
    given = {name: inputs[name] for name in _ENCODER_INPUTS if name in inputs}
    with torch.inference_mode(), quiet():
        generate: Any = model.module.generate
        tokens = generate(**given, do_sample=False, num_beams=1, max_new_tokens=MOST_TOKENS)
    return str(tokenizer.decode(tokens[0], skip_special_tokens=True)).strip()


def timed(call: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """What a call returns, and its median milliseconds over some repeats, without gradients."""
    spent = []
    with torch.inference_mode():
        for _ in range(repeats):
            began = time.perf_counter()
            returned = call()
            spent.append((time.perf_counter() - began) * 1000)
    return returned, statistics.median(spent)


def action_logits(outputs: Any) -> Tensor:
    """A policy's logits, ``[examples, actions]`` or ``[examples, steps, actions]``."""
    found = field_of(outputs, ("action_preds",))
    return logits_of(outputs) if found is None else found
