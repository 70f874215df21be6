"""Generation of pictures from captions, pixel by pixel as tokens (the DALL-E scheme): bits per pixel token.

``bits per pixel = mean over examples of the mean nats per pixel token / ln 2`` (van den Oord et al. 2016, "Pixel
recurrent neural networks"; Ramesh et al. 2021, "Zero-shot text-to-image generation"). Targets are ``NO_TARGET``
on the caption's tokens, so that only pixels count.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from analysis_core.tasks.base import TASKS, variant_name
from analysis_core.tasks.tokens import NATS, TOKENS, TokenTask
from analysis_core.vocabulary import Direction, ModalityType, TaskType


class PixelGeneration(TokenTask):
    """Pictures from captions; see :class:`TokenTask` for shapes."""

    task_type = TaskType.GENERATION
    metric = "bits_per_pixel"
    direction = Direction.LOWER_IS_BETTER
    what = "pixel token"

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        shares = self.metric_per_example(predictions, targets)
        return {"bits_per_pixel": float(shares.mean()), **super().metrics(predictions, targets)}

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Bits per pixel token of each example."""
        found: np.ndarray = (predictions[:, NATS] / predictions[:, TOKENS]).double().cpu().numpy() / math.log(2)
        return found


TASKS.add(variant_name(TaskType.GENERATION, ModalityType.MULTIMODAL), PixelGeneration())
