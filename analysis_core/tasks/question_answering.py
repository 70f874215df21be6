"""Question answering by a span of the text: exact match and F1 over tokens.

``loss = (cross-entropy of the first token's place + cross-entropy of the last token's place) / 2``, in nats
(Devlin et al. 2019, section 4.2). The answer given is the span of at most ``LONGEST_ANSWER_TOKENS`` tokens with the
highest sum of both logits. ``F1 = 2 x shared tokens / (tokens given + tokens wanted)`` (Rajpurkar et al. 2016).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import TASKS, Task
from analysis_core.tasks.drawing import drawn_classes, uniforms
from analysis_core.tasks.reading import check_integers, evaluating, required_field, required_targets
from analysis_core.vocabulary import Direction, TaskType

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel

LONGEST_ANSWER_TOKENS = 30
_IMPOSSIBLE = -torch.inf


class QuestionAnswering(Task):
    """Start and end logits ``[examples, tokens]`` each; targets ``[examples, 2]``: places of first and last token.

    A question without an answer in the text has the target (0, 0), the place of the classification token, as SQuAD 2
    models are trained. Padded places can be no answer: they are shut out before the softmax.
    """

    task_type = TaskType.QA
    metric = "f1"
    direction = Direction.HIGHER_IS_BETTER

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        places = self._places(outputs, batch)
        targets = self._targets(batch, places)
        nats = functional.cross_entropy(places, targets, reduction="none")
        return self.check_losses(nats.mean(1), batch)

    def predictions(self, outputs: Any, batch: Batch) -> Tensor:
        """Places of the first and last token of the answer given, ``[examples, 2]`` int64.

        Raises:
            DataError: a wanted answer ends before it begins. (Told here and not by the losses: places that are drawn
                from a model independently may well do so.)
        """
        places = self._places(outputs, batch).detach()
        targets = self._targets(batch, places)
        _refuse(targets[:, 0] > targets[:, 1], targets, batch, "which ends before it begins")
        start, end = places.unbind(-1)
        return chosen_spans(start, end)

    def metrics(self, predictions: Tensor, targets: Tensor) -> dict[str, float]:
        return {
            "f1": float(self.metric_per_example(predictions, targets).mean()),
            "exact_match": float((predictions == targets.to(predictions)).all(1).double().mean()),
        }

    def metric_per_example(self, predictions: Tensor, targets: Tensor) -> np.ndarray:
        """F1 of each example, over places of tokens."""
        first, last = predictions.unbind(1)
        wanted_first, wanted_last = targets.to(predictions).unbind(1)
        shared = (torch.minimum(last, wanted_last) - torch.maximum(first, wanted_first) + 1).clamp(min=0)
        lengths = (last - first + 1) + (wanted_last - wanted_first + 1)
        found: np.ndarray = (2.0 * shared.double() / lengths).cpu().numpy()
        return found

    def sample_targets(self, outputs: Any, batch: Batch, uniform: Tensor) -> Tensor:
        """First and last place drawn independently, as the loss takes them."""
        places = self._places(outputs, batch)
        return drawn_classes(places.transpose(1, 2), uniforms(uniform.to(places.device), 2))

    def probabilities(self, outputs: Any, batch: Batch) -> Tensor:
        """Half the mass for the first token's place, half for the last one's, ``[examples, 2 * tokens]``."""
        return self._places(outputs, batch).double().softmax(1).transpose(1, 2).flatten(1) / 2

    def answer_features(self, outputs: Any, batch: Batch) -> np.ndarray:
        """The two places, ``[examples, 2]``: answers in one part of the text are alike."""
        return self._targets(batch, self._places(outputs, batch)).double().cpu().numpy()

    def final_metrics(self, model: UniversalModel, batches: Iterable[Batch]) -> dict[str, float]:
        """SQuAD's exact match and F1 over normalised words by torchmetrics, 0 to 1; empty without a tokenizer."""
        tokenizer = getattr(model, "tokenizer", None)
        if tokenizer is None:
            return {}
        given: list[str] = []
        wanted: list[str] = []
        with evaluating(model.module), torch.no_grad():
            for batch in (batch.to(model.device) for batch in batches):
                tokens = batch.inputs.get("input_ids") if isinstance(batch.inputs, Mapping) else None
                if tokens is None:
                    return {}
                outputs = model.forward(batch)
                given += _span_texts(tokenizer, tokens, self.predictions(outputs, batch))
                wanted += _span_texts(tokenizer, tokens, self._targets(batch, self._places(outputs, batch)))
        return answer_scores(given, wanted)

    def _places(self, outputs: Any, batch: Batch) -> Tensor:
        """Logits of the first and the last token's place, ``[examples, tokens, 2]`` float32."""
        start = required_field(outputs, ("start_logits",), 0)
        end = required_field(outputs, ("end_logits",), 1)
        if start.dim() != 2 or start.shape != end.shape or start.shape[0] != batch.size:
            raise DataError(
                f"Question answering needs start and end logits of shape ({batch.size}, tokens); "
                f"the model gives {tuple(start.shape)} and {tuple(end.shape)}.",
                remedy="Choose a model with a span head.",
            )
        places = torch.stack([start, end], dim=-1).float()
        if batch.padding_mask is None:
            return places
        if batch.padding_mask.shape != start.shape:
            raise DataError(
                f"The padding mask of shape {tuple(batch.padding_mask.shape)} does not fit the logits of shape "
                f"{tuple(start.shape)}.",
                remedy="Give one entry for each token that the model answers for.",
            )
        return places.masked_fill(~batch.padding_mask.bool().unsqueeze(-1), _IMPOSSIBLE)

    def _targets(self, batch: Batch, places: Tensor) -> Tensor:
        targets = check_integers(required_targets(batch, "answer places"), "answer place")
        if targets.shape != (batch.size, 2):
            raise DataError(
                f"Answers of shape {tuple(targets.shape)} came for {batch.size} examples.",
                remedy="Give the places of the answer's first and last token, shape [examples, 2].",
            )
        tokens = places.shape[1]
        real = torch.ones(places.shape[:2], device=places.device) if batch.padding_mask is None else batch.padding_mask
        outside = (targets < 0) | (targets >= tokens) | ~real.bool().gather(1, targets.clamp(0, tokens - 1))
        _refuse(outside.any(1), targets, batch, f"which is outside its tokens (0 to {tokens - 1}, padding left out)")
        return targets


def _refuse(bad: Tensor, targets: Tensor, batch: Batch, why: str) -> None:
    if bool(bad.any()):
        where = int(bad.nonzero()[0, 0])
        raise DataError(
            f"Example {batch.first + where} has the answer {tuple(targets[where].tolist())}, {why}.",
            remedy="Cut texts so that they hold their answers, and mark a missing answer as (0, 0).",
        )


def chosen_spans(start: Tensor, end: Tensor) -> Tensor:
    """The best spans of at most ``LONGEST_ANSWER_TOKENS`` tokens.

    Args:
        start, end: logits of the first and the last token's place, ``[examples, tokens]``.

    Returns:
        Places of the first and the last token, ``[examples, 2]`` int64.
    """
    tokens = start.shape[1]
    allowed = torch.ones(tokens, tokens, dtype=torch.bool, device=start.device).triu().tril(LONGEST_ANSWER_TOKENS - 1)
    sums = (start.unsqueeze(2) + end.unsqueeze(1)).masked_fill(~allowed, _IMPOSSIBLE)
    best = sums.flatten(1).argmax(1)
    return torch.stack([best // tokens, best % tokens], dim=1)


def answer_scores(given: list[str], wanted: list[str]) -> dict[str, float]:
    """Exact match and F1 of texts, 0 to 1, as SQuAD normalises them: no case, punctuation or articles."""
    from torchmetrics.functional.text import squad

    answers: list[dict[str, Any]] = [{"prediction_text": text, "id": str(n)} for n, text in enumerate(given)]
    truth: list[dict[str, Any]] = [
        {"answers": {"answer_start": [0], "text": [text]}, "id": str(number)} for number, text in enumerate(wanted)
    ]
    found = squad(answers, truth)
    return {"text_exact_match": float(found["exact_match"]) / 100, "text_f1": float(found["f1"]) / 100}


def _span_texts(tokenizer: Any, tokens: Tensor, spans: Tensor) -> list[str]:
    rows = [row[first : last + 1] for row, (first, last) in zip(tokens, spans.tolist(), strict=True)]
    return [str(text) for text in tokenizer.batch_decode(rows, skip_special_tokens=True)]


TASKS.add(TaskType.QA.value, QuestionAnswering())
