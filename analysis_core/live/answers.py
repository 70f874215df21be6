"""What a model says of one input at one depth, and how long it takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.tasks.base import logits_of
from analysis_core.vocabulary import TaskType

REPEATS = 5
WRITINGS = 2
MOST_CLASSES = 5
MOST_TOKENS = 24
_ENCODER_INPUTS = ("input_ids", "attention_mask", "input_features", "input_values")


def answers(models: Sequence[UniversalModel], batch: Batch, labels: Sequence[str]) -> list[dict[str, Any]]:
    """What each model says of one input: the likeliest classes, or what it writes.

    Returns:
        ``{"kind": "classes", "classes": [[name, probability], …]}`` or ``{"kind": "text", "text": …}``, each with
        ``latency_ms``: of one forward pass, or of the whole writing. The models take turns, and the least time counts,
        for other programs only ever add to it.

    Raises:
        DataError: a model neither tells classes nor writes.
    """
    tells = models[0].task is TaskType.CLASSIFICATION
    if not tells and not callable(getattr(models[0].module, "generate", None)):
        raise DataError("This model neither tells classes nor writes.", remedy="Choose another one.")
    ask = UniversalModel.forward if tells else written
    found: list[dict[str, Any]] = [{"latency_ms": math.inf} for _ in models]
    for _ in range(REPEATS if tells else WRITINGS):
        for model, answer in zip(models, found, strict=True):
            said, latency_ms = timed(partial(ask, model, batch))
            if tells:
                answer |= {"kind": "classes", "classes": likeliest(logits_of(said), labels)}
            else:
                answer |= {"kind": "text", "text": said}
            answer["latency_ms"] = min(answer["latency_ms"], latency_ms)
    return found


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


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and how many milliseconds it takes, without gradients."""
    with torch.inference_mode():
        began = time.perf_counter()
        returned = call()
        return returned, (time.perf_counter() - began) * 1000
