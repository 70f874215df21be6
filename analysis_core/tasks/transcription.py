"""Transcription of speech (generation from audio): token accuracy with the true beginning; word error rate.

``token_accuracy = mean over examples of the share of target tokens to which the model gives the highest probability``:
what one forward pass tells. Texts that the model writes alone are scored by ``final_metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis_core.data.batches import Batch
from analysis_core.tasks.base import TASKS, variant_name
from analysis_core.tasks.texts import transcription_scores, written_texts
from analysis_core.tasks.tokens import TokenTask
from analysis_core.vocabulary import Direction, ModalityType, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel


class Transcription(TokenTask):
    """Speech into text; shapes as in :class:`TokenTask`. Targets are the decoder's labels, unshifted."""

    task_type = TaskType.GENERATION
    metric = "token_accuracy"
    direction = Direction.HIGHER_IS_BETTER

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """Word and character error rate of transcripts that the model writes by itself; empty where it cannot write."""
        texts = written_texts(model, batches)
        return transcription_scores(*texts) if texts is not None else {}


TASKS.add(variant_name(TaskType.GENERATION, ModalityType.AUDIO), Transcription())
