"""Retrieval between pictures and texts, both ways: reciprocal rank and recall.

``loss = (cross-entropy of the text that belongs to the picture + cross-entropy of the picture that belongs to the
text) / 2``, in nats, over scaled cosines (Radford et al. 2021, figure 3), with candidates that are fixed for each
example and not taken from its batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, Task, variant_name
from analysis_core.tasks.candidates import check_present, cosine_scores, grouped, scale_of
from analysis_core.tasks.drawing import drawn_classes, uniforms
from analysis_core.tasks.ranking import recalls, reciprocal_ranks, standings
from analysis_core.tasks.reading import check_integers, required_field, required_targets
from analysis_core.vocabulary import Direction, ModalityType, TaskType

CUTS = (1, 5, 10)
WAYS = ("image_to_text", "text_to_image")


class MultimodalRetrieval(Task):
    """Each example is a picture with its text, and some fixed others of each kind to be told apart from.

    Outputs: ``image_embeds`` and ``text_embeds``, ``[examples, candidates, width]`` (or flattened), each example's own
    pair at place 0; an optional ``logit_scale``; a tuple (images, texts) will do. Targets: the place of the right
    partner, 0 for every example, ``[examples]``, or ``[examples, 2]`` for both ways. Predictions are
    ``[examples, 6]``: ``ranking.standings`` from image to text, then from text to image.
    """

    task_type = TaskType.RETRIEVAL
    metric = "mean_reciprocal_rank"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        scores = self._scores(outputs, batch)
        targets = self._targets(batch, scores)
        nats = functional.cross_entropy(scores.transpose(1, 2), targets, reduction="none")
        return self.check_losses(nats.mean(1), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        scores = self._scores(outputs, batch).detach()
        targets = self._targets(batch, scores)
        return torch.cat([standings(scores[:, way], targets[:, way]) for way in range(2)], dim=1)

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        found = {"mean_reciprocal_rank": float(self.metric_per_example(predictions, targets).mean())}
        for way, standing in zip(WAYS, predictions.chunk(2, dim=1), strict=True):
            found |= {f"{way}_recall@{k}": float(recalls(standing, k).mean()) for k in CUTS}
        return found

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Mean reciprocal rank of both ways."""
        to_text, to_image = (reciprocal_ranks(standing) for standing in predictions.chunk(2, dim=1))
        found: np.ndarray = (to_text + to_image) / 2
        return found

    def kept_targets(self, targets: Tensor) -> Tensor:
        return targets.new_zeros(len(targets))

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """A text for the picture and a picture for the text, ``[examples, 2]``."""
        scores = self._scores(outputs, batch)
        return drawn_classes(scores, uniforms(uniform.to(scores.device), 2))

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """Half the mass for each way, ``[examples, 2 * candidates]``."""
        return self._scores(outputs, batch).double().softmax(-1).flatten(1) / 2

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The right text's direction in the model's own space, ``[examples, width]``."""
        _, texts = self._embeddings(outputs, batch)
        targets = self._targets(batch, self._scores(outputs, batch))[:, 0]
        right = texts[torch.arange(batch.size, device=targets.device), targets]
        return functional.normalize(right.detach().double(), dim=-1).cpu().numpy()

    def _embeddings(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        images = grouped(required_field(outputs, ("image_embeds",), 0), batch, "pictures")
        return images, grouped(required_field(outputs, ("text_embeds",), 1), batch, "texts")

    def _scores(self, outputs: Any, batch: Batch) -> Tensor:
        """Both ways, ``[examples, 2, candidates]``."""
        images, texts = self._embeddings(outputs, batch)
        if images.shape != texts.shape:
            raise DataError(
                f"Pictures of shape {tuple(images.shape)} and texts of shape {tuple(texts.shape)} are no pairs.",
                remedy="Give as many candidates of either kind, embedded in one space.",
            )
        scale = scale_of(outputs)
        ways = cosine_scores(images[:, 0], texts, scale), cosine_scores(texts[:, 0], images, scale)
        return torch.stack(ways, dim=1)

    def _targets(self, batch: Batch, scores: Tensor) -> Tensor:
        targets = check_integers(required_targets(batch, "places of right partners"), "candidate")
        both = targets.unsqueeze(1).expand(-1, 2) if targets.dim() == 1 else targets
        if both.shape != (batch.size, 2):
            raise DataError(
                f"Targets of shape {tuple(targets.shape)} do not name a partner for each of {batch.size} examples.",
                remedy="Give the place of the right partner, shape [examples] or [examples, 2].",
            )
        check_present(both, scores.shape[-1], batch, "candidate")
        return both


TASKS.add(variant_name(TaskType.RETRIEVAL, ModalityType.MULTIMODAL), MultimodalRetrieval())
