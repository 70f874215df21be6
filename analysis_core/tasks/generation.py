"""Generation: how well a decoder foresees each next token. Cross-entropy in nats per token, perplexity.

``perplexity = exp(mean over examples of the example's mean nats per token)``; ``corpus_perplexity`` weighs examples
by their length (Jelinek et al. 1977, "Perplexity: a measure of the difficulty of speech recognition tasks").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import NO_TARGET, TASKS
from analysis_core.tasks.tokens import NATS, TOKENS, TokenTask, exponential
from analysis_core.vocabulary import Direction, TaskType

_ENOUGH_TO_TELL = 8


class Generation(TokenTask):
    """Language modelling; see :class:`TokenTask` for shapes. An example's share in perplexity is its mean nats."""

    task_type = TaskType.GENERATION
    metric = "perplexity"
    direction = Direction.LOWER_IS_BETTER

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        """As in :class:`TokenTask`.

        Raises:
            DataError: the targets are the decoder's inputs, not what follows them. (Told here and not by the losses:
                targets that are drawn from a model may well repeat its inputs.)
        """
        _, targets = self.logits_and_targets(outputs, batch)
        if _repeats_inputs(batch, targets):
            raise DataError(
                "The targets repeat the inputs token for token; a decoder is asked for the next token.",
                remedy="Move the targets one place ahead: next_token_targets(tokens, mask).",
            )
        return super().predictions(outputs, batch)

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """Mean nats per token of each example."""
        found: np.ndarray = (predictions[:, NATS] / predictions[:, TOKENS]).double().cpu().numpy()
        return found

    def metric_of(self, mean: float) -> float:
        return exponential(mean)


def _repeats_inputs(batch: Batch, targets: Tensor) -> bool:
    inputs = batch.inputs
    if isinstance(inputs, Mapping):
        # Where an encoder reads the inputs, giving them back is a fair thing to ask.
        tokens = None if "decoder_input_ids" in inputs else inputs.get("input_ids")
    else:
        tokens = inputs if isinstance(inputs, Tensor) else None
    if tokens is None or tokens.shape != targets.shape:
        return False
    real = targets != NO_TARGET
    wanted = targets[real]
    if len(wanted) < _ENOUGH_TO_TELL or bool((wanted == wanted[0]).all()):
        return False
    return bool((tokens[real] == wanted).all())


TASKS.add(TaskType.GENERATION.value, Generation())
