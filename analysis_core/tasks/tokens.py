"""Tasks whose answer is a sequence of tokens, predicted one by one with the true beginning given (teacher forcing).

``loss of an example = mean over its real tokens of -log p(token given what stands before it)``, in nats.

Targets are aligned with logits: the logits at place t are compared with the target at place t. Decoders that
predict the *next* token of their input get their targets from :func:`next_token_targets`. Where nothing is to be
predicted (padding, a prompt), the target is ``NO_TARGET``.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.answer_space import symbol_shares
from analysis_core.tasks.base import NO_TARGET, Task, logits_of
from analysis_core.tasks.drawing import drawn_classes, uniforms
from analysis_core.tasks.reading import check_integers, check_range, required_targets

MOST_PLACES = 16
NATS: Final = 0
RIGHT: Final = 1
TOKENS: Final = 2


def next_token_targets(tokens: Tensor, mask: Tensor | None = None) -> Tensor:
    """Targets of a decoder that predicts its own input's next token.

    Args:
        tokens: what the decoder reads, ``[examples, tokens]``.
        mask: 1 for a real token and 0 for padding, of the same shape; None where nothing is padded.

    Returns:
        ``[examples, tokens]`` int64: at each place the token that follows; ``NO_TARGET`` at the last real place.
    """
    targets = torch.full_like(tokens, NO_TARGET, dtype=torch.long)
    targets[:, :-1] = tokens[:, 1:]
    if mask is not None:
        followed = mask[:, :-1].bool() & mask[:, 1:].bool()
        targets[:, :-1] = targets[:, :-1].masked_fill(~followed, NO_TARGET)
    return targets


class TokenTask(Task):
    """Logits ``[examples, tokens, vocabulary]``, targets ``[examples, tokens]`` of token numbers.

    Predictions are ``[examples, 3]`` float64: summed nats, tokens predicted right, real tokens. So memory does not
    grow with the vocabulary, and texts of any length can be joined.

    Attributes:
        what: what one target is called in messages.
    """

    what = "token"

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        logits, targets = self.logits_and_targets(outputs, batch)
        tokens = (targets != NO_TARGET).sum(1)
        return self.check_losses(_nats(logits, targets).sum(1) / tokens, batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        logits, targets = self.logits_and_targets(outputs, batch)
        real = targets != NO_TARGET
        nats = _nats(logits.detach(), targets).double().sum(1)
        right = ((logits.argmax(-1) == targets) & real).sum(1)
        return torch.stack([nats, right.double(), real.sum(1).double()], dim=1)

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        """Means over examples; the ``corpus_`` metrics weigh each example by its number of tokens."""
        nats, right, tokens = predictions.double().T
        return {
            "token_accuracy": float((right / tokens).mean()),
            "corpus_token_accuracy": float(right.sum() / tokens.sum()),
            "perplexity": exponential(float((nats / tokens).mean())),
            "corpus_perplexity": exponential(float(nats.sum() / tokens.sum())),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """The share of each example's tokens that is predicted right."""
        found: np.ndarray = (predictions[:, RIGHT] / predictions[:, TOKENS]).double().cpu().numpy()
        return found

    def kept_targets(self, targets: Tensor) -> Tensor:
        return targets.new_zeros(len(targets))

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """Each token drawn by itself, the true ones standing before it; what is no target stays none."""
        logits, targets = self.logits_and_targets(outputs, batch)
        real = targets != NO_TARGET
        # The k-th real token uses the k-th number, wherever padding puts it.
        order = (real.cumsum(1) - 1).clamp(min=0)
        numbers = uniforms(uniform.to(logits.device), targets.shape[1]).gather(1, order)
        # One example at a time: cumulative shares take eight bytes for every token and word.
        drawn = torch.stack([drawn_classes(row, row_numbers) for row, row_numbers in zip(logits, numbers, strict=True)])
        return drawn.masked_fill(~real, NO_TARGET)

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """The distribution of "pick one of the example's real places, then the token there".

        The entropy of this distribution is the mean entropy per token and a constant; differences of entropies are
        means per token. At most ``MOST_PLACES`` real places are used, evenly spaced.

        Returns:
            ``[examples, MOST_PLACES * vocabulary]``, filled up with zeros for shorter examples.
        """
        logits, targets = self.logits_and_targets(outputs, batch)
        real = targets != NO_TARGET
        tokens = real.sum(1, keepdim=True)
        used = tokens.clamp(max=MOST_PLACES)
        steps = torch.arange(MOST_PLACES, device=logits.device).unsqueeze(0)
        nth_real = torch.where(steps < used, steps * tokens // used, 0)
        places = (~real).long().argsort(dim=1, stable=True).gather(1, nth_real)
        chosen = logits.gather(1, places.unsqueeze(-1).expand(-1, -1, logits.shape[-1]))
        weights = torch.where(steps < used, 1.0 / used, 0.0).double()
        return (chosen.double().softmax(-1) * weights.unsqueeze(-1)).flatten(1)

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """How often each token stands in the right answer, as shares."""
        logits, targets = self.logits_and_targets(outputs, batch)
        return symbol_shares(targets, targets != NO_TARGET, logits.shape[-1])

    def logits_and_targets(self, outputs: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits ``[examples, tokens, vocabulary]`` and targets ``[examples, tokens]`` that fit each other.

        Raises:
            DataError: they do not fit, or an example has nothing to predict.
        """
        return fitting(logits_of(outputs), check_integers(required_targets(batch, f"{self.what}s"), self.what), batch,
                       self.what)  # fmt: skip


def fitting(logits: Tensor, targets: Tensor, batch: Batch, what: str) -> tuple[Tensor, Tensor]:
    """Pass logits and targets on if they fit each other.

    Raises:
        DataError: the shapes differ, a target is out of range, or an example has nothing to predict.
    """
    if logits.dim() != 3 or logits.shape[:2] != targets.shape:
        raise DataError(
            f"Targets of shape {tuple(targets.shape)} need logits of shape "
            f"({', '.join(str(size) for size in targets.shape)}, vocabulary); the model gives {tuple(logits.shape)}.",
            remedy="Feed a decoder as many tokens as there are targets, or choose the task that fits the model.",
        )
    check_range(targets, logits.shape[-1], batch, what)
    empty = (targets == NO_TARGET).all(1)
    if bool(empty.any()):
        raise DataError(
            f"Example {batch.first + int(empty.nonzero()[0, 0])} has no {what} to predict.",
            remedy="Leave empty examples out.",
        )
    return logits, targets


def exponential(nats: float) -> float:
    """e to that power; infinite where no float can hold it."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf


def _nats(logits: Tensor, targets: Tensor) -> Tensor:
    """-log p of each target, ``[examples, tokens]``, 0 where there is none."""
    # One token after the other, as they lie in memory: with the vocabulary in the middle it takes three times as long.
    rows = logits.float().flatten(0, 1)
    nats = functional.cross_entropy(rows, targets.flatten(), ignore_index=NO_TARGET, reduction="none")
    return nats.view(targets.shape)
