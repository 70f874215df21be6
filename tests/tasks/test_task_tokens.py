"""Token tasks: hand-worked cases, plain formulas, torchmetrics, and the library's own loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.classification import multiclass_accuracy
from torchmetrics.functional.text import perplexity
from transformers import GPT2Config, GPT2LMHeadModel, T5Config, T5ForConditionalGeneration

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.tokens import MOST_PLACES, next_token_targets
from analysis_core.vocabulary import ModalityType, TaskType
from tests.tasks.cases import EXAMPLES, WORDS, case

GENERATION = task_for(TaskType.GENERATION)


def logits_of_shares(shares: list[list[list[float]]]) -> Tensor:
    return torch.tensor(shares, dtype=torch.float64).log()


def by_hand() -> tuple[Tensor, Batch]:
    """Two texts over two words: the right words have probability 1/2 and 1/8, then 1/4 alone."""
    shares = [[[0.5, 0.5], [0.875, 0.125]], [[0.75, 0.25], [0.5, 0.5]]]
    return logits_of_shares(shares), Batch(torch.zeros(2, 2), torch.tensor([[0, 1], [1, NO_TARGET]]), 2)


def test_perplexity_by_hand() -> None:
    logits, batch = by_hand()
    assert batch.targets is not None
    # Nats per token: (ln 2 + ln 8) / 2 = 2 ln 2, and ln 4 = 2 ln 2: the mean is 2 ln 2, the perplexity 4.
    torch.testing.assert_close(GENERATION.losses(logits, batch), torch.tensor([2.0, 2.0]) * math.log(2))
    found = GENERATION.metrics(GENERATION.predictions(logits, batch), batch.targets)
    assert found["perplexity"] == pytest.approx(4)
    assert found["corpus_perplexity"] == pytest.approx(2 ** ((1 + 3 + 2) / 3))


def test_bits_per_pixel_by_hand() -> None:
    logits, batch = by_hand()
    task = task_for(TaskType.GENERATION, ModalityType.MULTIMODAL)
    assert batch.targets is not None
    found = task.metrics(task.predictions(logits, batch), batch.targets)
    assert found["bits_per_pixel"] == pytest.approx(2)


def test_token_accuracy_by_hand() -> None:
    logits = torch.tensor([[[2.0, 0, 1], [0, 3, 1]], [[0, 0, 1], [5, 0, 0]]])
    targets = torch.tensor([[0, 2], [2, NO_TARGET]])
    task, batch = task_for(TaskType.TRANSLATION), Batch(torch.zeros(2, 2), targets, 2)
    found = task.metrics(task.predictions(logits, batch), targets)
    assert (found["token_accuracy"], found["corpus_token_accuracy"]) == pytest.approx((0.75, 2 / 3))


def test_metrics_agree_with_torchmetrics() -> None:
    found = case("generation")
    outputs, batch = found.whole()
    metrics = found.task.metrics(found.task.predictions(outputs, batch), found.targets)
    theirs = perplexity(outputs["logits"], found.targets, ignore_index=NO_TARGET)
    assert metrics["corpus_perplexity"] == pytest.approx(float(theirs), rel=1e-5)
    right = multiclass_accuracy(
        outputs["logits"].argmax(-1), found.targets, WORDS, average="micro", ignore_index=NO_TARGET
    )
    assert metrics["corpus_token_accuracy"] == pytest.approx(float(right), rel=1e-6)


def test_losses_agree_with_plain_loops() -> None:
    found = case("translation")
    outputs, batch = found.whole()
    for example, loss in enumerate(found.task.losses(outputs, batch).tolist()):
        nats = []
        for place, word in enumerate(found.targets[example].tolist()):
            if word != NO_TARGET:
                row = outputs["logits"][example, place].tolist()
                nats.append(math.log(sum(math.exp(value) for value in row)) - row[word])
        assert loss == pytest.approx(sum(nats) / len(nats), rel=1e-5)


def test_a_decoder_of_transformers_states_the_same_loss() -> None:
    torch.manual_seed(0)
    module = GPT2LMHeadModel(GPT2Config(vocab_size=20, n_positions=8, n_embd=8, n_layer=1, n_head=2)).eval()
    tokens = torch.randint(20, (1, 8))
    outputs = module(input_ids=tokens, labels=tokens)
    batch = Batch({"input_ids": tokens}, next_token_targets(tokens), 1)
    torch.testing.assert_close(GENERATION.losses(outputs, batch)[0], outputs.loss)


def test_an_encoder_decoder_of_transformers_states_the_same_loss() -> None:
    torch.manual_seed(0)
    config = T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0)
    module = T5ForConditionalGeneration(config).eval()
    tokens, labels = torch.randint(1, 20, (1, 5)), torch.tensor([[3, 4, 1, NO_TARGET]])
    outputs = module(input_ids=tokens, labels=labels)
    losses = task_for(TaskType.SUMMARIZATION).losses(outputs, Batch({"input_ids": tokens}, labels, 1))
    torch.testing.assert_close(losses[0], outputs.loss)


def test_targets_of_the_next_token() -> None:
    tokens = torch.tensor([[5, 6, 7], [8, 9, 0], [0, 3, 4]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0], [0, 1, 1]])
    no = NO_TARGET
    assert next_token_targets(tokens, mask).tolist() == [[6, 7, no], [9, no, no], [no, 4, no]]
    assert next_token_targets(tokens).tolist() == [[6, 7, no], [9, 0, no], [3, 4, no]]


def test_targets_that_repeat_the_inputs_are_refused() -> None:
    tokens = torch.arange(10).reshape(1, 10)
    logits = torch.zeros(1, 10, 10)
    with pytest.raises(DataError, match="repeat the inputs"):
        GENERATION.predictions(logits, Batch({"input_ids": tokens}, tokens, 1))
    GENERATION.predictions(logits, Batch({"input_ids": tokens, "decoder_input_ids": tokens}, tokens, 1))
    GENERATION.predictions(logits, Batch({"input_ids": tokens}, next_token_targets(tokens), 1))


def test_left_padding_changes_no_draw() -> None:
    found = case("generation")
    outputs, batch = found.whole()
    uniform = torch.linspace(0.1, 0.9, EXAMPLES)
    drawn = found.task.sample_targets(outputs, batch, uniform)
    left = Batch({}, torch.nn.functional.pad(found.targets, (3, 0), value=NO_TARGET), EXAMPLES)
    moved = found.task.sample_targets(torch.nn.functional.pad(outputs["logits"], (0, 0, 3, 0)), left, uniform)
    assert torch.equal(drawn, moved[:, 3:]) and bool((moved[:, :3] == NO_TARGET).all())


def test_drawn_tokens_follow_the_models_distribution() -> None:
    share = torch.tensor([0.1, 0.2, 0.7])
    logits = share.log().expand(2000, 3, 3)
    batch = Batch(torch.zeros(2000, 3), torch.zeros(2000, 3, dtype=torch.long), 2000)
    uniform = torch.from_numpy(np.random.default_rng(0).random(2000))
    drawn = GENERATION.sample_targets(logits, batch, uniform)
    for place in range(3):
        counted = torch.bincount(drawn[:, place], minlength=3) / 2000
        torch.testing.assert_close(counted, share, atol=0.04, rtol=0)  # 4 standard errors


def test_entropy_of_the_probabilities_is_the_mean_entropy_of_tokens() -> None:
    tokens = MOST_PLACES  # all of them are used
    logits = torch.randn(1, tokens, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    batch = Batch({}, torch.zeros(1, tokens, dtype=torch.long), 1)
    entropy = torch.special.entr(GENERATION.probabilities(logits, batch)).sum()
    each = torch.special.entr(logits.softmax(-1)).sum(-1).mean()
    assert float(entropy) == pytest.approx(float(each) + math.log(tokens))


def test_long_answers_are_believed_at_evenly_spaced_places() -> None:
    tokens = 4 * MOST_PLACES
    logits = torch.zeros(1, tokens, tokens) + 100 * torch.eye(tokens)
    batch = Batch({}, torch.zeros(1, tokens, dtype=torch.long), 1)
    found = GENERATION.probabilities(logits, batch).reshape(MOST_PLACES, tokens).argmax(1)
    assert found.tolist() == list(range(0, tokens, 4))


def test_features_are_shares_of_words() -> None:
    targets = torch.tensor([[1, 1, 2, NO_TARGET], [0, NO_TARGET, NO_TARGET, NO_TARGET]])
    features = GENERATION.answer_features(torch.zeros(2, 4, 3), Batch({}, targets, 2))
    assert features.tolist() == [[0, pytest.approx(2 / 3), pytest.approx(1 / 3)], [1, 0, 0]]


def test_large_vocabularies_are_folded() -> None:
    targets = torch.tensor([[1, 2049]])
    features = GENERATION.answer_features(torch.zeros(1, 2, 5000), Batch({}, targets, 1))
    assert features.shape == (1, 2048) and features[0, 1] == 1


def test_an_endless_perplexity_is_infinite_and_no_error() -> None:
    assert GENERATION.metric_of(1000.0) == math.inf


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (torch.tensor([[0, 1], [0, 9]]), "Example 8 has token 9, but the model knows 0 to 2"),
        (torch.tensor([[0, 1], [-1, 0]]), "Example 8 has token -1"),
        (torch.tensor([[0, 1], [NO_TARGET, NO_TARGET]]), "Example 8 has no token to predict"),
        (torch.tensor([[0.5, 1], [0, 0]]), "must be a whole number"),
        (torch.tensor([[0], [0]]), "need logits of shape"),
    ],
)
def test_bad_targets_are_named(targets: Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        GENERATION.losses(torch.zeros(2, 2, 3), Batch({}, targets, 2, first=7))
