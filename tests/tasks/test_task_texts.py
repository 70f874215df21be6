"""Texts that models write, and their scores on cases worked out by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    WhisperConfig,
    WhisperForConditionalGeneration,
)

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.question_answering import answer_scores
from analysis_core.tasks.texts import summary_scores, transcription_scores, translation_scores, written_texts
from analysis_core.vocabulary import ModalityType, TaskType

WORDS = ["<pad>", "</s>", "the", "cat", "sat", "on", "mat", "a"]


def tokenizer() -> PreTrainedTokenizerFast:
    padding, end = WORDS[:2]
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token=padding))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token=padding, eos_token=end)


def fed(module: torch.nn.Module, with_tokenizer: bool = True) -> Any:
    """What the final metrics need of a model."""
    return SimpleNamespace(
        module=module,
        tokenizer=tokenizer() if with_tokenizer else None,
        device=torch.device("cpu"),
        forward=lambda batch: module(**batch.inputs),
    )


def tiny_t5() -> T5ForConditionalGeneration:
    torch.manual_seed(1)
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(WORDS), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, initializer_factor=2.0,
            decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, dropout_rate=0.3,
        )
    )  # fmt: skip


def t5_batches(size: int) -> list[Batch]:
    sources = torch.tensor([[2, 3, 4, 1], [7, 3, 1, 0], [5, 6, 1, 0]])
    targets = torch.tensor([[2, 6, 1], [7, 1, NO_TARGET], [4, 1, NO_TARGET]])
    batches = []
    for start in range(0, 3, size):
        rows = slice(start, start + size)
        inputs = {"input_ids": sources[rows], "attention_mask": (sources[rows] != 0).long(), "use_cache": False}
        batches.append(Batch(inputs, targets[rows], len(sources[rows]), first=start))
    return batches


def test_bleu_and_chrf_by_hand() -> None:
    same = translation_scores(["the cat sat on the mat"], ["the cat sat on the mat"])
    assert same == {"bleu": pytest.approx(100), "chrf": pytest.approx(100)}
    # 5 of 6 words, 4 of 5 pairs, 3 of 4 triples and 2 of 3 quadruples are right; the lengths are equal.
    found = translation_scores(["the cat sat on the rug"], ["the cat sat on the mat"])
    assert found["bleu"] == pytest.approx(100 * (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25)
    assert translation_scores(["xyz"], ["the cat"])["chrf"] == 0


def test_bleu_punishes_what_is_too_short() -> None:
    # All n-grams are right, four words stand for six.
    found = translation_scores(["the cat sat on"], ["the cat sat on the mat"])
    assert found["bleu"] == pytest.approx(100 * math.exp(1 - 6 / 4))


def test_rouge_by_hand() -> None:
    # The longest common subsequence is "the … on mat": 3 words of 4 written and 5 wanted.
    found = summary_scores(["the dog on mat"], ["the cat sat on mat"])
    assert found["rouge_l"] == pytest.approx(2 * 3 / (4 + 5))
    assert found["rouge_1"] == pytest.approx(2 * 3 / (4 + 5))
    assert found["rouge_2"] == pytest.approx(2 * 1 / (3 + 4))


def test_word_error_rate_by_hand() -> None:
    # One word wrong and one missing, of 3 + 2.
    found = transcription_scores(["one too three", "four"], ["one two three", "four five"])
    assert found["word_error_rate"] == pytest.approx(2 / 5)
    # "too" for "two" is one letter, " five" five letters, of 13 + 9.
    assert found["character_error_rate"] == pytest.approx(6 / 22)


def test_silence_alone_has_no_error_rate() -> None:
    with pytest.raises(DataError, match="holds a word"):
        transcription_scores(["one"], [""])


def test_squad_scores_by_hand() -> None:
    # Articles, case and punctuation do not count; the second shares 1 of 2 and 1 words: F1 = 2/3.
    found = answer_scores(["The cat.", "black cat"], ["cat", "cat"])
    assert found == {"text_exact_match": pytest.approx(0.5), "text_f1": pytest.approx((1 + 2 / 3) / 2)}


def test_texts_do_not_depend_on_the_batch_and_the_mode_is_put_back() -> None:
    module = tiny_t5().train()
    together, alone = (written_texts(fed(module), t5_batches(size)) for size in (3, 1))
    assert together is not None and together == alone and module.training
    written, wanted = together
    assert wanted == ["the mat", "a", "sat"] and len(written) == 3
    assert max(len(text.split()) for text in written) <= 6


@pytest.mark.parametrize(
    ("task_type", "names"),
    [
        (TaskType.TRANSLATION, {"bleu", "chrf"}),
        (TaskType.SUMMARIZATION, {"rouge_1", "rouge_2", "rouge_l"}),
    ],
)
def test_an_encoder_decoder_is_scored_by_what_it_writes(task_type: TaskType, names: set[str]) -> None:
    task = task_for(task_type)
    assert set(task.final_metrics(fed(tiny_t5()), t5_batches(2))) == names
    assert task.final_metrics(fed(tiny_t5(), with_tokenizer=False), t5_batches(2)) == {}
    assert task.final_metrics(fed(torch.nn.Linear(2, 2)), t5_batches(2)) == {}


def test_a_speech_model_is_scored_by_what_it_writes() -> None:
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=len(WORDS), num_mel_bins=8, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
        max_source_positions=20, max_target_positions=20, decoder_start_token_id=0, pad_token_id=0, bos_token_id=0,
        eos_token_id=1, suppress_tokens=[], begin_suppress_tokens=[],
    )  # fmt: skip
    module = WhisperForConditionalGeneration(config)
    labels = torch.tensor([[2, 3, 1], [7, 1, NO_TARGET]])
    inputs = {"input_features": torch.randn(2, 8, 40), "decoder_input_ids": torch.zeros(2, 3, dtype=torch.long)}
    task = task_for(TaskType.GENERATION, ModalityType.AUDIO)
    batch = Batch(inputs, labels, 2)
    assert task.losses(module(**inputs), batch).shape == (2,)
    found = task.final_metrics(fed(module), [batch])
    assert set(found) == {"word_error_rate", "character_error_rate"}


def test_spans_are_scored_as_texts() -> None:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=8,
    )  # fmt: skip
    module = BertForQuestionAnswering(config).train()
    task, tokens = task_for(TaskType.QA), torch.tensor([[2, 3, 4, 5, 6], [7, 3, 4, 0, 0]])
    mask = (tokens != 0).long()
    inputs = {"input_ids": tokens, "attention_mask": mask}
    module.eval()
    wanted = task.predictions(module(**inputs), Batch(inputs, torch.zeros(2, 2, dtype=torch.long), 2, mask))
    module.train()
    found = task.final_metrics(fed(module), [Batch(inputs, wanted, 2, mask)])
    assert found == {"text_exact_match": pytest.approx(1), "text_f1": pytest.approx(1)}
    assert module.training
