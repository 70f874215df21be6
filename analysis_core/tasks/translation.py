"""Translation by an encoder-decoder: token accuracy with the true beginning given; BLEU and chrF of whole texts.

``token_accuracy = mean over examples of the share of target tokens to which the model gives the highest probability``:
what one forward pass tells. Texts that the model writes alone are scored by ``final_metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis_core.data.batches import Batch
from analysis_core.tasks.base import TASKS
from analysis_core.tasks.texts import translation_scores, written_texts
from analysis_core.tasks.tokens import TokenTask
from analysis_core.vocabulary import Direction, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel


class Translation(TokenTask):
    """One language into another; shapes as in :class:`TokenTask`. Targets are the decoder's labels, unshifted."""

    task_type = TaskType.TRANSLATION
    metric = "token_accuracy"
    direction = Direction.HIGHER_IS_BETTER

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """BLEU and chrF of translations that the model writes by itself; empty where it cannot write."""
        texts = written_texts(model, batches)
        return translation_scores(*texts) if texts is not None else {}


TASKS.add(TaskType.TRANSLATION.value, Translation())
