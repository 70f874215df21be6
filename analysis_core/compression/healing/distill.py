"""A short training of the smaller model with the whole one as its teacher.

For every example ``loss = task loss + KL(teacher's beliefs || own beliefs) + distance of the hidden states``, the
distance behind the last layer of each stack, as the share of the teacher's variance that is missed. Beliefs are the
task's probabilities; a regression has none, and learns from the other two. Hinton et al. 2015, "Distilling the
knowledge in a neural network"; hidden states as in Jiao et al. 2020, TinyBERT, equation 8.

All of the student is trained, or a part of it alone, such as adapters that stand in it. The training stops when its
time is up, or when the loss on the search examples has not fallen for some checks. The best state that a check saw is
kept, the one before training included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from analysis_core.compression.healing.better_state import Attempt, copied_state, loss_or_infinity, mean_loss
from analysis_core.compression.search import Progress
from analysis_core.data.batches import Batch
from analysis_core.errors import NumericalError
from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.models.observation import watched
from analysis_core.probe.hooks import preserved
from analysis_core.tasks.base import Task

MOST_CHECKS = 12
"""How often the search examples are looked at, evenly over the time that is given."""
CHECKING_SHARE = 0.25
"""Of the time; where one look takes long, there are fewer of them."""
PATIENCE = 4
"""Checks without a lower loss after which the training stops."""
MOST_EPOCHS = 40
RATE_OF_WEIGHTS = 0.01
"""Adam's largest step, relative to how large the weights are: large nets have small weights and bear small steps."""
WARM_UP = 0.05
"""Share of the training in which the steps grow to their full size."""


LESSON_BYTES = 256 * 2**20
"""The teacher is asked once for each batch as long as its answers fit in so much memory."""


@dataclass(frozen=True)
class _Lesson:
    """What the teacher makes of one batch: beliefs ``[examples, outcomes]`` where it has any, and hidden states."""

    beliefs: Tensor | None
    hidden: dict[str, Tensor]

    @property
    def bytes(self) -> int:
        tensors = [*self.hidden.values(), *([self.beliefs] if self.beliefs is not None else [])]
        return sum(tensor.nbytes for tensor in tensors)


def distill(
    teacher: UniversalModel,
    student: UniversalModel,
    training: Sequence[Batch],
    search: Sequence[Batch],
    task: Task,
    *,
    seconds: float,
    seed: int = 0,
    progress: Progress | None = None,
    trained: nn.Module | None = None,
    step_size: float | None = None,
) -> Attempt:
    """Train the student in place and leave it in the best state that was seen.

    Args: as in :func:`~analysis_core.compression.healing.heal.heal`, the teacher being the original, the student
    the smaller one; and

        trained: what of the student learns, and whose best state is kept; None trains all of it.
        step_size: the largest change of a weight in one step; None goes by how large the trained weights are.

    Raises:
        NumericalError: the student's loss is not finite before any training.
    """
    trained = trained if trained is not None else student.module
    keeper = _Keeper(student, trained, search, task, seconds)
    with preserved(teacher.module), preserved(student.module):
        torch.manual_seed(seed)
        student.module.requires_grad_(False)
        trained.requires_grad_(True)
        optimizer = torch.optim.AdamW(trained.parameters(), lr=step_size or _step_size(trained), weight_decay=0.0)
        try:
            steps = _train(_Classroom(teacher, student, task), training, keeper, optimizer, seconds, seed, progress)
        finally:
            trained.load_state_dict(keeper.state)
    return Attempt(keeper.losses[0], min(keeper.losses[1:], default=math.inf), steps)


@dataclass
class _Keeper:
    """Judges the student on the search examples and remembers its best state."""

    student: UniversalModel
    trained: nn.Module
    search: Sequence[Batch]
    task: Task
    seconds: float
    losses: list[float] = field(default_factory=list)
    state: dict[str, Tensor] = field(default_factory=dict)
    checks: int = MOST_CHECKS

    def __post_init__(self) -> None:
        began = time.perf_counter()
        self.losses.append(mean_loss(self.student, self.search, self.task))
        affordable = CHECKING_SHARE * self.seconds / max(time.perf_counter() - began, 1e-9)
        self.checks = max(1, min(MOST_CHECKS, int(affordable)))
        self.state = copied_state(self.trained)

    def check(self) -> None:
        """Look once more."""
        loss = loss_or_infinity(self.student, self.search, self.task)
        if loss < min(self.losses):
            self.state = copied_state(self.trained)
        self.losses.append(loss)

    @property
    def has_stalled(self) -> bool:
        best = self.losses.index(min(self.losses))
        return len(self.losses) - 1 - best >= PATIENCE or not math.isfinite(self.losses[-1])


@dataclass
class _Classroom:
    """Teacher, student, and the loss between them."""

    teacher: UniversalModel
    student: UniversalModel
    task: Task
    _lessons: dict[int, _Lesson] = field(default_factory=dict)

    def loss(self, batch: Batch, position: int) -> Tensor:
        """Of the batch at a position of the training examples."""
        lesson = self._lessons.get(position) or self._lesson(batch, position)
        outputs, hidden = _run(self.student, batch)
        loss = self.task.losses(outputs, batch).mean()
        if lesson.beliefs is not None:
            loss = loss + _divergence(lesson.beliefs, self.task.probabilities(outputs, batch)).mean().to(loss)
        return loss + _missed_share(lesson.hidden, hidden)

    def _lesson(self, batch: Batch, position: int) -> _Lesson:
        with torch.no_grad():
            outputs, hidden = _run(self.teacher, batch)
            lesson = _Lesson(self.task.probabilities(outputs, batch) if self.task.has_probabilities else None, hidden)
        if lesson.bytes + sum(known.bytes for known in self._lessons.values()) <= LESSON_BYTES:
            self._lessons[position] = lesson
        return lesson


def _train(
    room: _Classroom,
    training: Sequence[Batch],
    keeper: _Keeper,
    optimizer: torch.optim.Optimizer,
    seconds: float,
    seed: int,
    progress: Progress | None,
) -> int:
    """Steps until the time is up or nothing is gained any more; returns how many were taken."""
    device, weights = room.student.device, list(keeper.trained.parameters())
    highest = optimizer.param_groups[0]["lr"]
    most_steps = MOST_EPOCHS * len(training)
    began, looks = time.perf_counter(), 0
    for step, position in enumerate(_shuffled(len(training), most_steps, seed), start=1):
        done = max((time.perf_counter() - began) / seconds, step / most_steps)
        optimizer.param_groups[0]["lr"] = highest * _factor(done)
        _set_training(room.student.module)
        try:
            loss = room.loss(training[position].to(device), position)
        except NumericalError:  # the training went wrong: what was best before is kept
            loss = torch.tensor(math.inf)
        if not bool(torch.isfinite(loss)):
            keeper.losses.append(math.inf)
            return step
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it untyped
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if done >= (looks + 1) / keeper.checks:
            looks = int(done * keeper.checks)
            keeper.check()
            if progress is not None:
                progress(min(done, 1.0), f"Healing: step {step}, loss {keeper.losses[-1]:.3f} on the search examples")
        if done >= 1 or keeper.has_stalled:
            return step
    return most_steps


def _run(model: UniversalModel, batch: Batch) -> tuple[Any, dict[str, Tensor]]:
    """The model's outputs, and what the last layer of each stack puts out."""
    hidden: dict[str, Tensor] = {}
    last = {layer.stack: model.blocks[layer.index] for layer in model.layers}

    def note(stack: str) -> Any:
        def watcher(_args: tuple[Any, ...], _kwargs: dict[str, Any], result: Any) -> None:
            hidden[stack] = first_tensor(result)

        return watcher

    with ExitStack() as stack_of_watches:
        for stack, block in last.items():
            stack_of_watches.enter_context(watched(block, note(stack)))
        outputs = model.forward(batch)
    return outputs, hidden


def _divergence(teacher: Tensor, student: Tensor) -> Tensor:
    """KL(teacher || student) of each example, ``[examples]``; outcomes that the teacher rules out count nothing."""
    smallest = torch.finfo(student.dtype).tiny
    logs = teacher.clamp(min=smallest).log() - student.clamp(min=smallest).log()
    return (teacher * logs).sum(-1)


def _missed_share(teacher: dict[str, Tensor], student: dict[str, Tensor]) -> Tensor | float:
    """Mean over the stacks of the squared distance, relative to the teacher's squared deviation from its mean."""
    shares = []
    for stack in teacher.keys() & student.keys():
        wanted, own = teacher[stack], student[stack]
        if wanted.shape == own.shape and wanted.is_floating_point():
            spread = (wanted - wanted.mean()).square().mean().clamp(min=torch.finfo(wanted.dtype).tiny)
            shares.append((wanted - own).square().mean() / spread)
    return torch.stack(shares).mean() if shares else 0.0


def _shuffled(batches: int, count: int, seed: int) -> Iterator[int]:
    """So many positions: all batches in a random order, again and again."""
    generator = torch.Generator().manual_seed(seed)
    for given in range(count):
        if given % batches == 0:
            order = torch.randperm(batches, generator=generator).tolist()
        yield order[given % batches]


def _set_training(module: nn.Module) -> None:
    """Dropout on; batch norms keep the statistics that they have, which small batches would spoil."""
    module.train()
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.eval()


def _step_size(module: nn.Module) -> float:
    """A small share of how large the weights are: the median over all matrices of their root mean square."""
    sizes = [root_mean_square(weight) for weight in module.parameters() if weight.ndim > 1]
    return RATE_OF_WEIGHTS * float(torch.stack(sizes).median()) if sizes else 1e-4


def root_mean_square(weight: Tensor) -> Tensor:
    """How large a matrix's entries are, a scalar float32."""
    return weight.detach().float().square().mean().sqrt()


def _factor(done: float) -> float:
    """Linear warm-up, then half a cosine down to a hundredth."""
    if done < WARM_UP:
        return max(done, 0.002) / WARM_UP
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP))))
