"""Summarization by an encoder-decoder: token accuracy with the true beginning given; ROUGE of whole texts.

``token_accuracy = mean over examples of the share of target tokens to which the model gives the highest probability``:
what one forward pass tells. Texts that the model writes alone are scored by ``final_metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis_core.data.batches import Batch
from analysis_core.tasks.base import TASKS
from analysis_core.tasks.texts import summary_scores, written_texts
from analysis_core.tasks.tokens import TokenTask
from analysis_core.vocabulary import Direction, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel


class Summarization(TokenTask):
    """A long text into a short one; shapes as in :class:`TokenTask`. Targets are the decoder's labels, unshifted."""

    task_type = TaskType.SUMMARIZATION
    metric = "token_accuracy"
    direction = Direction.HIGHER_IS_BETTER

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """ROUGE-1, ROUGE-2 and ROUGE-L of summaries that the model writes by itself; empty where it cannot write."""
        texts = written_texts(model, batches)
        return summary_scores(*texts) if texts is not None else {}


TASKS.add(TaskType.SUMMARIZATION.value, Summarization())
