"""Recommendation: which item comes next, ranked among all items. nDCG@10, recall@10, AUC.

``loss = -log softmax(logits over all items)[next item]``, in nats. Ranking among all items and not among a sample of
them, which can turn the order of models around (Krichene & Rendle 2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.answer_space import symbol_shares
from analysis_core.tasks.base import TASKS, Task, logits_of
from analysis_core.tasks.candidates import check_present
from analysis_core.tasks.drawing import drawn_classes
from analysis_core.tasks.ranking import areas_under_curve, discounted_gains, recalls, reciprocal_ranks, standings
from analysis_core.tasks.reading import check_integers, required_targets
from analysis_core.vocabulary import Direction, TaskType


class Recommendation(Task):
    """Logits ``[examples, items]``, targets ``[examples]`` of item numbers.

    Logits ``[examples, tokens, items]`` are read at each example's last real place. A logit of minus infinity takes
    an item out of the ranking (padding, items already seen). Predictions are ``[examples, 3]``, see
    ``ranking.standings``: memory does not grow with the number of items.
    """

    task_type = TaskType.RECOMMENDATION
    metric = "ndcg@10"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        logits = self._logits(outputs, batch)
        targets = self._targets(batch, logits.shape[1])
        return self.check_losses(functional.cross_entropy(logits, targets, reduction="none"), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        logits = self._logits(outputs, batch).detach()
        return standings(logits, self._targets(batch, logits.shape[1]))

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        return {
            "ndcg@10": float(discounted_gains(predictions, 10).mean()),
            "recall@10": float(recalls(predictions, 10).mean()),
            "mean_reciprocal_rank": float(reciprocal_ranks(predictions).mean()),
            "auc": float(areas_under_curve(predictions).mean()),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """nDCG@10 of each example."""
        return discounted_gains(predictions, 10)

    def kept_targets(self, targets: Tensor) -> Tensor:
        return targets.new_zeros(len(targets))

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        return drawn_classes(self._logits(outputs, batch), uniform)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        return self._logits(outputs, batch).double().softmax(-1)

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """One-hot items, folded where there are many, ``[examples, features]``."""
        items = self._logits(outputs, batch).shape[1]
        targets = self._targets(batch, items).unsqueeze(1)
        return symbol_shares(targets, torch.ones_like(targets, dtype=torch.bool), items)

    def _logits(self, outputs: Any, batch: Batch) -> Tensor:
        logits = logits_of(outputs)
        if logits.dim() == 3 and logits.shape[0] == batch.size:
            logits = logits[torch.arange(batch.size, device=logits.device), _last_places(batch, logits)]
        if logits.dim() != 2 or logits.shape[0] != batch.size:
            raise DataError(
                f"Recommendation needs logits of shape ({batch.size}, items); the model gives {tuple(logits.shape)}.",
                remedy="Give one logit for each item, for the place after the last interaction.",
            )
        return logits.float()

    def _targets(self, batch: Batch, items: int) -> Tensor:
        targets = check_integers(required_targets(batch, "next items"), "item")
        if targets.dim() == 2 and targets.shape[1] == 1:
            targets = targets[:, 0]
        if targets.dim() != 1:
            raise DataError(
                f"Targets of shape {tuple(targets.shape)} do not name one next item for each of {batch.size} examples.",
                remedy="Give the number of the next item, shape [examples].",
            )
        check_present(targets, items, batch, "item")
        return targets


def _last_places(batch: Batch, logits: Tensor) -> Tensor:
    places = torch.arange(logits.shape[1], device=logits.device).expand(batch.size, -1)
    if batch.padding_mask is None:
        return places[:, -1]
    if batch.padding_mask.shape != logits.shape[:2]:
        raise DataError(
            f"The padding mask of shape {tuple(batch.padding_mask.shape)} does not fit the logits of shape "
            f"{tuple(logits.shape)}.",
            remedy="Give one entry for each place that the model answers for.",
        )
    return torch.where(batch.padding_mask.bool(), places, 0).amax(1)


TASKS.add(TaskType.RECOMMENDATION.value, Recommendation())
