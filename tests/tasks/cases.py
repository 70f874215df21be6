"""One small, random set of outputs and targets for every task, cut into batches at will."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.tasks import NO_TARGET, Task, task_for
from analysis_core.vocabulary import ModalityType, TaskType

EXAMPLES, TOKENS, WORDS = 6, 7, 9
LENGTHS = torch.tensor([3, 7, 1, 5, 2, 4])


@dataclass
class Case:
    """Outputs and targets of all examples; every tensor's first dimension counts them."""

    task: Task
    outputs: dict[str, Tensor]
    targets: Tensor
    padding_mask: Tensor | None = None

    def cut(self, start: int, stop: int) -> tuple[dict[str, Tensor], Batch]:
        """Outputs and batch of the examples ``start`` … ``stop - 1``; a scalar output stays whole."""
        rows = slice(start, stop)
        outputs = {name: value[rows] if value.dim() else value for name, value in self.outputs.items()}
        mask = self.padding_mask[rows] if self.padding_mask is not None else None
        return outputs, Batch({}, self.targets[rows], stop - start, padding_mask=mask, first=start)

    def whole(self) -> tuple[dict[str, Tensor], Batch]:
        return self.cut(0, len(self.targets))


def _random(*sizes: int, seed: int = 0) -> Tensor:
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed)) * 2


def _numbers(high: int, *sizes: int, seed: int = 1) -> Tensor:
    return torch.randint(high, sizes, generator=torch.Generator().manual_seed(seed))


def _mask() -> Tensor:
    return (torch.arange(TOKENS) < LENGTHS.unsqueeze(1)).long()


def tokens(task: Task) -> Case:
    targets = _numbers(WORDS, EXAMPLES, TOKENS).masked_fill(_mask() == 0, NO_TARGET)
    return Case(task, {"logits": _random(EXAMPLES, TOKENS, WORDS)}, targets, _mask())


def answers(task: Task) -> Case:
    outputs = {"start_logits": _random(EXAMPLES, TOKENS), "end_logits": _random(EXAMPLES, TOKENS, seed=3)}
    last = (LENGTHS - 1).clamp(min=0)
    return Case(task, outputs, torch.stack([last // 2, last], 1), _mask())


def retrieval(task: Task) -> Case:
    outputs = {
        "query_embeds": _random(EXAMPLES, 5),
        "document_embeds": _random(EXAMPLES, 4, 5, seed=2),
        "logit_scale": torch.tensor(3.0),
    }
    return Case(task, outputs, _numbers(4, EXAMPLES))


def pairs(task: Task) -> Case:
    outputs = {"image_embeds": _random(EXAMPLES, 4, 5), "text_embeds": _random(EXAMPLES, 4, 5, seed=2)}
    return Case(task, outputs, torch.zeros(EXAMPLES, dtype=torch.long))


def classes(task: Task) -> Case:
    return Case(task, {"logits": _random(EXAMPLES, 15)}, _numbers(15, EXAMPLES))


def objects(task: Task) -> Case:
    counts = torch.tensor([2, 0, 3, 1, 2, 3]).unsqueeze(1)
    boxes = 0.2 + 0.3 * _random(EXAMPLES, 3, 4, seed=5).sigmoid()
    targets = torch.cat([_numbers(3, EXAMPLES, 3, 1).float(), boxes], -1)
    targets[torch.arange(3) >= counts] = NO_TARGET
    outputs = {"logits": _random(EXAMPLES, 8, 4), "pred_boxes": _random(EXAMPLES, 8, 4, seed=6).sigmoid()}
    return Case(task, outputs, targets)


def masks(task: Task) -> Case:
    targets = _numbers(3, EXAMPLES, 8, 12)
    targets[:, 0, :3] = 255
    targets[:, 1, :2] = NO_TARGET
    return Case(task, {"logits": _random(EXAMPLES, 3, 4, 6)}, targets)


def values(task: Task) -> Case:
    return Case(task, {"logits": _random(EXAMPLES, 2)}, _random(EXAMPLES, 2, seed=4))


BUILDERS: dict[str, tuple[Callable[[Task], Case], TaskType, ModalityType | None]] = {
    "classification": (classes, TaskType.CLASSIFICATION, None),
    "regression": (values, TaskType.REGRESSION, ModalityType.TABULAR),
    "generation": (tokens, TaskType.GENERATION, ModalityType.TEXT),
    "transcription": (tokens, TaskType.GENERATION, ModalityType.AUDIO),
    "pixel generation": (tokens, TaskType.GENERATION, ModalityType.MULTIMODAL),
    "translation": (tokens, TaskType.TRANSLATION, None),
    "summarization": (tokens, TaskType.SUMMARIZATION, None),
    "question answering": (answers, TaskType.QA, None),
    "retrieval": (retrieval, TaskType.RETRIEVAL, ModalityType.TEXT),
    "multimodal retrieval": (pairs, TaskType.RETRIEVAL, ModalityType.MULTIMODAL),
    "recommendation": (classes, TaskType.RECOMMENDATION, None),
    "detection": (objects, TaskType.DETECTION, None),
    "segmentation": (masks, TaskType.SEGMENTATION, None),
    "reinforcement learning": (tokens, TaskType.REINFORCEMENT_LEARNING, None),
}
PADDED = [name for name, (build, _, _) in BUILDERS.items() if build in (tokens, answers)]


def case(name: str) -> Case:
    """The case of that name, made anew."""
    build, task_type, modality = BUILDERS[name]
    return build(task_for(task_type, modality))


def padded(found: Case, more: int) -> Case:
    """The same examples with more padding behind; what stands there must not matter."""

    def longer(tensor: Tensor, filling: Any) -> Tensor:
        tail = tensor.new_full((len(tensor), more, *tensor.shape[2:]), filling)
        return torch.cat([tensor, tail], 1)

    outputs = {name: longer(value, 50.0) for name, value in found.outputs.items()}
    targets = found.targets if found.targets.shape[1] == 2 else longer(found.targets, NO_TARGET)
    assert found.padding_mask is not None
    return Case(found.task, outputs, targets, longer(found.padding_mask, 0))
