"""Retrieval: which of its candidates answers a query. Reciprocal rank, recall, nDCG.

``loss = -log softmax(scale x cosine(query, candidates))[right one]``, in nats: the contrastive loss (van den Oord et
al. 2018, InfoNCE) with candidates that are fixed for each example and not taken from its batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, Task
from analysis_core.tasks.candidates import cosine_scores, grouped, right_places, scale_of
from analysis_core.tasks.drawing import drawn_classes
from analysis_core.tasks.ranking import discounted_gains, recalls, reciprocal_ranks, standings
from analysis_core.tasks.reading import field_of, required_field
from analysis_core.vocabulary import Direction, TaskType

CUTS = (1, 5, 10)


class Retrieval(Task):
    """Targets ``[examples]``: the right candidate's place. Outputs, the first that fits:

    - ``logits`` ``[examples, candidates]``: scores of a cross-encoder;
    - ``query_embeds`` ``[examples, width]`` and ``document_embeds`` ``[examples, candidates, width]`` (or flattened
      to ``[examples x candidates, width]``), each example's own; a tuple of both will do;
    - ``query_embeds`` and ``candidate_embeds`` ``[candidates, width]``: one index for all examples. Its vectors must be
      given and not computed by the layers under study, or the gradients of examples cannot be told apart.

    An optional ``logit_scale`` multiplies cosines. Predictions are ``[examples, 3]``, see ``ranking.standings``.
    """

    task_type = TaskType.RETRIEVAL
    metric = "mean_reciprocal_rank"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        scores = self._scores(outputs, batch)
        targets = right_places(batch, scores.shape[1])
        return self.check_losses(functional.cross_entropy(scores, targets, reduction="none"), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        scores = self._scores(outputs, batch).detach()
        return standings(scores, right_places(batch, scores.shape[1]))

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        return {
            "mean_reciprocal_rank": float(reciprocal_ranks(predictions).mean()),
            **{f"recall@{k}": float(recalls(predictions, k).mean()) for k in CUTS},
            "ndcg@10": float(discounted_gains(predictions, 10).mean()),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Reciprocal rank of each example."""
        return reciprocal_ranks(predictions)

    def kept_targets(self, targets: Tensor) -> Tensor:
        return targets.new_zeros(len(targets))

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        return drawn_classes(self._scores(outputs, batch), uniform)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        return self._scores(outputs, batch).double().softmax(-1)

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The right document's direction in the model's own space; for bare scores, its place as one-hot."""
        scores = self._scores(outputs, batch)
        targets = right_places(batch, scores.shape[1])
        if _has_scores(outputs):
            return functional.one_hot(targets, scores.shape[1]).double().cpu().numpy()
        _, documents = self._embeddings(outputs, batch)
        rows = torch.arange(batch.size, device=targets.device)
        right = documents[rows, targets] if documents.dim() == 3 else documents[targets]
        return functional.normalize(right.detach().double(), dim=-1).cpu().numpy()

    def _scores(self, outputs: Any, batch: Batch) -> Tensor:
        if not _has_scores(outputs):
            return cosine_scores(*self._embeddings(outputs, batch), scale_of(outputs))
        scores = required_field(outputs, ("logits",)).float()
        if scores.dim() != 2 or scores.shape[0] != batch.size or scores.shape[1] < 2:
            raise DataError(
                f"Retrieval needs scores of shape ({batch.size}, candidates) with two candidates or more; "
                f"the model gives {tuple(scores.shape)}.",
                remedy="Give one score for each of the example's candidates.",
            )
        return scores

    def _embeddings(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        queries = required_field(outputs, ("query_embeds",), 0)
        if queries.shape[0] != batch.size:
            raise DataError(
                f"{queries.shape[0]} queries came for {batch.size} examples.", remedy="Embed one query an example."
            )
        shared = field_of(outputs, ("candidate_embeds",))
        if shared is not None:
            return queries, shared
        return queries, grouped(required_field(outputs, ("document_embeds",), 1), batch, "documents")


def _has_scores(outputs: Any) -> bool:
    return field_of(outputs, ("logits",)) is not None


TASKS.add(TaskType.RETRIEVAL.value, Retrieval())
