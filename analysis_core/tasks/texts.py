"""Texts that a model writes by itself, and the libraries that compare them with what people wrote."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.base import NO_TARGET
from analysis_core.tasks.reading import evaluating, required_targets

if TYPE_CHECKING:
    from analysis_core.models.base import UniversalModel

_START_TOKENS = 4
"""At most: Whisper's start, language, task, and whether it tells times."""
_ENCODER_INPUTS = ("input_ids", "attention_mask", "input_features", "input_values", "pixel_values")


def written_texts(model: UniversalModel, batches: Iterable[Batch]) -> tuple[list[str], list[str]] | None:
    """What an encoder-decoder writes by greedy decoding, and what it should have written.

    Args:
        model: its module has ``generate``, itself it has a ``tokenizer``; as transformers' classes do.
        batches: with targets ``[examples, tokens]``.

    Returns:
        (written, wanted), one text an example; None where the model cannot write. Texts end at the latest at twice
        the longest target's length over all batches, so that batch size changes nothing, or where the model ends.
    """
    from analysis_core.models.foreign import quiet  # which brings in transformers

    tokenizer, generate = getattr(model, "tokenizer", None), getattr(model.module, "generate", None)
    if tokenizer is None or generate is None:
        return None
    listed = list(batches)
    targets = [required_targets(batch, "texts") for batch in listed]
    longest = max((int((part != NO_TARGET).sum(1).max()) for part in targets), default=1)
    most = min(2 * longest, _most_tokens(model))
    written: list[str] = []
    wanted: list[str] = []
    with evaluating(model.module), torch.no_grad(), quiet():
        for batch, part in zip(listed, targets, strict=True):
            inputs = batch.to(model.device).inputs
            if not isinstance(inputs, Mapping):
                return None
            given = {name: inputs[name] for name in _ENCODER_INPUTS if name in inputs}
            tokens = generate(**given, do_sample=False, num_beams=1, max_new_tokens=most)
            written += tokenizer.batch_decode(tokens, skip_special_tokens=True)
            real = [row[row != NO_TARGET] for row in part]
            wanted += tokenizer.batch_decode(real, skip_special_tokens=True)
    return [text.strip() for text in written], [text.strip() for text in wanted]


def _most_tokens(model: UniversalModel) -> int:
    """How many tokens a decoder with learned places has room for, behind those that it starts with."""
    places = getattr(getattr(model.module, "config", None), "max_target_positions", None)
    return places - _START_TOKENS if isinstance(places, int) else sys.maxsize


def translation_scores(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Corpus BLEU and chrF by sacrebleu, 0 to 100 (Papineni et al. 2002; Popović 2015; Post 2018)."""
    import sacrebleu

    return {
        "bleu": float(sacrebleu.corpus_bleu(list(written), [list(wanted)]).score),
        "chrf": float(sacrebleu.corpus_chrf(list(written), [list(wanted)]).score),
    }


def summary_scores(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Mean ROUGE-1, ROUGE-2 and ROUGE-L F-measures by rouge-score, 0 to 1 (Lin 2004)."""
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped,unused-ignore]  # ships no types

    names = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l"}
    scorer = RougeScorer(list(names))
    found = [scorer.score(right, text) for text, right in zip(written, wanted, strict=True)]
    return {ours: sum(scores[theirs].fmeasure for scores in found) / len(found) for theirs, ours in names.items()}


def transcription_scores(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Word and character error rate of the whole corpus by torchmetrics: edits per wanted word or character.

    Raises:
        DataError: no example wants any word.
    """
    from torchmetrics.functional.text import char_error_rate, word_error_rate

    if not any(text.split() for text in wanted):
        raise DataError("None of the transcripts holds a word.", remedy="Give examples with speech and transcripts.")
    return {
        "word_error_rate": float(word_error_rate(list(written), list(wanted))),
        "character_error_rate": float(char_error_rate(list(written), list(wanted))),
    }
