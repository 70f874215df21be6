"""Question answering: spans, F1 and exact match by hand, losses by plain formulas."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertForQuestionAnswering

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import task_for
from analysis_core.tasks.question_answering import LONGEST_ANSWER_TOKENS, chosen_spans
from analysis_core.vocabulary import TaskType
from tests.tasks.cases import LENGTHS, case

TASK = task_for(TaskType.QA)


def test_f1_and_exact_match_by_hand() -> None:
    given = torch.tensor([[2, 5], [1, 1], [0, 3]])
    wanted = torch.tensor([[2, 5], [4, 6], [2, 7]])
    # All; nothing; two shared tokens of 4 given and 6 wanted.
    assert TASK.metric_per_example(given, wanted).tolist() == pytest.approx([1, 0, 0.4])
    assert TASK.metrics(given, wanted) == {"f1": pytest.approx(1.4 / 3), "exact_match": pytest.approx(1 / 3)}


def test_the_best_span_is_found_as_by_trying_all() -> None:
    generator = torch.Generator().manual_seed(0)
    start, end = torch.randn(2, 10, 40, generator=generator)
    for example, span in enumerate(chosen_spans(start, end).tolist()):
        tried = {
            (first, last): float(start[example, first] + end[example, last])
            for first in range(40)
            for last in range(first, min(40, first + LONGEST_ANSWER_TOKENS))
        }
        assert tuple(span) == max(tried, key=lambda key: tried[key])


def test_losses_by_a_plain_formula_over_real_tokens() -> None:
    found = case("question answering")
    outputs, batch = found.whole()
    for example, loss in enumerate(TASK.losses(outputs, batch).tolist()):
        nats = 0.0
        for name, place in zip(("start_logits", "end_logits"), found.targets[example].tolist(), strict=True):
            row = outputs[name][example, : int(LENGTHS[example])].tolist()
            nats += math.log(sum(math.exp(value) for value in row)) - row[place]
        assert loss == pytest.approx(nats / 2, rel=1e-5, abs=1e-6)


def test_a_span_head_of_transformers_states_the_same_loss() -> None:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    module = BertForQuestionAnswering(config).eval()
    tokens, span = torch.randint(20, (1, 9)), torch.tensor([[3, 5]])
    outputs = module(input_ids=tokens, start_positions=span[:, 0], end_positions=span[:, 1])
    torch.testing.assert_close(TASK.losses(outputs, Batch(tokens, span, 1))[0], outputs.loss)
    plain = (outputs.start_logits, outputs.end_logits)
    torch.testing.assert_close(TASK.losses(plain, Batch(tokens, span, 1))[0], outputs.loss)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (torch.tensor([[0, 1], [0, 9]]), r"Example 6 has the answer \(0, 9\), which is outside"),
        (torch.tensor([[0, 1], [2, 3]]), r"Example 6 has the answer \(2, 3\), which is outside"),
        (torch.tensor([[2, 1], [0, 0]]), r"Example 5 has the answer \(2, 1\), which ends before it begins"),
        (torch.tensor([0, 1]), "Answers of shape"),
    ],
)
def test_bad_answers_are_named(targets: Tensor, message: str) -> None:
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    outputs = (torch.zeros(2, 4), torch.zeros(2, 4))
    with pytest.raises(DataError, match=message):
        TASK.predictions(outputs, Batch({}, targets, 2, padding_mask=mask, first=5))


def test_a_mask_of_another_length_is_named() -> None:
    outputs = (torch.zeros(1, 4), torch.zeros(1, 4))
    batch = Batch({}, torch.tensor([[0, 1]]), 1, padding_mask=torch.ones(1, 3))
    with pytest.raises(DataError, match="padding mask"):
        TASK.losses(outputs, batch)
