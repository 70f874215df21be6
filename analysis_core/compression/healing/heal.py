"""Mend what the removal of layers broke: a linear patch, or a short training with the whole model as the teacher.

The training changes all weights, or low-rank adapters alone that are merged afterwards.

Healing sees training examples only. Whether it helped is judged by the task's loss on the search examples, on which the
layers were chosen; the test examples are for the final figures alone. Where it did not help, the smaller model stays as
it was cut, and the report says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from analysis_core.compression.healing.better_state import Attempt, check_apart, mean_loss
from analysis_core.compression.healing.distill import distill
from analysis_core.compression.healing.linear_patch import patch_gaps
from analysis_core.compression.healing.lora import require_peft, train_adapters
from analysis_core.compression.search import Progress
from analysis_core.data.batches import Batch
from analysis_core.errors import ConfigurationError, DataError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.sublayers import in_blocks
from analysis_core.results import CompressionPlan, HealReport
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import HealWay


def heal(
    original: UniversalModel,
    smaller: UniversalModel,
    plan: CompressionPlan,
    training: Sequence[Batch],
    search: Sequence[Batch],
    task: Task,
    way: HealWay | str = HealWay.DISTILL,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> HealReport:
    """Mend a smaller model in place.

    Args:
        original: the model that it was cut from; stays as it is.
        smaller: what :func:`~analysis_core.compression.removal.surgery.compressed_model` returned; its weights change.
        plan: which layers went.
        training: examples to learn from; none of them may be among those of the search or the test.
        search: examples that tell whether it helped.
        task: gives the loss.
        way: what is done, see :class:`~analysis_core.vocabulary.HealWay`.
        seconds: how long a training may take, checks included.
        seed: of the order of the batches and of dropout.
        progress: called with the done share and a few words; may raise to stop.

    Returns:
        What was done and what it changed. ``helped`` is False where the smaller model was left as it was cut.

    Raises:
        DataError: there are no examples to learn from, or some of them are among those of the search.
        ConfigurationError: no time is given.
        SurgeryError: a linear patch was asked for, and this model has no place to fold it into, or other
            layers than whole blocks were taken out.
        NumericalError: a loss is not finite.
    """
    began = time.perf_counter()
    way = HealWay(way)
    if not plan.remove or way is HealWay.NONE:
        loss = mean_loss(smaller, search, task)
        return _report(way, 0, Attempt(loss, loss), began)
    if seconds <= 0:
        raise ConfigurationError(f"Nothing heals in {seconds:g} seconds.", where="seconds", remedy="Give more than 0.")
    if not training or not search:
        missing = "search" if training else "training"
        raise DataError(f"There are no {missing} examples to heal with.", remedy="Give some, or use heal='none'.")
    if way is HealWay.LORA:
        require_peft()
    check_apart(training, search, "search")
    whole, cut = in_blocks(original), in_blocks(smaller)
    if way is HealWay.LINEAR:
        if whole is not original:
            raise SurgeryError(
                "A linear patch stands for whole blocks, and this plan does not count in them.",
                where=original.name,
                remedy="Heal by 'distill', or choose granularity 'block'.",
            )
        attempt = patch_gaps(original, smaller, plan, training, search, task, progress=progress)
    else:
        train = train_adapters if way is HealWay.LORA else distill
        attempt = train(whole, cut, training, search, task, seconds=seconds, seed=seed, progress=progress)
    return _report(way, sum(batch.size for batch in training), attempt, began)


def _report(way: HealWay, examples: int, attempt: Attempt, began: float) -> HealReport:
    return HealReport(
        way=way.value,
        helped=attempt.helped,
        loss_before=attempt.loss_before,
        loss_reached=attempt.loss_reached,
        examples=examples,
        steps=attempt.steps,
        seconds=time.perf_counter() - began,
    )
