"""How the recipes for text deal out examples, and what guessing without reading would reach."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoTokenizer

from analysis_core import zoo
from analysis_core.models.loading import load_model
from analysis_core.vocabulary import TaskType
from analysis_core.zoo.subwords import WRITTEN, Reading, train_tokenizer
from analysis_core.zoo.text_lessons import Dealer, commonest_token_share, quieten, unigram_perplexity

TEXTS = ["a a a b", "a b"]


def test_each_example_comes_once_before_any_comes_again() -> None:
    dealer = Dealer(list(range(64)), batch=4, seed=0)
    first = [index for _ in range(16) for index in dealer.draw()]
    assert sorted(first) == list(range(64))
    again = Dealer(list(range(64)), batch=4, seed=0)
    assert [again.draw() for _ in range(16)] == [first[start : start + 4] for start in range(0, 64, 4)]


def test_a_batch_holds_examples_of_like_length() -> None:
    lengths = [n % 32 for n in range(64)]
    dealer = Dealer(lengths, batch=8, seed=1)
    spans = [max(found) - min(found) for found in ([lengths[index] for index in dealer.draw()] for _ in range(8))]
    assert max(spans) <= 4


def test_guesses_without_reading_by_hand() -> None:
    tokenizer = train_tokenizer(["a b"], 12, 16, Reading(single="$A", pair="$A $B"))
    assert [len(tokenizer(text)["input_ids"]) for text in TEXTS] == [4, 2]
    assert commonest_token_share(tokenizer, TEXTS, TEXTS) == pytest.approx((3 / 4 + 1 / 2) / 2)
    total = 6 + len(tokenizer)
    nats = {"a": -math.log(5 / total), "b": -math.log(3 / total)}
    mean = ((2 * nats["a"] + nats["b"]) / 3 + nats["b"]) / 2
    assert unigram_perplexity(tokenizer, TEXTS, TEXTS) == pytest.approx(math.exp(mean))


def test_quiet_branches_are_scaled_by_the_depth() -> None:
    branch = nn.Linear(2, 2)
    before = branch.weight.detach().clone()
    quieten([branch], 8)
    torch.testing.assert_close(branch.weight.detach(), before / 4)


def test_tokenizers_mark_what_their_models_expect(tmp_path: Path) -> None:
    written = train_tokenizer(["Rain 2024"], 60, 16, WRITTEN)
    written.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    ids = again("Rain 2024")["input_ids"]
    assert ids[-1] == again.eos_token_id and ids[0] != again.bos_token_id
    assert again.decode(ids, skip_special_tokens=True).strip() == "Rain 2024"
    digits = train_tokenizer(["2024 2024"], 60, 16, Reading(split_digits=True))
    assert len(digits("2024")["input_ids"]) >= 2 + 4
    paired = train_tokenizer(["a b"], 20, 16)("a", "b")
    assert paired["input_ids"].count(paired["input_ids"][-1]) == 2


def test_quick_recipe_learns_to_translate(tmp_path: Path) -> None:
    card = zoo.train("text-t5", tmp_path / "t5", quick=True)
    assert card["baseline"]["token_accuracy"] > 1.5 * card["trivial"]["value"]
    assert {"bleu", "chrf"} <= card["baseline"].keys()
    model = load_model(str(tmp_path / "t5"), task=TaskType.TRANSLATION, device="cpu")
    assert [layer.name for layer in model.layers] == ["encoder.block.0", "decoder.block.0"]
